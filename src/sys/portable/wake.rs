//! A descriptor that one thread makes readable to wake another from its `poll`: a pipe.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::error::Result;
use crate::sys::{set_nonblocking, syscall};

/// A wake-up descriptor. After [`Wake::raise`] it is readable until [`Wake::clear`].
pub(crate) struct Wake {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Wake {
    pub(crate) fn new() -> Result<Self> {
        let mut ends = [0; 2];
        // SAFETY: `ends` has space for the two descriptors.
        unsafe { syscall!(pipe(ends.as_mut_ptr())) }?;
        // SAFETY: both descriptors are new and have no other owner.
        let [reader, writer] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
        for end in ends {
            // SAFETY: fcntl with F_SETFD accesses no memory.
            unsafe { syscall!(fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC)) }?;
            set_nonblocking(end, true)?;
        }
        Ok(Wake { reader, writer })
    }

    /// Makes the descriptor readable. A signal handler may call it.
    pub(crate) fn raise(&self) {
        let one = 1u64.to_ne_bytes();
        // The write may fail when the pipe is full, but then the descriptor is readable already.
        // SAFETY: `one` has eight readable bytes.
        unsafe { libc::write(self.write_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes the descriptor unreadable again.
    pub(crate) fn clear(&self) {
        let mut bytes = [0u8; 64];
        // The read does not block.
        // SAFETY: `bytes` has as many writable bytes as stated.
        while unsafe { libc::read(self.fd(), bytes.as_mut_ptr().cast(), bytes.len()) } == bytes.len() as isize
        {
        }
    }

    /// Returns the descriptor that becomes readable.
    pub(crate) fn fd(&self) -> RawFd {
        self.reader.as_raw_fd()
    }

    /// Returns the descriptor to which eight bytes may be written instead of [`Wake::raise`].
    pub(crate) fn write_fd(&self) -> RawFd {
        self.writer.as_raw_fd()
    }
}
