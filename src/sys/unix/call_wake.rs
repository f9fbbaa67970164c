//! What wakes the calls that wait on one socket: a descriptor that all of them poll.

use crate::error::Result;
use crate::sys::fd::RawFd;
use crate::sys::system::{Wake, Watch};

/// Wakes the calls that wait on one socket.
pub(crate) struct CallWake(Wake);

impl CallWake {
    /// Fails with `Os(EMFILE)`, `Os(ENFILE)` and `Os(ENOMEM)`.
    pub(crate) fn new() -> Result<Self> {
        Ok(CallWake(Wake::new()?))
    }

    /// Wakes the calls that wait, and all that wait from now on.
    pub(crate) fn raise(&self) {
        self.0.raise();
    }

    /// Does nothing: the watch itself finds that the connection was shut down.
    pub(crate) fn report_to(&self, _watch: &Watch, _token: u64) {}

    /// Returns the descriptor that becomes readable when the calls are woken. Never fails.
    pub(crate) fn fd(&self) -> Result<RawFd> {
        Ok(self.0.fd())
    }
}
