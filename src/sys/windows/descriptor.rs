//! Sockets: whether they block, duplicates, inheritance, close.

use std::io;
use std::mem::MaybeUninit;
use std::os::windows::io::{AsRawSocket, BorrowedSocket};
use std::time::Duration;

use socket2::{SockAddr, SockRef};
use windows_sys::Win32::Foundation::{GetHandleInformation, HANDLE, HANDLE_FLAG_INHERIT};
use windows_sys::Win32::Networking::WinSock as winsock;

use super::startup::start;
use crate::error::{Error, Result};
use crate::sys::MessageHeader;
use crate::sys::fd::{OwnedFd, RawFd};

/// Lets calls on the socket return at once when there is nothing to do. With `false` it does nothing: no socket blocks
/// while this crate uses it, because nothing could end a call that blocks in the system. See [`set_blocking`].
pub(crate) fn set_nonblocking(fd: RawFd, on: bool) -> Result<()> {
    if on { set_mode(fd, 1) } else { Ok(()) }
}

/// Lets calls of other code on the socket block, which gets it from this crate.
pub(crate) fn set_blocking(fd: &OwnedFd) -> Result<()> {
    set_mode(fd.as_raw_socket(), 0)
}

/// Returns the error of a call that has failed.
fn check(result: i32) -> Result<()> {
    if result == 0 { Ok(()) } else { Err(Error::last_os()) }
}

fn set_mode(fd: RawFd, mut nonblocking: u32) -> Result<()> {
    start();
    // SAFETY: FIONBIO reads one number.
    check(unsafe { winsock::ioctlsocket(fd as _, winsock::FIONBIO, &mut nonblocking) })
}

/// Returns true: see [`set_nonblocking`].
pub(crate) fn is_nonblocking(_socket: &SockRef<'_>) -> io::Result<bool> {
    Ok(true)
}

/// Returns another socket for the same connection, which child processes do not inherit.
pub(crate) fn duplicate(fd: RawFd) -> Result<OwnedFd> {
    if !super::is_number(fd) {
        return Err(Error::Os(winsock::WSAENOTSOCK));
    }
    start();
    // SAFETY: the number is not that of no socket, and a number that is not open gives an error.
    let socket = unsafe { BorrowedSocket::borrow_raw(fd) };
    Ok(socket.try_clone_to_owned()?)
}

/// Returns whether child processes inherit the socket.
pub(crate) fn get_inheritable(fd: RawFd) -> Result<bool> {
    let mut flags = 0;
    // SAFETY: the call writes one number.
    match unsafe { GetHandleInformation(fd as usize as HANDLE, &mut flags) } {
        0 => Err(Error::last_os()),
        _ => Ok(flags & HANDLE_FLAG_INHERIT != 0),
    }
}

/// Sets whether child processes inherit the socket.
pub(crate) fn set_inheritable(socket: &SockRef<'_>, inheritable: bool) -> io::Result<()> {
    socket.set_no_inherit(!inheritable)
}

/// Accepts a client. Child processes do not inherit the new socket.
///
/// # Safety
///
/// The socket is open.
pub(crate) unsafe fn accept(fd: RawFd, _family: i32) -> Result<(OwnedFd, Option<SockAddr>)> {
    // SAFETY: the caller guarantees that the socket is open.
    let listener = unsafe { BorrowedSocket::borrow_raw(fd) };
    let (client, address) = SockRef::from(&listener).accept()?;
    Ok((client.into(), Some(address)))
}

/// Fails with `Os(EOPNOTSUPP)`: the system has no pairs of sockets.
pub(crate) fn socket_pair(_family: i32, _kind: i32, _proto: i32) -> Result<(OwnedFd, OwnedFd)> {
    Err(Error::Os(winsock::WSAEOPNOTSUPP))
}

/// Returns the protocol with which a socket was made.
pub(crate) fn protocol(socket: &SockRef<'_>) -> io::Result<i32> {
    let mut info = MaybeUninit::<winsock::WSAPROTOCOL_INFOW>::zeroed();
    let mut len = size_of::<winsock::WSAPROTOCOL_INFOW>() as i32;
    let (fd, place) = (socket.as_raw_socket() as usize, info.as_mut_ptr().cast());
    // SAFETY: the structure is writable for its length.
    check(unsafe {
        winsock::getsockopt(fd, winsock::SOL_SOCKET, winsock::SO_PROTOCOL_INFOW, place, &mut len)
    })?;
    // SAFETY: zeros are a value of the structure, and so is what the call has written.
    Ok(unsafe { info.assume_init() }.iProtocol)
}

/// Closes the socket. `WSAECONNRESET` is not an error here, as in Python.
pub(crate) fn close(fd: RawFd) -> Result<()> {
    // SAFETY: the caller owns the socket and does not use it again.
    let close = || check(unsafe { winsock::closesocket(fd as _) });
    let closed = match close() {
        // It lingers (`SO_LINGER`), for which it must block. The system has not closed it.
        Err(Error::Os(winsock::WSAEWOULDBLOCK)) => set_mode(fd, 0).and_then(|()| close()),
        closed => closed,
    };
    match closed {
        Err(Error::Os(winsock::WSAECONNRESET)) => Ok(()),
        closed => closed,
    }
}

/// Sets what `WSAGetLastError` returns in this thread.
pub(crate) fn set_errno(errno: i32) {
    // SAFETY: the call changes only a number of this thread.
    unsafe { winsock::WSASetLastError(errno) };
}

/// Sends several messages, with one call for each. Returns how many were sent, or -1 when the first one cannot be sent.
///
/// # Safety
///
/// What the headers point to is readable.
pub(crate) unsafe fn sendmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: i32) -> isize {
    // SAFETY: the caller guarantees that what the header points to is readable.
    one_by_one(headers, |header| unsafe { super::libc::sendmsg(fd, header, flags) })
}

/// Receives the messages that have arrived, with one call for each. Returns how many they are, or -1 when there is none.
///
/// # Safety
///
/// What the headers point to is writable.
pub(crate) unsafe fn recvmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: i32) -> isize {
    // SAFETY: the caller guarantees that what the header points to is writable.
    one_by_one(headers, |header| unsafe { super::libc::recvmsg(fd, header, flags) })
}

fn one_by_one(
    headers: &mut [MessageHeader],
    mut call: impl FnMut(&mut super::libc::msghdr) -> isize,
) -> isize {
    for (done, header) in headers.iter_mut().enumerate() {
        match call(&mut header.message) {
            n if n >= 0 => header.len = n as u32,
            _ if done > 0 => return done as isize,
            error => return error,
        }
    }
    headers.len() as isize
}

/// Returns how long a TCP connection is idle before its first probe, and the time between two probes.
pub(crate) fn keepalive_times(socket: &SockRef<'_>) -> io::Result<[Duration; 2]> {
    let read = |option| {
        let (mut seconds, mut len) = (0u32, size_of::<u32>() as i32);
        let place = (&raw mut seconds).cast();
        // SAFETY: the number is writable for its length.
        let result = unsafe {
            winsock::getsockopt(socket.as_raw_socket() as _, winsock::IPPROTO_TCP, option, place, &mut len)
        };
        if result == 0 { Ok(Duration::from_secs(seconds.into())) } else { Err(io::Error::last_os_error()) }
    };
    Ok([read(winsock::TCP_KEEPIDLE as i32)?, read(winsock::TCP_KEEPINTVL as i32)?])
}
