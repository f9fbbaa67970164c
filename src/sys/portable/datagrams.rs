//! Sends and receives several messages with one system call for each.

use std::os::fd::RawFd;

use crate::sys::MessageHeader;

/// Sends messages. Returns how many were sent, or -1 when the first one cannot be sent.
///
/// # Safety
///
/// What the headers point to is readable.
pub(crate) unsafe fn sendmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    one_by_one(headers, |header, _| {
        // SAFETY: the caller guarantees that what the header points to is readable.
        unsafe { libc::sendmsg(fd, header, flags) }
    })
}

/// Waits for one message, and receives those that have arrived. Returns how many were received, or -1 when there is
/// none.
///
/// # Safety
///
/// What the headers point to is writable.
pub(crate) unsafe fn recvmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    one_by_one(headers, |header, first| {
        let wait = if first { 0 } else { libc::MSG_DONTWAIT };
        // SAFETY: the caller guarantees that what the header points to is writable.
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
