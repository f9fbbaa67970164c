//! A descriptor that one thread makes readable to wake another from its `poll`: an eventfd.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::error::Result;
use crate::sys::syscall;

/// A wake-up call: once raised, its descriptor polls as readable until [`Wake::clear`].
pub(crate) struct Wake(OwnedFd);

impl Wake {
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: eventfd touches no memory.
        let fd = unsafe { syscall!(eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK)) }?;
        // SAFETY: the descriptor was just born and has no other owner.
        Ok(Wake(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Makes the descriptor readable. Safe to call in a signal handler.
    pub(crate) fn raise(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: eight bytes are readable. A counter that is full is readable already.
        unsafe { libc::write(self.write_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes it unreadable again.
    pub(crate) fn clear(&self) {
        let mut count = [0u8; 8];
        // SAFETY: the buffer has the stated size, and the descriptor does not block. One read takes the whole count.
        unsafe { libc::read(self.fd(), count.as_mut_ptr().cast(), count.len()) };
    }

    /// The descriptor to poll for reading.
    pub(crate) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// The descriptor to write eight bytes to.
    pub(crate) fn write_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
