//! Checks of the arguments that C passes: pointers, lengths and strings.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;

use super::failure::Failure;
use super::outcome::{Outcome, Reported};
use crate::error::Error;

/// The argument, or the failure that it is NULL.
#[inline]
pub(crate) fn not_null<T>(argument: Option<T>, name: &'static str) -> Outcome<T> {
    // `ok_or` would make a failure in every call, only to drop it.
    argument.ok_or_else(|| null(name))
}

/// A buffer to read from. `(NULL, 0)` is an empty one.
///
/// # Safety
///
/// `data` is NULL or readable for `len` bytes while the result is in use.
#[inline]
pub(crate) unsafe fn bytes<'a>(data: *const c_void, len: usize, name: &'static str) -> Outcome<&'a [u8]> {
    if !is_filled(data, len) {
        check_unusual(data, len, name)?;
        return Ok(&[]);
    }
    // SAFETY: `data` is not NULL, `len` is possible, and the caller promises that many readable bytes.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// An array to read from. `(NULL, 0)` is an empty one.
///
/// # Safety
///
/// `items` is NULL or readable for `count` items while the result is in use.
#[inline]
pub(crate) unsafe fn array<'a, T>(items: *const T, count: usize, name: &'static str) -> Outcome<&'a [T]> {
    check_buffer(items.cast(), count.saturating_mul(size_of::<T>()), name)?;
    if count == 0 {
        return Ok(&[]);
    }
    // SAFETY: `items` is not NULL, `count` is possible, and the caller promises that many readable items.
    Ok(unsafe { std::slice::from_raw_parts(items, count) })
}

/// Checks a buffer. `(NULL, 0)` is an empty one.
#[inline]
pub(crate) fn check_buffer(data: *const c_void, len: usize, name: &'static str) -> Outcome {
    // Most control buffers are empty.
    if len == 0 || is_filled(data, len) { Ok(()) } else { check_unusual(data, len, name) }
}

/// Whether there is a buffer with at least one byte, of a length that is possible. Two tests are enough for this.
#[inline(always)]
fn is_filled(data: *const c_void, len: usize) -> bool {
    !data.is_null() && len as isize > 0
}

/// The buffers that are not filled: an empty one, or a failure.
#[cold]
#[inline(never)]
fn check_unusual(data: *const c_void, len: usize, name: &'static str) -> Outcome {
    match len {
        0 => Ok(()),
        _ if data.is_null() => Err(null(name)),
        _ => Err(Error::overflow(format_args!("{name} has an impossible length: {len} bytes")).into()),
    }
}

/// A buffer to write to. `(NULL, 0)` is an empty one. Its bytes may be uninitialised.
///
/// # Safety
///
/// `buffer` is NULL or writable for `len` bytes, which the result lends.
#[inline]
pub(crate) unsafe fn bytes_to_fill<'a>(
    buffer: *mut c_void,
    len: usize,
) -> Outcome<&'a mut [MaybeUninit<u8>]> {
    if !is_filled(buffer, len) {
        check_unusual(buffer, len, "buffer")?;
        return Ok(&mut []);
    }
    // SAFETY: `buffer` is not NULL, `len` is possible, and the caller promises that many writable bytes.
    Ok(unsafe { std::slice::from_raw_parts_mut(buffer.cast(), len) })
}

/// The failure that the named argument is NULL. It is a function of its own, because nearly every function of the header
/// needs it more than once.
#[cold]
#[inline(never)]
pub(crate) fn null(name: &'static str) -> Reported {
    Failure::Null(name).into()
}

/// A NUL-terminated string.
///
/// # Safety
///
/// `text` is NULL or NUL-terminated, and unchanged while the result is in use.
pub(crate) unsafe fn string<'a>(text: *const c_char, name: &'static str) -> Outcome<&'a [u8]> {
    if text.is_null() {
        return Err(null(name));
    }
    // SAFETY: `text` is not NULL, and the caller promises that it ends.
    Ok(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A NUL-terminated string, or `None` for NULL.
///
/// # Safety
///
/// `text` is NULL or NUL-terminated, and unchanged while the result is in use.
pub(crate) unsafe fn optional_string<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: `text` is not NULL where it is read, and the caller promises that it ends.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}
