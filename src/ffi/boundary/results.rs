//! Results for C: bytes in the caller's buffers, and objects that the caller owns.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::arguments::check_buffer;
use super::failure::Failure;
use super::outcome::Outcome;
use crate::memory;

/// Copies a text into the caller's buffer, which is the argument `name`, with a NUL at the end. Returns the length
/// without the NUL.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` bytes.
pub(crate) unsafe fn copy_text<T: AsRef<[u8]> + ?Sized>(
    text: &T,
    buffer: *mut c_char,
    size: usize,
    name: &'static str,
) -> Outcome<usize> {
    // SAFETY: `buffer` is NULL or writable for `size` bytes.
    unsafe { copy_with_nul(text.as_ref(), buffer.cast(), size, name) }
}

/// [`copy_text`], which is made for each type. This one is there once.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` bytes.
unsafe fn copy_with_nul(text: &[u8], buffer: *mut u8, size: usize, name: &'static str) -> Outcome<usize> {
    check_space(text.len() + 1, buffer.cast(), size, name)?;
    // SAFETY: `buffer` is not NULL and has more bytes than are copied; nobody else has it during the call.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), buffer, text.len()) };
    // SAFETY: `buffer` has one byte more than the text.
    unsafe { buffer.add(text.len()).write(0) };
    Ok(text.len())
}

/// Fails as [`copy_text`] does for a text of this length, for functions that write several texts or none.
pub(crate) fn check_text(len: usize, buffer: *const c_char, size: usize, name: &'static str) -> Outcome {
    check_space(len + 1, buffer.cast(), size, name)
}

fn check_space(needed: usize, buffer: *const c_void, size: usize, name: &'static str) -> Outcome {
    check_buffer(buffer, size, name)?;
    if needed > size {
        return Err(Failure::TooSmall(name, needed).into());
    }
    Ok(())
}

/// Copies bytes into the caller's buffer, which is the argument `name`. Returns their number.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` bytes.
pub(crate) unsafe fn copy_bytes(
    bytes: &[u8],
    buffer: *mut c_void,
    size: usize,
    name: &'static str,
) -> Outcome<usize> {
    check_space(bytes.len(), buffer, size, name)?;
    if !bytes.is_empty() {
        // SAFETY: `buffer` is not NULL and has more bytes than are copied; nobody else has it during the call.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.cast(), bytes.len()) };
    }
    Ok(bytes.len())
}

/// The arguments of a call that reports how many bytes it has moved, or their failure, with which the number is 0.
#[inline(always)]
pub(crate) fn or_none_moved<T>(
    arguments: Outcome<T>,
    moved: &mut Option<&mut MaybeUninit<usize>>,
) -> Outcome<T> {
    arguments.inspect_err(|_| {
        if let Some(moved) = moved {
            moved.write(0);
        }
    })
}

/// Gives an object to C, which owns it until it calls the `_free` function of the type. Fails with `ENOMEM`.
pub(crate) fn give<T>(object: T) -> Outcome<*mut T> {
    Ok(Handle::new()?.give(object))
}

/// The memory of an object for C, taken before the call whose result must not be lost.
pub(crate) struct Handle<T>(Box<MaybeUninit<T>>);

impl<T> Handle<T> {
    /// Fails with `ENOMEM`.
    pub(crate) fn new() -> Outcome<Handle<T>> {
        Ok(Handle(memory::uninit()?))
    }

    /// Gives the object to C, as the function [`give`] does.
    pub(crate) fn give(mut self, object: T) -> *mut T {
        self.0.write(object);
        Box::into_raw(self.0).cast()
    }
}

/// Takes an object back from C and drops it. Does nothing for NULL.
///
/// # Safety
///
/// `object` came from [`give`], and this is its last use.
pub(crate) unsafe fn take_back<T>(object: *mut T) {
    if !object.is_null() {
        // SAFETY: `object` is not NULL, came from `give`, and has no other owner.
        let object = unsafe { Box::from_raw(object) };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(object)));
    }
}
