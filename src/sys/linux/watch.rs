//! Many descriptors that are watched at once: an epoll.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, Result};
use crate::sys::{forks, syscall};

/// Watches descriptors. Its own descriptor polls as readable while one of them has something to report.
///
/// The epoll of a forked child is that of its parent, too. There every method does nothing until [`Watch::renew`], so
/// that the child changes nothing of what its parent watches.
pub(crate) struct Watch {
    epoll: OwnedFd,
    /// The value of [`forks`] in the process that the epoll belongs to.
    process: AtomicU32,
}

fn new_epoll() -> Result<OwnedFd> {
    // SAFETY: epoll_create1 touches no memory.
    let fd = unsafe { syscall!(epoll_create1(libc::EPOLL_CLOEXEC)) }?;
    // SAFETY: the descriptor was just born and has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

impl Watch {
    pub(crate) fn new() -> Result<Self> {
        Ok(Watch { epoll: new_epoll()?, process: AtomicU32::new(forks()) })
    }

    fn is_inherited(&self) -> bool {
        self.process.load(Ordering::SeqCst) != forks()
    }

    /// Gives a forked child an epoll of its own, which watches nothing, under the same number. Not for two threads at
    /// once.
    ///
    /// Fails with `Os(EMFILE)`, `Os(ENFILE)` and `Os(ENOMEM)`; then nothing has changed.
    pub(crate) fn renew(&self) -> Result<()> {
        if self.is_inherited() {
            let own = new_epoll()?;
            // SAFETY: dup3 touches no memory. The number that it replaces belongs to this `Watch`.
            unsafe { syscall!(dup3(own.as_raw_fd(), self.fd(), libc::O_CLOEXEC)) }?;
            self.process.store(forks(), Ordering::SeqCst);
        }
        Ok(())
    }

    /// Returns the descriptor that is readable while something is to be reported.
    pub(crate) fn fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    /// Watches a descriptor until it is closed, and reports the token each time while there is something to read.
    pub(crate) fn always(&self, fd: RawFd, token: u64) -> Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, libc::EPOLLIN, token)
    }

    /// Reports the token once, as soon as there is something to read, an end, or an error. `again` says that the
    /// descriptor was watched before, which saves a system call.
    ///
    /// Fails with `Os(EPERM)` for a descriptor that cannot be waited for, and with `Os(ENOSPC)` and `Os(ENOMEM)`.
    pub(crate) fn once(&self, fd: RawFd, token: u64, again: bool) -> Result<()> {
        let events = libc::EPOLLIN | libc::EPOLLONESHOT;
        let (usual, other) = (libc::EPOLL_CTL_MOD, libc::EPOLL_CTL_ADD);
        let (first, second) = if again { (usual, other) } else { (other, usual) };
        match self.control(first, fd, events, token) {
            // The number means another file than before, or the same file was watched for somebody who has ended.
            Err(Error::Os(libc::ENOENT | libc::EEXIST)) => self.control(second, fd, events, token),
            result => result,
        }
    }

    /// Watches a descriptor no longer.
    pub(crate) fn forget(&self, fd: RawFd) {
        let _ = self.control(libc::EPOLL_CTL_DEL, fd, 0, 0);
    }

    fn control(&self, operation: i32, fd: RawFd, events: i32, token: u64) -> Result<()> {
        if self.is_inherited() {
            return Ok(());
        }
        let mut event = libc::epoll_event { events: events as u32, u64: token };
        // SAFETY: the event is readable for the call.
        unsafe { syscall!(epoll_ctl(self.fd(), operation, fd, &mut event)) }.map(drop)
    }

    /// Writes the tokens of descriptors that have something to report, and returns how many they are. Never waits.
    pub(crate) fn ready(&self, tokens: &mut [u64]) -> usize {
        const MOST: usize = 64;
        if self.is_inherited() {
            return 0;
        }
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; MOST];
        let most = tokens.len().min(MOST);
        // SAFETY: `events` has space for as many events as stated.
        let ready = unsafe { libc::epoll_wait(self.fd(), events.as_mut_ptr(), most as i32, 0) };
        let ready = usize::try_from(ready).unwrap_or(0);
        for (token, event) in tokens.iter_mut().zip(&events[..ready]) {
            *token = event.u64;
        }
        ready
    }
}
