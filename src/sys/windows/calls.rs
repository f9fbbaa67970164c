//! The calls of Winsock with the signatures of POSIX. They return -1 when they fail, and `WSAGetLastError` has the reason.

use std::ffi::{c_char, c_int, c_void};
use std::{mem, ptr};

use windows_sys::Win32::Networking::WinSock as winsock;

use super::TRUE_LENGTH;
use super::libc::{addrinfo, sockaddr, socklen_t};
use super::startup::start;
use crate::sys::fd::RawFd;

/// Winsock counts bytes in an `int`. A longer buffer is used in part.
fn length(len: usize) -> c_int {
    c_int::try_from(len).unwrap_or(c_int::MAX)
}

/// `recv(2)`.
///
/// # Safety
///
/// The buffer is writable for its length.
#[inline]
pub unsafe fn recv(fd: RawFd, buffer: *mut c_void, len: usize, flags: c_int) -> isize {
    // SAFETY: the caller promises that the buffer is writable, of which no more is used.
    unsafe { winsock::recv(fd as _, buffer.cast(), length(len), flags) as isize }
}

/// `recvfrom(2)`.
///
/// # Safety
///
/// The buffer is writable for its length, the address for `*address_len` bytes.
pub unsafe fn recvfrom(
    fd: RawFd,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    address: *mut sockaddr,
    address_len: *mut socklen_t,
) -> isize {
    // A call that fails must leave the caller's address as it is, and the system has no such rule.
    // SAFETY: zeros are a valid address, of the family 0.
    let mut sender: winsock::SOCKADDR_STORAGE = unsafe { mem::zeroed() };
    // SAFETY: the caller promises that the length is readable.
    let space = unsafe { *address_len }.min(size_of_val(&sender) as c_int);
    let mut sender_len = space;
    let place = (&raw mut sender).cast();
    let (tells_cut, flags) = (flags & TRUE_LENGTH != 0, flags & !TRUE_LENGTH);
    // SAFETY: the caller promises that the buffer is writable, and the address is writable for its length.
    let mut n = unsafe {
        winsock::recvfrom(fd as _, buffer.cast(), length(len), flags, place, &mut sender_len) as isize
    };
    // The system reports a datagram that was cut off as an error, although it has written what fits.
    if n < 0 && tells_cut && crate::error::last_errno() == winsock::WSAEMSGSIZE {
        n = len as isize + 1;
    }
    if n >= 0 {
        // A connected stream reports no address: it leaves the address and the length as they are.
        let written = if sender.ss_family == 0 { 0 } else { sender_len.clamp(0, space) };
        // SAFETY: the caller promises that the address is writable for its length, which is not less than this.
        unsafe {
            ptr::copy_nonoverlapping((&raw const sender).cast::<u8>(), address.cast(), written as usize);
            *address_len = written;
        }
    }
    n
}

/// `send(2)`.
///
/// # Safety
///
/// The buffer is readable for its length.
#[inline]
pub unsafe fn send(fd: RawFd, buffer: *const c_void, len: usize, flags: c_int) -> isize {
    // SAFETY: the caller promises that the buffer is readable, of which no more is used.
    unsafe { winsock::send(fd as _, buffer.cast(), length(len), flags) as isize }
}

/// `sendto(2)`.
///
/// # Safety
///
/// The buffer and the address are readable for their lengths.
pub unsafe fn sendto(
    fd: RawFd,
    buffer: *const c_void,
    len: usize,
    flags: c_int,
    address: *const sockaddr,
    address_len: socklen_t,
) -> isize {
    // SAFETY: the caller promises that the buffer and the address are readable.
    unsafe {
        winsock::sendto(fd as _, buffer.cast(), length(len), flags, address.cast(), address_len) as isize
    }
}

/// `getsockname(2)`, also of a socket that other code has made before this crate made any.
///
/// # Safety
///
/// The address is writable for `*len` bytes.
pub unsafe fn getsockname(fd: RawFd, address: *mut sockaddr, len: *mut socklen_t) -> c_int {
    start();
    // SAFETY: the caller promises that the address is writable.
    unsafe { winsock::getsockname(fd as _, address.cast(), len) }
}

/// `getsockopt(2)`.
///
/// # Safety
///
/// The value is writable for `*len` bytes.
pub unsafe fn getsockopt(
    fd: RawFd,
    level: c_int,
    option: c_int,
    value: *mut c_void,
    len: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller promises that the value is writable.
    unsafe { winsock::getsockopt(fd as _, level, option, value.cast(), len) }
}

/// `setsockopt(2)`.
///
/// # Safety
///
/// The value is readable for its length.
pub unsafe fn setsockopt(
    fd: RawFd,
    level: c_int,
    option: c_int,
    value: *const c_void,
    len: socklen_t,
) -> c_int {
    // SAFETY: the caller promises that the value is readable.
    unsafe { winsock::setsockopt(fd as _, level, option, value.cast(), len) }
}

/// `getaddrinfo(3)`.
///
/// # Safety
///
/// The names are NULL or NUL-terminated, the hints readable, and the list writable.
pub unsafe fn getaddrinfo(
    host: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    list: *mut *mut addrinfo,
) -> c_int {
    start();
    // SAFETY: the caller promises the names, the hints and the list.
    unsafe { winsock::getaddrinfo(host.cast(), service.cast(), hints, list) }
}

/// `getnameinfo(3)`.
///
/// # Safety
///
/// The address is readable, and both buffers are writable, for their lengths.
pub unsafe fn getnameinfo(
    address: *const sockaddr,
    len: socklen_t,
    host: *mut c_char,
    host_len: u32,
    service: *mut c_char,
    service_len: u32,
    flags: c_int,
) -> c_int {
    start();
    // SAFETY: the caller promises the address and both buffers.
    unsafe {
        winsock::getnameinfo(address.cast(), len, host.cast(), host_len, service.cast(), service_len, flags)
    }
}
