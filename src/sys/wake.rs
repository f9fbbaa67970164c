//! A descriptor that one thread makes readable to wake another from its `poll`.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::error::{Error, Result};

/// A wake-up call: once raised, its descriptor polls as readable until [`Wake::clear`].
pub(crate) struct Wake {
    reader: OwnedFd,
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    writer: OwnedFd,
}

impl Wake {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: eventfd touches no memory.
        match unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) } {
            -1 => Err(Error::last_os()),
            // SAFETY: the descriptor was just born and has no other owner.
            fd => Ok(Wake { reader: unsafe { OwnedFd::from_raw_fd(fd) } }),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn new() -> Result<Self> {
        let mut ends = [0; 2];
        // SAFETY: pipe writes two descriptors.
        if unsafe { libc::pipe(ends.as_mut_ptr()) } != 0 {
            return Err(Error::last_os());
        }
        for end in ends {
            // SAFETY: the descriptor was just born here; fcntl reads only its own arguments.
            unsafe { libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC) };
            super::set_nonblocking(end, true)?;
        }
        // SAFETY: both descriptors were just born and have no other owner.
        let [reader, writer] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
        Ok(Wake { reader, writer })
    }

    /// Makes the descriptor readable. Safe to call in a signal handler.
    pub(crate) fn raise(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: eight readable bytes. A full pipe or counter is readable already.
        unsafe { libc::write(self.write_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes it unreadable again.
    pub(crate) fn clear(&self) {
        let mut bytes = [0u8; 64];
        // SAFETY: the buffer has the stated size; the descriptor does not block.
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
        #[cfg(any(target_os = "linux", target_os = "android"))]
        return self.reader.as_raw_fd();
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        return self.writer.as_raw_fd();
    }
}
