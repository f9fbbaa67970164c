//! Descriptors: born close-on-exec, in one call where the system can.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::ptr;

use crate::address::RawAddress;
use crate::error::{Error, Result};

/// `accept`: the new descriptor or -1, with the peer's address in `peer` if that is wanted.
pub(crate) fn accept(fd: RawFd, mut peer: Option<&mut RawAddress>) -> libc::c_int {
    let mut capacity = RawAddress::CAPACITY as libc::socklen_t;
    let (address, len) = match peer.as_deref_mut() {
        Some(peer) => (peer.as_mut_ptr(), &raw mut capacity),
        None => (ptr::null_mut(), ptr::null_mut()),
    };
    #[cfg(not(any(target_vendor = "apple", target_os = "aix", target_os = "haiku")))]
    // SAFETY: the address buffer has `len` bytes, and both outlive the call, or both are NULL.
    let accepted = unsafe { libc::accept4(fd, address, len, libc::SOCK_CLOEXEC) };
    #[cfg(any(target_vendor = "apple", target_os = "aix", target_os = "haiku"))]
    let accepted = {
        // SAFETY: the address buffer has `len` bytes, and both outlive the call, or both are NULL.
        let accepted = unsafe { libc::accept(fd, address, len) };
        if accepted >= 0 {
            // SAFETY: the descriptor was just born here; fcntl reads only its own arguments.
            unsafe { libc::fcntl(accepted, libc::F_SETFD, libc::FD_CLOEXEC) };
            // These systems let an accepted socket inherit O_NONBLOCK.
            let _ = set_nonblocking(accepted, false);
            #[cfg(target_vendor = "apple")]
            suppress_sigpipe(accepted);
        }
        accepted
    };
    if let (0.., Some(peer)) = (accepted, peer) {
        peer.set_len(capacity);
    }
    accepted
}

/// Turns O_NONBLOCK on or off, in one call.
pub(crate) fn set_nonblocking(fd: RawFd, on: bool) -> Result<()> {
    let mut value = libc::c_int::from(on);
    // SAFETY: FIONBIO reads one int.
    match unsafe { libc::ioctl(fd, libc::FIONBIO, &mut value) } {
        0 => Ok(()),
        _ => Err(Error::last_os()),
    }
}

/// Another descriptor for the same open file, close-on-exec.
pub(crate) fn duplicate(fd: RawFd) -> Result<OwnedFd> {
    // SAFETY: F_DUPFD_CLOEXEC touches no memory.
    match unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) } {
        -1 => Err(Error::last_os()),
        // SAFETY: the descriptor was just born and has no other owner.
        copy => Ok(unsafe { OwnedFd::from_raw_fd(copy) }),
    }
}

/// Gives the descriptor back to the kernel. A reset that the peer sent is no error, as in Python;
/// nor is EINTR, after which the descriptor is gone on Linux.
pub(crate) fn close(fd: RawFd) -> Result<()> {
    // SAFETY: the caller owns the descriptor and gives it up.
    if unsafe { libc::close(fd) } == 0 {
        return Ok(());
    }
    match Error::last_os() {
        Error::Os(libc::ECONNRESET | libc::EINTR) => Ok(()),
        error => Err(error),
    }
}

/// Keeps sends on this descriptor from raising SIGPIPE, for systems without [`super::NO_SIGPIPE`].
#[cfg(target_vendor = "apple")]
fn suppress_sigpipe(fd: RawFd) {
    let on: libc::c_int = 1;
    // SAFETY: the option reads one int.
    unsafe {
        libc::setsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_NOSIGPIPE,
            (&raw const on).cast(),
            size_of_val(&on) as libc::socklen_t,
        )
    };
}
