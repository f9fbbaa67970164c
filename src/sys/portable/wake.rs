//! A descriptor that one thread makes readable to wake another from its `poll`: a pipe.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::error::Result;
use crate::sys::{set_nonblocking, syscall};

/// A wake-up call: once raised, its descriptor polls as readable until [`Wake::clear`].
pub(crate) struct Wake {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Wake {
    pub(crate) fn new() -> Result<Self> {
        let mut ends = [0; 2];
        // SAFETY: pipe writes two descriptors.
        unsafe { syscall!(pipe(ends.as_mut_ptr())) }?;
        // SAFETY: both descriptors were just born and have no other owner.
        let [reader, writer] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
        for end in ends {
            // SAFETY: fcntl reads only its own arguments.
            unsafe { syscall!(fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC)) }?;
            set_nonblocking(end, true)?;
        }
        Ok(Wake { reader, writer })
    }

    /// Makes the descriptor readable. Safe to call in a signal handler.
    pub(crate) fn raise(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: eight bytes are readable. A pipe that is full is readable already.
        unsafe { libc::write(self.write_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes it unreadable again.
    pub(crate) fn clear(&self) {
        let mut bytes = [0u8; 64];
        // SAFETY: the buffer has the stated size, and the descriptor does not block.
        while unsafe { libc::read(self.fd(), bytes.as_mut_ptr().cast(), bytes.len()) } == bytes.len() as isize
        {
        }
    }

    /// The descriptor to poll for reading.
    pub(crate) fn fd(&self) -> RawFd {
        self.reader.as_raw_fd()
    }

    /// The descriptor to write eight bytes to.
    pub(crate) fn write_fd(&self) -> RawFd {
        self.writer.as_raw_fd()
    }
}
