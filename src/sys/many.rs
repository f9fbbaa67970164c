//! Several messages in one system call, or one after the other where the system cannot.

use std::os::fd::RawFd;

#[cfg(any(target_os = "linux", target_os = "android"))]
use libc::mmsghdr;

/// A message for `sendmmsg` and `recvmmsg`, with the number of bytes that were sent or received.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
struct mmsghdr {
    msg_hdr: libc::msghdr,
    msg_len: libc::c_uint,
}

/// A message's header, and how many of its bytes were sent or received.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct MessageHeader(mmsghdr);

impl MessageHeader {
    pub(crate) fn new(message: libc::msghdr) -> Self {
        MessageHeader(mmsghdr { msg_hdr: message, msg_len: 0 })
    }

    pub(crate) fn message(&self) -> &libc::msghdr {
        &self.0.msg_hdr
    }

    /// Whether the kernel reported neither bytes nor a sender nor control messages.
    pub(crate) fn is_blank(&self) -> bool {
        self.0.msg_len == 0 && self.0.msg_hdr.msg_namelen == 0 && self.0.msg_hdr.msg_controllen == 0
    }

    /// How many bytes the kernel sent or received.
    pub(crate) fn len(&self) -> usize {
        self.0.msg_len as usize
    }
}

/// Sends messages; how many, or -1 when the first is refused.
///
/// # Safety
///
/// What the headers point to is readable.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) unsafe fn sendmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    let count = headers.len().min(libc::c_uint::MAX as usize) as libc::c_uint;
    // SAFETY: a MessageHeader is an mmsghdr; the caller vouches for what it points to.
    unsafe { libc::sendmmsg(fd, headers.as_mut_ptr().cast(), count, flags as _) as isize }
}

/// Receives messages: waits for the first, takes those that are there; how many, or -1 when there is none.
///
/// # Safety
///
/// What the headers point to is writable.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) unsafe fn recvmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    let count = headers.len().min(libc::c_uint::MAX as usize) as libc::c_uint;
    let flags = (flags | libc::MSG_WAITFORONE) as _;
    // SAFETY: a MessageHeader is an mmsghdr; the caller vouches for what it points to.
    unsafe { libc::recvmmsg(fd, headers.as_mut_ptr().cast(), count, flags, std::ptr::null_mut()) as isize }
}

/// Sends messages; how many, or -1 when the first is refused.
///
/// # Safety
///
/// What the headers point to is readable.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
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
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) unsafe fn recvmmsg(fd: RawFd, headers: &mut [MessageHeader], flags: libc::c_int) -> isize {
    one_by_one(headers, |header, first| {
        let wait = if first { 0 } else { libc::MSG_DONTWAIT };
        // SAFETY: the caller vouches for what the header points to.
        unsafe { libc::recvmsg(fd, header, flags | wait) }
    })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn one_by_one(
    headers: &mut [MessageHeader],
    mut call: impl FnMut(&mut libc::msghdr, bool) -> isize,
) -> isize {
    for (done, header) in headers.iter_mut().enumerate() {
        match call(&mut header.0.msg_hdr, done == 0) {
            n if n >= 0 => header.0.msg_len = n as libc::c_uint,
            _ if done > 0 => return done as isize,
            error => return error,
        }
    }
    headers.len() as isize
}
