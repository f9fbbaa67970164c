//! Making, watching and collecting child processes.

use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use crate::error::{Error, Result};
use crate::sys::{NO_FD, syscall, system};

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

/// Whether a process can make a copy of itself.
pub(crate) const HAS_FORK: bool = true;

/// Copies the process, but only with this thread.
///
/// [`crate::server::Forks`] says what the child may do if the process had other threads.
pub(crate) fn fork() -> Result<Forked> {
    // SAFETY: fork touches no memory of this process, and the child uses none of this library's own locks
    // (see `children`).
    match unsafe { syscall!(fork()) }? {
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(Child { pid, pidfd: system::process_descriptor(pid) })),
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
        self.pidfd.as_ref().map_or(NO_FD, AsRawFd::as_raw_fd)
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
            match system::collect_process(pidfd.as_fd()) {
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

    /// Tells the child to end (`SIGTERM`), unless it was collected.
    pub(crate) fn end(&self) {
        self.signal(libc::SIGTERM);
    }

    /// Kills the child (`SIGKILL`), unless it was collected.
    pub(crate) fn kill(&self) {
        self.signal(libc::SIGKILL);
    }

    /// Sends a signal to the child, unless it was collected.
    ///
    /// Without a descriptor of the child, its number is used, which may be another child's when other code of the
    /// program has collected this one.
    fn signal(&self, signal: i32) {
        let Some(pidfd) = &self.pidfd else {
            // SAFETY: kill accesses no memory.
            unsafe { libc::kill(self.pid, signal) };
            return;
        };
        // A child that has ended needs no signal.
        let _ = system::signal_process(pidfd.as_fd(), signal);
    }
}
