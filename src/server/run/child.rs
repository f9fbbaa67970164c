//! Child processes: made, watched, collected.
#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use crate::error::{Result, last_errno};
use crate::sys::{self, syscall};

/// A child process that nobody has waited for yet.
pub(crate) struct Child {
    pid: libc::pid_t,
    /// Becomes readable when the child has ended, where the system has such descriptors.
    pidfd: Option<OwnedFd>,
}

/// What the two sides of a fork are.
pub(crate) enum Forked {
    Parent(Child),
    Child,
}

/// Copies the process, with this thread only.
///
/// What the child may do when the process had other threads is said at [`crate::server::Forks`], whose users choose it.
pub(crate) fn fork() -> Result<Forked> {
    // SAFETY: fork touches no memory; this library's own locks are not used by the child (see `children`).
    match unsafe { syscall!(fork()) }? {
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(Child { pid, pidfd: sys::process_descriptor(pid) })),
    }
}

/// Ends a child, without the exit handlers and buffers that are its parent's.
pub(crate) fn exit(status: i32) -> ! {
    // SAFETY: _exit touches no memory and does not return.
    unsafe { libc::_exit(status) }
}

impl Child {
    /// The descriptor that polls as readable when the child has ended, or -1.
    pub(crate) fn fd(&self) -> RawFd {
        self.pidfd.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Collects the child if it has ended: whether it ended well.
    pub(crate) fn try_wait(&self) -> Option<bool> {
        let mut status = 0;
        loop {
            // SAFETY: waitpid writes one int.
            match unsafe { libc::waitpid(self.pid, &mut status, libc::WNOHANG) } {
                0 => return None,
                pid if pid > 0 => return Some(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0),
                _ if last_errno() == libc::EINTR => {}
                // Somebody else has collected it.
                _ => return Some(true),
            }
        }
    }

    /// Sends a signal. The number is the child's own: nobody has collected it yet.
    pub(crate) fn signal(&self, signal: i32) {
        // SAFETY: kill touches no memory.
        unsafe { libc::kill(self.pid, signal) };
    }
}
