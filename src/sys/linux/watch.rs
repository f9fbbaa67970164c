//! Many descriptors that are watched at once: an epoll.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::wake::Wake;
use crate::error::{Error, Result};
use crate::sys::{forks, syscall};

/// Watches descriptors. Its own descriptor polls as readable while one of them has something to report.
///
/// The epoll of a forked child is that of its parent, too. There every method does nothing until [`Watch::renew`], so
/// that the child changes nothing of what its parent watches.
pub(crate) struct Watch {
    epoll: OwnedFd,
    /// It is never cleared: the epoll reports each time it is raised.
    bell: Wake,
    /// The value of [`forks`] in the process that the epoll belongs to.
    process: AtomicU32,
}

fn new_epoll() -> Result<OwnedFd> {
    // SAFETY: epoll_create1 touches no memory.
    let fd = unsafe { syscall!(epoll_create1(libc::EPOLL_CLOEXEC)) }?;
    // SAFETY: the descriptor was just made and has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

const NOTHING: libc::epoll_event = libc::epoll_event { events: 0, u64: 0 };

impl Watch {
    /// The token of [`Watch::ring`].
    pub(crate) const BELL: u64 = u64::MAX;

    pub(crate) fn new() -> Result<Self> {
        let watch = Watch { epoll: new_epoll()?, bell: Wake::new()?, process: AtomicU32::new(forks()) };
        watch.hang_bell()?;
        Ok(watch)
    }

    fn hang_bell(&self) -> Result<()> {
        self.control(libc::EPOLL_CTL_ADD, self.bell.fd(), libc::EPOLLIN | libc::EPOLLET, Watch::BELL)
    }

    pub(crate) fn is_inherited(&self) -> bool {
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
            self.bell.renew()?;
            self.process.store(forks(), Ordering::SeqCst);
            self.hang_bell()?;
        }
        Ok(())
    }

    /// Returns the descriptor that is readable while something is to be reported.
    pub(crate) fn fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    /// Reports the token once, as soon as there is something to read, an end, or an error. `again` says that the
    /// descriptor was watched before, which saves a system call.
    ///
    /// Fails with `Os(EPERM)` for a descriptor that cannot be waited for, and with `Os(ENOSPC)` and `Os(ENOMEM)`.
    ///
    /// The system counts the bytes `_before` itself (`SO_RCVLOWAT`).
    pub(crate) fn once(&self, fd: RawFd, token: u64, again: bool, _before: usize) -> Result<()> {
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
        let mut events = [NOTHING; MOST];
        let most = tokens.len().min(MOST);
        let ready = self.events(&mut events[..most], 0).unwrap_or(0);
        for (token, event) in tokens.iter_mut().zip(&events[..ready]) {
            *token = event.u64;
        }
        ready
    }

    /// Waits for the next token, but not longer than this. Several threads may wait: each token is for one of them, for
    /// the one that has waited the shortest time.
    ///
    /// Returns `None` when the time is over. After a signal it may return [`Watch::BELL`].
    pub(crate) fn wait(&self, most: Duration) -> Option<u64> {
        let mut event = [NOTHING];
        let milliseconds = most.as_nanos().div_ceil(1_000_000);
        match self.events(&mut event, i32::try_from(milliseconds).unwrap_or(i32::MAX)) {
            Some(0) => None,
            Some(_) => Some(event[0].u64),
            None => Some(Watch::BELL),
        }
    }

    /// Reports [`Watch::BELL`] to one of the threads that wait. Several rings may become one.
    pub(crate) fn ring(&self) {
        self.bell.raise();
    }

    /// Returns how many events there are, or `None` if the wait was interrupted.
    fn events(&self, events: &mut [libc::epoll_event], milliseconds: i32) -> Option<usize> {
        if self.is_inherited() {
            return None;
        }
        let most = events.len() as i32;
        // SAFETY: `events` has space for as many events as stated.
        let ready = unsafe { libc::epoll_wait(self.fd(), events.as_mut_ptr(), most, milliseconds) };
        usize::try_from(ready).ok()
    }
}
