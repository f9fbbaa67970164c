//! Many descriptors that are watched at once: a kqueue.

use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::Duration;

use super::kqueue::{self, Change};
use crate::error::Result;
use crate::sys::forks;

/// Watches descriptors. Its own descriptor polls as readable while one of them has something to report.
///
/// A forked child does not inherit a kqueue. There every method does nothing until [`Watch::renew`].
pub(crate) struct Watch {
    kqueue: AtomicI32,
    /// The value of [`forks`] in the process that the kqueue belongs to.
    process: AtomicU32,
}

/// Makes a kqueue with a bell.
fn new_kqueue() -> Result<OwnedFd> {
    let kqueue = kqueue::new()?;
    kqueue::change(kqueue.as_raw_fd(), Change::AddBell, Watch::BELL)?;
    Ok(kqueue)
}

impl Watch {
    /// The token of [`Watch::ring`].
    pub(crate) const BELL: u64 = u64::MAX;

    pub(crate) fn new() -> Result<Self> {
        let kqueue = AtomicI32::new(new_kqueue()?.into_raw_fd());
        Ok(Watch { kqueue, process: AtomicU32::new(forks()) })
    }

    pub(crate) fn is_inherited(&self) -> bool {
        self.process.load(Ordering::SeqCst) != forks()
    }

    /// Gives a forked child a kqueue of its own, which watches nothing. Not for two threads at once.
    ///
    /// Fails with `Os(EMFILE)`, `Os(ENFILE)` and `Os(ENOMEM)`; then nothing has changed.
    pub(crate) fn renew(&self) -> Result<()> {
        if self.is_inherited() {
            self.kqueue.store(new_kqueue()?.into_raw_fd(), Ordering::SeqCst);
            self.process.store(forks(), Ordering::SeqCst);
        }
        Ok(())
    }

    /// Returns the descriptor that is readable while something is to be reported.
    pub(crate) fn fd(&self) -> RawFd {
        self.kqueue.load(Ordering::SeqCst)
    }

    /// Reports the token once, as soon as there is something to read, an end, or an error. A descriptor that was watched
    /// before is watched anew, with this token.
    ///
    /// Fails with `Os(EINVAL)` for a descriptor that cannot be waited for, and with `Os(ENOMEM)`.
    ///
    /// The system counts the bytes `_before` itself (`SO_RCVLOWAT`).
    pub(crate) fn once(&self, fd: RawFd, token: u64, _again: bool, _before: usize) -> Result<()> {
        self.change(Change::ReadOnce(fd), token)
    }

    /// Watches a descriptor no longer.
    pub(crate) fn forget(&self, fd: RawFd) {
        let _ = self.change(Change::Forget(fd), 0);
    }

    /// Writes the tokens of descriptors that have something to report, and returns how many they are. Never waits.
    pub(crate) fn ready(&self, tokens: &mut [u64]) -> usize {
        self.tokens(tokens, Duration::ZERO).unwrap_or(0)
    }

    /// Waits for the next token, but not longer than this. Several threads may wait: each token is for one of them.
    ///
    /// Returns `None` when the time is over. After a signal it may return [`Watch::BELL`].
    pub(crate) fn wait(&self, most: Duration) -> Option<u64> {
        let mut token = [0];
        match self.tokens(&mut token, most) {
            Some(0) => None,
            Some(_) => Some(token[0]),
            None => Some(Watch::BELL),
        }
    }

    /// Reports [`Watch::BELL`] to one of the threads that wait. Several rings may become one.
    pub(crate) fn ring(&self) {
        let _ = self.change(Change::Trigger, Watch::BELL);
    }

    fn change(&self, change: Change, token: u64) -> Result<()> {
        if self.is_inherited() {
            return Ok(());
        }
        kqueue::change(self.fd(), change, token)
    }

    fn tokens(&self, tokens: &mut [u64], most: Duration) -> Option<usize> {
        if self.is_inherited() {
            return None;
        }
        kqueue::wait(self.fd(), tokens, most)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // In a child that has none of its own, the number may mean another file.
        if !self.is_inherited() {
            // SAFETY: the descriptor belongs to this `Watch`.
            drop(unsafe { OwnedFd::from_raw_fd(self.fd()) });
        }
    }
}
