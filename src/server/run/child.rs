//! Making, watching and collecting child processes.
#![allow(unsafe_code)]

use crate::error::{Error, Result};
use crate::sys::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use crate::sys::{self, libc, syscall};

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
        loop {
            match self.collect() {
                Ok(ended) => return ended,
                Err(Error::Os(libc::EINTR)) => {}
                // Other code of the program has collected the child.
                Err(_) => return Some(true),
            }
        }
    }

    fn collect(&self) -> Result<Option<bool>> {
        if let Some(pidfd) = &self.pidfd {
            match sys::collect_process(pidfd.as_fd()) {
                // The kernel has such descriptors, but cannot wait for them.
                Err(Error::Os(libc::EINVAL)) => {}
                result => return result,
            }
        }
        let mut status = 0;
        // SAFETY: waitpid writes one int.
        let pid = unsafe { syscall!(waitpid(self.pid, &mut status, libc::WNOHANG)) }?;
        Ok((pid > 0).then_some(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0))
    }

    /// Sends a signal to the child, unless it was collected.
    ///
    /// Without a descriptor of the child, its number is used, which may be another child's when other code of the
    /// program has collected this one.
    pub(crate) fn signal(&self, signal: i32) {
        let Some(pidfd) = &self.pidfd else {
            // SAFETY: kill accesses no memory.
            unsafe { libc::kill(self.pid, signal) };
            return;
        };
        // A child that has ended needs no signal.
        let _ = sys::signal_process(pidfd.as_fd(), signal);
    }
}
