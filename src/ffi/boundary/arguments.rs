//! Arguments from C: NULL, lengths, strings.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;

use super::failure::Failure;
use super::outcome::{Outcome, Reported};
use crate::error::Error;

/// The argument, which must not be NULL.
#[inline]
pub(crate) fn not_null<T>(argument: Option<T>, name: &'static str) -> Outcome<T> {
    // Not `ok_or`: a failure that is made beforehand must be dropped again, in every call.
    argument.ok_or_else(|| Failure::Null(name).into())
}

/// A buffer to read from; `(NULL, 0)` is empty.
///
/// # Safety
///
/// `data` is NULL or readable for `len` bytes while the result is in use.
#[inline]
pub(crate) unsafe fn bytes<'a>(data: *const c_void, len: usize, name: &'static str) -> Outcome<&'a [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    check_buffer(data, len, name)?;
    // SAFETY: `data` is not NULL, `len` is possible, and the caller promises that many readable bytes.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// Checks a buffer to be filled; `(NULL, 0)` is legal.
#[inline]
pub(crate) fn check_buffer(data: *const c_void, len: usize, name: &'static str) -> Outcome {
    if len == 0 {
        return Ok(());
    }
    if data.is_null() {
        return Err(Failure::Null(name).into());
    }
    if len > isize::MAX as usize { Err(impossible_length(len, name)) } else { Ok(()) }
}

/// A buffer to be filled; `(NULL, 0)` is empty.
///
/// # Safety
///
/// `buffer` is NULL or writable for `len` bytes, which the result lends.
#[inline]
pub(crate) unsafe fn room<'a>(buffer: *mut c_void, len: usize) -> Outcome<&'a mut [MaybeUninit<u8>]> {
    if len == 0 {
        return Ok(&mut []);
    }
    check_buffer(buffer, len, "buffer")?;
    // SAFETY: not NULL, of a possible length, and the caller vouches for the rest.
    Ok(unsafe { std::slice::from_raw_parts_mut(buffer.cast(), len) })
}

#[cold]
fn impossible_length(len: usize, name: &'static str) -> Reported {
    Error::overflow(format!("{name} has an impossible length: {len} bytes")).into()
}

/// A NUL-terminated string.
///
/// # Safety
///
/// `text` is NULL or NUL-terminated, and unchanged while the result is in use.
pub(crate) unsafe fn string<'a>(text: *const c_char, name: &'static str) -> Outcome<&'a [u8]> {
    if text.is_null() {
        return Err(Failure::Null(name).into());
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
