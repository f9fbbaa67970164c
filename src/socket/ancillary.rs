//! Control data (Python's "ancillary data") as bytes: sizes, walking, and the descriptors in it.
#![allow(unsafe_code)]

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use crate::error::{Error, Result};

/// The bytes of a control message's header, padding included.
pub(super) const HEADER: usize = cmsg_len_unchecked(0);

/// The length of a control message with `length` bytes of data, without trailing padding (`socket.CMSG_LEN`).
///
/// Fails with [`Error::Overflow`] when the result would exceed 2^31 - 1.
pub fn cmsg_len(length: usize) -> Result<usize> {
    if length > i32::MAX as usize - HEADER {
        return Err(too_long("CMSG_LEN", length));
    }
    Ok(cmsg_len_unchecked(length))
}

/// The bytes that a control message with `length` bytes of data needs in a buffer, padding included
/// (`socket.CMSG_SPACE`).
///
/// Fails with [`Error::Overflow`] when the result would exceed 2^31 - 1.
pub fn cmsg_space(length: usize) -> Result<usize> {
    // As in Python, the limit leaves room for the padding of one byte.
    if length > i32::MAX as usize - cmsg_space_unchecked(1) {
        return Err(too_long("CMSG_SPACE", length));
    }
    Ok(cmsg_space_unchecked(length))
}

fn too_long(function: &str, length: usize) -> Error {
    Error::overflow(format!("{function}() argument out of range: {length} bytes"))
}

const fn cmsg_len_unchecked(length: usize) -> usize {
    // SAFETY: CMSG_LEN only computes.
    unsafe { libc::CMSG_LEN(length as libc::c_uint) as usize }
}

pub(super) const fn cmsg_space_unchecked(length: usize) -> usize {
    // SAFETY: CMSG_SPACE only computes.
    unsafe { libc::CMSG_SPACE(length as libc::c_uint) as usize }
}

/// One control message as the system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawControlMessage<'a> {
    /// The level, `SOL_SOCKET`, `IPPROTO_IP` ...
    pub level: i32,
    /// The type within the level, such as `SCM_RIGHTS`.
    pub kind: i32,
    /// The data, never more than the buffer holds, whatever the message's own length says.
    pub data: &'a [u8],
}

/// Walks the control messages in a buffer; ends at the first that cannot be one.
#[derive(Debug, Clone)]
pub struct RawControlMessages<'a> {
    buffer: &'a [u8],
    offset: usize,
}

impl<'a> RawControlMessages<'a> {
    /// Starts at the beginning of a buffer of any alignment and content.
    pub fn new(buffer: &'a [u8]) -> Self {
        RawControlMessages { buffer, offset: 0 }
    }

    /// Goes on at an offset that [`RawControlMessages::offset`] returned.
    pub fn from_offset(buffer: &'a [u8], offset: usize) -> Self {
        RawControlMessages { buffer, offset }
    }

    /// Where the next message begins, in bytes.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl<'a> Iterator for RawControlMessages<'a> {
    type Item = RawControlMessage<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.buffer.get(self.offset..)?;
        if rest.len() < HEADER {
            return None;
        }
        // SAFETY: HEADER bytes are there, no fewer than a cmsghdr has; it is plain integers, valid for any bytes.
        let header: libc::cmsghdr = unsafe { rest.as_ptr().cast::<libc::cmsghdr>().read_unaligned() };
        #[allow(clippy::unnecessary_cast)] // socklen_t on some systems
        let len = header.cmsg_len as usize;
        if len < HEADER {
            return None;
        }
        let end = len.min(rest.len());
        // Near the end of the address space the padding would overflow; such a length ends the walk.
        let step = if len > rest.len() { rest.len() } else { cmsg_space_unchecked(len - HEADER) };
        self.offset += step;
        Some(RawControlMessage { level: header.cmsg_level, kind: header.cmsg_type, data: &rest[HEADER..end] })
    }
}

/// The part of a caller's control buffer that the kernel filled.
///
/// # Safety
///
/// `control` holds `len` initialised bytes, or `len` is 0.
pub(super) unsafe fn filled<'a>(control: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: the caller vouches for the bytes.
    unsafe { std::slice::from_raw_parts(control, len) }
}

/// The numbers of the descriptors in the `SCM_RIGHTS` messages of a control buffer.
pub(super) fn received_fds(control: &[u8]) -> impl Iterator<Item = RawFd> + '_ {
    RawControlMessages::new(control)
        .filter(|message| message.level == libc::SOL_SOCKET && message.kind == libc::SCM_RIGHTS)
        .flat_map(|message| numbers(message.data))
}

/// The whole `int`s in the data of a control message; a cut one at the end is none.
pub(super) fn numbers(data: &[u8]) -> impl Iterator<Item = RawFd> + '_ {
    data.chunks_exact(size_of::<RawFd>())
        .map(|bytes| RawFd::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// Closes the descriptors that arrived in a control buffer.
///
/// # Safety
///
/// The buffer was filled by `recvmsg`, and none of its descriptors was taken or closed since.
pub unsafe fn close_received_fds(control: &[u8]) {
    for fd in received_fds(control).filter(|&fd| fd >= 0) {
        // SAFETY: the caller vouches that nothing else owns the descriptor.
        drop(unsafe { OwnedFd::from_raw_fd(fd) });
    }
}

/// Makes received descriptors close-on-exec where the system has no MSG_CMSG_CLOEXEC.
pub(super) fn set_close_on_exec(control: &[u8]) {
    if crate::sys::CMSG_CLOEXEC != 0 {
        return;
    }
    for fd in received_fds(control) {
        // SAFETY: fcntl reads only its own arguments.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Writes a control message at the beginning of `buffer`, padding included; the bytes it took, or `None` if there is
/// no room.
pub(crate) fn encode(buffer: &mut [u8], level: i32, kind: i32, data: &[u8]) -> Result<Option<usize>> {
    let space = cmsg_space(data.len())?;
    let Some(place) = buffer.get_mut(..space) else { return Ok(None) };
    place.fill(0);
    // SAFETY: cmsghdr is plain integers, for which all zeros is a value.
    let mut header: libc::cmsghdr = unsafe { std::mem::zeroed() };
    header.cmsg_len = cmsg_len_unchecked(data.len()) as _;
    header.cmsg_level = level;
    header.cmsg_type = kind;
    // SAFETY: `space` bytes are there, no fewer than a cmsghdr has.
    unsafe { place.as_mut_ptr().cast::<libc::cmsghdr>().write_unaligned(header) };
    place[HEADER..HEADER + data.len()].copy_from_slice(data);
    Ok(Some(space))
}

/// A structure of the system's as bytes.
pub(crate) fn bytes_of<T: Copy>(value: &T) -> &[u8] {
    // SAFETY: callers name libc structures without padding, whose bytes are all initialised.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

/// The beginning of some bytes as a structure of the system's; `None` if they are too few.
pub(crate) fn read_struct<T: Copy>(data: &[u8]) -> Option<T> {
    // SAFETY: the bytes are there, and callers name libc structures of plain integers, valid for any bytes.
    (data.len() >= size_of::<T>()).then(|| unsafe { data.as_ptr().cast::<T>().read_unaligned() })
}
