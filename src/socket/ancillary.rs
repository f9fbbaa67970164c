//! Control data (Python's "ancillary data") as bytes: the sizes of messages, an iterator over them, and the
//! descriptors in them.
#![allow(unsafe_code)]

use crate::error::{Error, Result};
use crate::sys::fd::{FromRawFd, OwnedFd, RawFd};
use crate::sys::{self, libc};

/// The number of bytes in the header of a control message, including padding.
pub(super) const HEADER: usize = cmsg_len_unchecked(0);

/// Returns the length in bytes of a control message with `length` bytes of data, without the padding at its
/// end (`socket.CMSG_LEN`).
///
/// Fails with [`Error::Overflow`] when the result would be more than 2^31 - 1.
pub fn cmsg_len(length: usize) -> Result<usize> {
    if length > i32::MAX as usize - HEADER {
        return Err(too_long("CMSG_LEN", length));
    }
    Ok(cmsg_len_unchecked(length))
}

/// Returns how many bytes a control message with `length` bytes of data needs in a buffer, including padding
/// (`socket.CMSG_SPACE`).
///
/// Fails with [`Error::Overflow`] when the result would be more than 2^31 - 1.
pub fn cmsg_space(length: usize) -> Result<usize> {
    // As in Python, the limit allows for the padding of one byte of data.
    if length > i32::MAX as usize - cmsg_space_unchecked(1) {
        return Err(too_long("CMSG_SPACE", length));
    }
    Ok(cmsg_space_unchecked(length))
}

fn too_long(function: &str, length: usize) -> Error {
    Error::overflow(format_args!("{function}() argument out of range: {length} bytes"))
}

const fn cmsg_len_unchecked(length: usize) -> usize {
    // SAFETY: CMSG_LEN computes with its argument only and touches no memory.
    unsafe { libc::CMSG_LEN(length as libc::c_uint) as usize }
}

pub(super) const fn cmsg_space_unchecked(length: usize) -> usize {
    // SAFETY: CMSG_SPACE computes with its argument only and touches no memory.
    unsafe { libc::CMSG_SPACE(length as libc::c_uint) as usize }
}

/// A control message in the form of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawControlMessage<'a> {
    /// The level: `SOL_SOCKET`, `IPPROTO_IP` and so on.
    pub level: i32,
    /// The type within the level, such as `SCM_RIGHTS`.
    pub kind: i32,
    /// The data. It never reaches beyond the buffer, even if the length in the message says more.
    pub data: &'a [u8],
}

/// An iterator over the control messages in a buffer. It ends at the first bytes that cannot be a message.
#[derive(Debug, Clone)]
pub struct RawControlMessages<'a> {
    buffer: &'a [u8],
    offset: usize,
}

impl<'a> RawControlMessages<'a> {
    /// Starts at the beginning of a buffer, which may have any alignment and any content.
    pub fn new(buffer: &'a [u8]) -> Self {
        RawControlMessages { buffer, offset: 0 }
    }

    /// Continues at an offset that [`RawControlMessages::offset`] returned.
    pub fn from_offset(buffer: &'a [u8], offset: usize) -> Self {
        RawControlMessages { buffer, offset }
    }

    /// Returns where the next message begins, in bytes from the start of the buffer.
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
        // SAFETY: `rest` has at least HEADER bytes, which is the size of a cmsghdr or more. A cmsghdr
        // consists of integers, so any bytes are valid.
        let header: libc::cmsghdr = unsafe { rest.as_ptr().cast::<libc::cmsghdr>().read_unaligned() };
        #[allow(clippy::unnecessary_cast)] // socklen_t on some systems
        let len = header.cmsg_len as usize;
        if len < HEADER {
            return None;
        }
        let end = len.min(rest.len());
        // With a length near the end of the address space, the padding would overflow. Such a length ends the
        // iteration.
        let step = if len > rest.len() { rest.len() } else { cmsg_space_unchecked(len - HEADER) };
        self.offset += step;
        Some(RawControlMessage { level: header.cmsg_level, kind: header.cmsg_type, data: &rest[HEADER..end] })
    }
}

/// Returns the part of a caller's control buffer that the kernel has filled.
///
/// # Safety
///
/// `control` points to `len` initialised bytes, or `len` is 0.
pub(super) unsafe fn filled<'a>(control: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: the caller promises that `len` initialised bytes are there.
    unsafe { std::slice::from_raw_parts(control, len) }
}

/// Returns the numbers of the descriptors in the `SCM_RIGHTS` messages of a control buffer.
pub(super) fn received_fds(control: &[u8]) -> impl Iterator<Item = RawFd> + '_ {
    RawControlMessages::new(control)
        .filter(|message| message.level == libc::SOL_SOCKET && message.kind == libc::SCM_RIGHTS)
        .flat_map(|message| sys::received_numbers(message.data))
}

/// Closes the descriptors that arrived in a control buffer.
///
/// # Safety
///
/// `recvmsg` filled the buffer, and none of its descriptors was taken or closed since.
pub unsafe fn close_received_fds(control: &[u8]) {
    for fd in received_fds(control).filter(|&fd| sys::is_number(fd)) {
        // SAFETY: the caller promises that nothing else owns the descriptor.
        drop(unsafe { OwnedFd::from_raw_fd(fd) });
    }
}

/// Makes received descriptors close-on-exec after a call without MSG_CMSG_CLOEXEC.
pub(super) fn set_close_on_exec(control: &[u8]) {
    for fd in received_fds(control) {
        sys::set_close_on_exec(fd);
    }
}

/// Writes a control message, including padding, at the beginning of `buffer`. Returns how many bytes it took,
/// or `None` if they do not fit.
pub(crate) fn encode(buffer: &mut [u8], level: i32, kind: i32, data: &[u8]) -> Result<Option<usize>> {
    let space = cmsg_space(data.len())?;
    let Some(place) = buffer.get_mut(..space) else { return Ok(None) };
    place.fill(0);
    // SAFETY: a cmsghdr consists of integers, for which zero is a valid value.
    let mut header: libc::cmsghdr = unsafe { std::mem::zeroed() };
    header.cmsg_len = cmsg_len_unchecked(data.len()) as _;
    header.cmsg_level = level;
    header.cmsg_type = kind;
    // SAFETY: `place` has `space` bytes, which is the size of a cmsghdr or more.
    unsafe { place.as_mut_ptr().cast::<libc::cmsghdr>().write_unaligned(header) };
    place[HEADER..HEADER + data.len()].copy_from_slice(data);
    Ok(Some(space))
}

/// Returns the bytes of a structure of the system.
pub(crate) fn bytes_of<T: Copy>(value: &T) -> &[u8] {
    // SAFETY: callers pass libc structures without padding, so all their bytes are initialised.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

/// Reads a structure of the system from the beginning of `data`. Returns `None` if there are too few bytes.
pub(crate) fn read_struct<T: Copy>(data: &[u8]) -> Option<T> {
    // SAFETY: the length was checked, and callers ask for libc structures of integers, so any bytes are
    // valid.
    (data.len() >= size_of::<T>()).then(|| unsafe { data.as_ptr().cast::<T>().read_unaligned() })
}
