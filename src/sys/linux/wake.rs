//! A descriptor that one thread makes readable to wake another from its `poll`: an eventfd.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::Result;
use crate::sys::{forks, syscall};

/// A wake-up call: once raised, its descriptor polls as readable until [`Wake::clear`].
pub(crate) struct Wake {
    eventfd: OwnedFd,
    /// The value of [`forks`] in the process that the eventfd belongs to.
    process: AtomicU32,
}

fn new_eventfd() -> Result<OwnedFd> {
    // SAFETY: eventfd touches no memory.
    let fd = unsafe { syscall!(eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK)) }?;
    // SAFETY: the descriptor was just made and has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

impl Wake {
    pub(crate) fn new() -> Result<Self> {
        Ok(Wake { eventfd: new_eventfd()?, process: AtomicU32::new(forks()) })
    }

    /// True in a forked child until [`Wake::renew`]: the eventfd is that of the parent, too.
    fn is_inherited(&self) -> bool {
        self.process.load(Ordering::SeqCst) != forks()
    }

    /// Gives a forked child an eventfd of its own, under the same number. Not for two threads at once.
    ///
    /// Fails with `Os(EMFILE)`, `Os(ENFILE)` and `Os(ENOMEM)`; then nothing has changed.
    pub(crate) fn renew(&self) -> Result<()> {
        if self.is_inherited() {
            let own = new_eventfd()?;
            super::replace(own.as_raw_fd(), self.fd())?;
            self.process.store(forks(), Ordering::SeqCst);
        }
        Ok(())
    }

    /// Makes the descriptor readable; does nothing in a forked child that has not renewed it, where nobody waits for
    /// it. Safe to call in a signal handler.
    pub(crate) fn raise(&self) {
        if self.is_inherited() {
            return;
        }
        let one = 1u64.to_ne_bytes();
        // The write may fail when the counter is full, but then the descriptor is readable already.
        // SAFETY: `one` has eight readable bytes.
        unsafe { libc::write(self.fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes it unreadable again, but never that of a parent.
    pub(crate) fn clear(&self) {
        if self.is_inherited() {
            return;
        }
        let mut count = [0u8; 8];
        // One read sets the count to 0, and it does not block.
        // SAFETY: `count` has eight writable bytes.
        unsafe { libc::read(self.fd(), count.as_mut_ptr().cast(), count.len()) };
    }

    /// Returns the descriptor that becomes readable.
    pub(crate) fn fd(&self) -> RawFd {
        self.eventfd.as_raw_fd()
    }
}
