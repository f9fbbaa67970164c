//! Child processes that are copies of this one, which Windows has not.

use super::libc;
use crate::error::{Error, Result};
use crate::sys::fd::RawFd;

/// Whether a process can make a copy of itself.
pub(crate) const HAS_FORK: bool = false;

/// A child process: there is none.
pub(crate) enum Child {}

/// The result of a fork, which never succeeds.
#[allow(dead_code, reason = "fork never succeeds here")]
pub(crate) enum Forked {
    Parent(Child),
    Child,
}

/// Fails with `Os(EOPNOTSUPP)`.
pub(crate) fn fork() -> Result<Forked> {
    Err(Error::Os(libc::EOPNOTSUPP))
}

/// Ends this process at once.
pub(crate) fn exit(status: i32) -> ! {
    std::process::exit(status)
}

impl Child {
    pub(crate) fn fd(&self) -> RawFd {
        match *self {}
    }

    pub(crate) fn try_wait(&self) -> Option<bool> {
        match *self {}
    }

    pub(crate) fn end(&self) {
        match *self {}
    }

    pub(crate) fn kill(&self) {
        match *self {}
    }
}
