//! Making, watching and collecting child processes.
#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use crate::error::{Result, last_errno};
use crate::sys::{self, syscall};

/// A child process that has not been collected yet.
pub(crate) struct Child {
    pid: libc::pid_t,
    /// A descriptor that becomes readable when the child has ended, on systems that have such descriptors.
    pidfd: Option<OwnedFd>,
}

/// The result of a fork: in which process the caller is.
pub(crate) enum Forked {
    Parent(Child),
    Child,
}

/// Copies the process, but only with this thread.
///
/// [`crate::server::Forks`] says what the child may do if the process had other threads.
pub(crate) fn fork() -> Result<Forked> {
    // SAFETY: fork touches no memory of this process, and the child uses none of this library's own locks
    // (see `children`).
    match unsafe { syscall!(fork()) }? {
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(Child { pid, pidfd: sys::process_descriptor(pid) })),
    }
}

/// Ends a child without running exit handlers or flushing buffers, because these belong to its parent.
pub(crate) fn exit(status: i32) -> ! {
    // SAFETY: _exit touches no memory and does not return.
    unsafe { libc::_exit(status) }
}

impl Child {
    /// Returns the descriptor that becomes readable when the child has ended, or -1.
    pub(crate) fn fd(&self) -> RawFd {
        self.pidfd.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Collects the child if it has ended. Returns whether it ended with the status 0, or `None` if it has
    /// not ended.
    pub(crate) fn try_wait(&self) -> Option<bool> {
        let mut status = 0;
        loop {
            // SAFETY: waitpid writes one int.
            match unsafe { libc::waitpid(self.pid, &mut status, libc::WNOHANG) } {
                0 => return None,
                pid if pid > 0 => return Some(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0),
                _ if last_errno() == libc::EINTR => {}
                // Other code of the program has collected the child.
                _ => return Some(true),
            }
        }
    }

    /// Sends a signal to the child. The number still belongs to it, because it has not been collected yet.
    pub(crate) fn signal(&self, signal: i32) {
        // SAFETY: kill touches no memory.
        unsafe { libc::kill(self.pid, signal) };
    }
}
