//! A descriptor that one thread makes readable to wake another from its `poll`: an eventfd.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::error::Result;
use crate::sys::syscall;

/// A wake-up descriptor. After [`Wake::raise`] it is readable until [`Wake::clear`].
pub(crate) struct Wake(OwnedFd);

impl Wake {
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: eventfd accesses no memory.
        let fd = unsafe { syscall!(eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK)) }?;
        // SAFETY: the descriptor is new and has no other owner.
        Ok(Wake(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Makes the descriptor readable. A signal handler may call it.
    pub(crate) fn raise(&self) {
        let one = 1u64.to_ne_bytes();
        // The write may fail when the counter is full, but then the descriptor is readable already.
        // SAFETY: `one` has eight readable bytes.
        unsafe { libc::write(self.write_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes the descriptor unreadable again.
    pub(crate) fn clear(&self) {
        let mut count = [0u8; 8];
        // One read sets the count to 0, and it does not block.
        // SAFETY: `count` has eight writable bytes.
        unsafe { libc::read(self.fd(), count.as_mut_ptr().cast(), count.len()) };
    }

    /// Returns the descriptor that becomes readable.
    pub(crate) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Returns the descriptor to which eight bytes may be written instead of [`Wake::raise`].
    pub(crate) fn write_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
