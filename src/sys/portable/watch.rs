//! Many descriptors that are watched at once: a kqueue.

use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::Duration;

use crate::error::Result;
use crate::sys::{forks, syscall};

/// Watches descriptors. Its own descriptor polls as readable while one of them has something to report.
///
/// A forked child does not inherit a kqueue. There every method does nothing until [`Watch::renew`].
pub(crate) struct Watch {
    kqueue: AtomicI32,
    /// The value of [`forks`] in the process that the kqueue belongs to.
    process: AtomicU32,
}

fn new_kqueue() -> Result<OwnedFd> {
    // SAFETY: kqueue touches no memory.
    let fd = unsafe { syscall!(kqueue()) }?;
    // SAFETY: the descriptor was just born and has no other owner.
    let kqueue = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: fcntl reads only its own arguments.
    unsafe { syscall!(fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC)) }?;
    Ok(kqueue)
}

impl Watch {
    /// The token of [`Watch::ring`].
    pub(crate) const BELL: u64 = usize::MAX as u64;

    pub(crate) fn new() -> Result<Self> {
        let kqueue = AtomicI32::new(new_kqueue()?.into_raw_fd());
        let watch = Watch { kqueue, process: AtomicU32::new(forks()) };
        watch.hang_bell()?;
        Ok(watch)
    }

    fn hang_bell(&self) -> Result<()> {
        let mut bell = change(0, (libc::EV_ADD | libc::EV_CLEAR) as _, Watch::BELL);
        bell.filter = libc::EVFILT_USER as _;
        self.apply(&bell)
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
            self.hang_bell()?;
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
    pub(crate) fn once(&self, fd: RawFd, token: u64, _again: bool) -> Result<()> {
        self.apply(&change(fd, (libc::EV_ADD | libc::EV_ONESHOT) as _, token))
    }

    /// Watches a descriptor no longer.
    pub(crate) fn forget(&self, fd: RawFd) {
        let _ = self.apply(&change(fd, libc::EV_DELETE as _, 0));
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
        let mut bell = change(0, 0, Watch::BELL);
        bell.filter = libc::EVFILT_USER as _;
        bell.fflags = libc::NOTE_TRIGGER;
        let _ = self.apply(&bell);
    }

    fn apply(&self, change: &libc::kevent) -> Result<()> {
        if self.is_inherited() {
            return Ok(());
        }
        let (nothing, no_wait) = (std::ptr::null_mut(), std::ptr::null());
        // SAFETY: the change is readable for the call, and no events are asked for.
        unsafe { syscall!(kevent(self.fd(), change, 1, nothing, 0, no_wait)) }.map(drop)
    }

    /// Returns how many tokens there are, or `None` if the wait was interrupted.
    #[allow(clippy::unnecessary_cast)]
    fn tokens(&self, tokens: &mut [u64], most: Duration) -> Option<usize> {
        const MOST: usize = 64;
        if self.is_inherited() {
            return None;
        }
        // SAFETY: a `kevent` of zeros is a value of its type.
        let mut events: [libc::kevent; MOST] = unsafe { std::mem::zeroed() };
        let space = tokens.len().min(MOST);
        let time = libc::timespec {
            tv_sec: libc::time_t::try_from(most.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: most.subsec_nanos() as _,
        };
        // SAFETY: `events` has space for as many events as stated, and the time is readable.
        let ready =
            unsafe { libc::kevent(self.fd(), std::ptr::null(), 0, events.as_mut_ptr(), space as _, &time) };
        let ready = usize::try_from(ready).ok()?;
        for (token, event) in tokens.iter_mut().zip(&events[..ready]) {
            *token = event.udata as usize as u64;
        }
        Some(ready)
    }
}

/// A change of what is watched about reading from a descriptor.
// The types of the members of a `kevent` differ between systems.
#[allow(clippy::unnecessary_cast)]
fn change(fd: RawFd, flags: u32, token: u64) -> libc::kevent {
    // SAFETY: a `kevent` of zeros is a value of its type.
    let mut change: libc::kevent = unsafe { std::mem::zeroed() };
    change.ident = fd as _;
    change.filter = libc::EVFILT_READ;
    change.flags = flags as _;
    change.udata = token as usize as _;
    change
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
