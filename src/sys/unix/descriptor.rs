//! Descriptors: their mode, their copies, their end.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use crate::error::{Error, Result};
use crate::sys::syscall;

/// Turns O_NONBLOCK on or off, in one call (socket2 makes two, of `fcntl`).
pub(crate) fn set_nonblocking(fd: RawFd, on: bool) -> Result<()> {
    let mut value = libc::c_int::from(on);
    // SAFETY: FIONBIO reads one int.
    unsafe { syscall!(ioctl(fd, libc::FIONBIO, &mut value)) }.map(drop)
}

/// Another descriptor for the same open file, close-on-exec; also for what is not a socket.
pub(crate) fn duplicate(fd: RawFd) -> Result<OwnedFd> {
    // SAFETY: F_DUPFD_CLOEXEC touches no memory.
    let copy = unsafe { syscall!(fcntl(fd, libc::F_DUPFD_CLOEXEC, 0)) }?;
    // SAFETY: the descriptor was just born and has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Gives the descriptor back to the kernel. Unlike dropping an [`OwnedFd`], it reports the kernel's error.
///
/// A reset that the peer sent is no error, as in Python; nor is EINTR, after which the descriptor is gone on Linux.
pub(crate) fn close(fd: RawFd) -> Result<()> {
    // SAFETY: the caller owns the descriptor and gives it up.
    match unsafe { syscall!(close(fd)) } {
        Ok(_) | Err(Error::Os(libc::ECONNRESET | libc::EINTR)) => Ok(()),
        Err(error) => Err(error),
    }
}
