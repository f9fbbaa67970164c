//! Descriptors: set O_NONBLOCK, duplicate, close.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use socket2::{Domain, Protocol, SockRef, Type};

use crate::error::{Error, Result};
use crate::sys::syscall;

/// Turns O_NONBLOCK on or off with one system call. socket2 needs two, of `fcntl`.
pub(crate) fn set_nonblocking(fd: RawFd, on: bool) -> Result<()> {
    let mut value = libc::c_int::from(on);
    // SAFETY: FIONBIO reads one int.
    unsafe { syscall!(ioctl(fd, libc::FIONBIO, &mut value)) }.map(drop)
}

/// Lets calls on the descriptor block, of code that gets it from this crate. It blocks already, unless it has a timeout.
pub(crate) fn set_blocking(_fd: &OwnedFd) -> Result<()> {
    Ok(())
}

/// Returns whether calls on the socket return at once when there is nothing to do.
pub(crate) fn is_nonblocking(socket: &SockRef<'_>) -> io::Result<bool> {
    socket.nonblocking()
}

/// Returns whether child processes inherit the descriptor. socket2 has a call to set this, but none to read it.
pub(crate) fn get_inheritable(fd: RawFd) -> Result<bool> {
    // SAFETY: F_GETFD touches no memory.
    let flags = unsafe { syscall!(fcntl(fd, libc::F_GETFD)) }?;
    Ok(flags & libc::FD_CLOEXEC == 0)
}

/// Sets whether child processes inherit the descriptor.
pub(crate) fn set_inheritable(socket: &SockRef<'_>, inheritable: bool) -> io::Result<()> {
    socket.set_cloexec(!inheritable)
}

/// Makes two sockets that are connected to each other.
pub(crate) fn socket_pair(family: i32, kind: i32, proto: i32) -> Result<(OwnedFd, OwnedFd)> {
    let protocol = (proto != 0).then(|| Protocol::from(proto));
    let (one, other) = socket2::Socket::pair(Domain::from(family), Type::from(kind), protocol)?;
    Ok((one.into(), other.into()))
}

/// The descriptors in the data of a control message (`SCM_RIGHTS`): complete `int`s. An incomplete one at the end is
/// left out.
pub(crate) fn received_numbers(data: &[u8]) -> impl Iterator<Item = RawFd> + '_ {
    data.chunks_exact(size_of::<RawFd>())
        .map(|bytes| RawFd::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// Makes a descriptor that was received close-on-exec.
pub(crate) fn set_close_on_exec(fd: RawFd) {
    // SAFETY: F_SETFD touches no memory.
    unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
}

/// Returns another descriptor for the same open file, which need not be a socket. The new one is close-on-exec.
pub(crate) fn duplicate(fd: RawFd) -> Result<OwnedFd> {
    // SAFETY: F_DUPFD_CLOEXEC accesses no memory.
    let copy = unsafe { syscall!(fcntl(fd, libc::F_DUPFD_CLOEXEC, 0)) }?;
    // SAFETY: the descriptor is new and has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Returns the number by which the system tells the socket of this descriptor from all others that are open.
///
/// Fails with `Os(EBADF)`, and with `Os(ENOTSOCK)` if the file is not a socket.
pub(crate) fn socket_number(fd: RawFd) -> Result<u64> {
    let mut file = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: fstat writes one stat.
    unsafe { syscall!(fstat(fd, file.as_mut_ptr())) }?;
    // SAFETY: fstat has written it.
    let file = unsafe { file.assume_init() };
    if file.st_mode & libc::S_IFMT != libc::S_IFSOCK {
        return Err(Error::Os(libc::ENOTSOCK));
    }
    // The field is narrower on some systems.
    #[allow(clippy::unnecessary_cast)]
    Ok(file.st_ino as u64)
}

/// Closes the descriptor. Unlike the drop of an [`OwnedFd`], it reports the error of the kernel.
///
/// ECONNRESET is not an error here, as in Python. EINTR is not one either, because Linux has then closed the
/// descriptor.
pub(crate) fn close(fd: RawFd) -> Result<()> {
    // SAFETY: the caller owns the descriptor and does not use it again.
    match unsafe { syscall!(close(fd)) } {
        Ok(_) | Err(Error::Os(libc::ECONNRESET | libc::EINTR)) => Ok(()),
        Err(error) => Err(error),
    }
}
