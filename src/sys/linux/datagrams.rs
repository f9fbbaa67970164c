//! Sends and receives several messages with one system call.

use std::os::fd::RawFd;

use crate::sys::MessageHeader;

const _: () = assert!(size_of::<MessageHeader>() == size_of::<libc::mmsghdr>());

/// Sends messages. Returns how many were sent, or -1 when the first one cannot be sent.
///
/// # Safety
///
/// What the headers point to is readable.
pub(crate) unsafe fn sendmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    let count = headers.len().min(libc::c_uint::MAX as usize) as libc::c_uint;
    // SAFETY: a MessageHeader has the layout of an mmsghdr, and the caller guarantees that what it points to is
    // readable.
    unsafe { libc::sendmmsg(fd, headers.as_mut_ptr().cast(), count, flags as _) as isize }
}

/// Waits for one message, and receives those that have arrived. Returns how many were received, or -1 when there is
/// none.
///
/// # Safety
///
/// What the headers point to is writable.
pub(crate) unsafe fn recvmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    let count = headers.len().min(libc::c_uint::MAX as usize) as libc::c_uint;
    let flags = (flags | libc::MSG_WAITFORONE) as _;
    // SAFETY: a MessageHeader has the layout of an mmsghdr, and the caller guarantees that what it points to is
    // writable.
    unsafe { libc::recvmmsg(fd, headers.as_mut_ptr().cast(), count, flags, std::ptr::null_mut()) as isize }
}
