//! Several messages in one system call.

use std::os::fd::RawFd;

use crate::sys::unix::MessageHeader;

const _: () = assert!(size_of::<MessageHeader>() == size_of::<libc::mmsghdr>());

/// Sends messages; how many, or -1 when the first is refused.
///
/// # Safety
///
/// What the headers point to is readable.
pub(crate) unsafe fn sendmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    let count = headers.len().min(libc::c_uint::MAX as usize) as libc::c_uint;
    // SAFETY: a MessageHeader has the layout of an mmsghdr; the caller vouches for what it points to.
    unsafe { libc::sendmmsg(fd, headers.as_mut_ptr().cast(), count, flags as _) as isize }
}

/// Receives messages: waits for the first, takes those that are there; how many, or -1 when there is none.
///
/// # Safety
///
/// What the headers point to is writable.
pub(crate) unsafe fn recvmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    let count = headers.len().min(libc::c_uint::MAX as usize) as libc::c_uint;
    let flags = (flags | libc::MSG_WAITFORONE) as _;
    // SAFETY: a MessageHeader has the layout of an mmsghdr; the caller vouches for what it points to.
    unsafe { libc::recvmmsg(fd, headers.as_mut_ptr().cast(), count, flags, std::ptr::null_mut()) as isize }
}
