//! Several messages, one system call after the other.

use std::os::fd::RawFd;

use crate::sys::unix::MessageHeader;

/// Sends messages; how many, or -1 when the first is refused.
///
/// # Safety
///
/// What the headers point to is readable.
pub(crate) unsafe fn sendmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    one_by_one(headers, |header, _| {
        // SAFETY: the caller vouches for what the header points to.
        unsafe { libc::sendmsg(fd, header, flags) }
    })
}

/// Receives messages: waits for the first, takes those that are there; how many, or -1 when there is none.
///
/// # Safety
///
/// What the headers point to is writable.
pub(crate) unsafe fn recvmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    one_by_one(headers, |header, first| {
        let wait = if first { 0 } else { libc::MSG_DONTWAIT };
        // SAFETY: the caller vouches for what the header points to.
        unsafe { libc::recvmsg(fd, header, flags | wait) }
    })
}

fn one_by_one(
    headers: &mut [MessageHeader],
    mut call: impl FnMut(&mut libc::msghdr, bool) -> isize,
) -> isize {
    for (done, header) in headers.iter_mut().enumerate() {
        match call(&mut header.message, done == 0) {
            n if n >= 0 => header.len = n as libc::c_uint,
            _ if done > 0 => return done as isize,
            error => return error,
        }
    }
    headers.len() as isize
}
