//! What stands between C and the core: panics, NULL, lengths, and the error that each thread saw last.
#![allow(unsafe_code)]

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use libc::ssize_t;

use super::codes::Failure;
use crate::error::{Error, strerror};
use crate::sys;

/// The result of a function that C will see as a code.
pub(super) type Outcome<T = ()> = Result<T, Reported>;

/// The code of a failure that is noted as this thread's last. A word, so that a count or a code comes out of
/// the hot calls in registers: whole failures cost them a dozen instructions each.
pub(super) struct Reported(isize);

impl<E: Into<Failure>> From<E> for Reported {
    #[cold]
    #[inline(never)]
    fn from(failure: E) -> Self {
        report(failure.into())
    }
}

/// What an exported function may return: `int` or `ssize_t`, negative for a failure.
pub(super) trait Code {
    fn from_code(code: c_int) -> Self;
}

impl Code for c_int {
    fn from_code(code: c_int) -> Self {
        code
    }
}

impl Code for ssize_t {
    fn from_code(code: c_int) -> Self {
        code as ssize_t
    }
}

/// Runs the body of an exported function: a failure becomes its code, and so does a panic, which
/// must not unwind into C.
#[inline(always)]
pub(super) fn boundary<C: Code>(body: impl FnOnce() -> Outcome<C>) -> C {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(Reported(code))) => C::from_code(code as c_int),
        Err(panic) => C::from_code(panicked(panic).0 as c_int),
    }
}

/// [`boundary`] for a function that returns 0 when it succeeds.
#[inline]
pub(super) fn status(body: impl FnOnce() -> Outcome) -> c_int {
    boundary(|| body().map(|()| 0))
}

/// [`boundary`] for a function that returns a count of bytes.
#[inline(always)]
pub(super) fn count(body: impl FnOnce() -> Outcome<usize>) -> ssize_t {
    boundary(|| body().map(|n| n as ssize_t))
}

#[cold]
fn panicked(panic: Box<dyn Any + Send>) -> Reported {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    report(Failure::Panic(text.unwrap_or_else(|| "panic".to_owned())))
}

/// The last failure of a thread; its text is made only when somebody asks.
struct Last {
    code: c_int,
    failure: Option<Failure>,
    text: Option<CString>,
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last { code: 0, failure: None, text: None }) };
}

fn report(failure: Failure) -> Reported {
    let (code, errno) = (failure.code(), failure.errno());
    // A thread that is ending has no place for the message any more; the code is the truth.
    let _ = LAST.try_with(|last| {
        let mut last = last.borrow_mut();
        (last.code, last.failure) = (code, Some(failure));
    });
    sys::set_errno(errno);
    Reported(code as isize)
}

/// The text of this thread's last failure, valid until its next one.
pub(super) fn last_message() -> *const c_char {
    LAST.try_with(|last| {
        let mut last = last.borrow_mut();
        let Some(failure) = last.failure.take() else {
            return last.text.as_ref().map_or(c"".as_ptr(), |text| text.as_ptr());
        };
        let text = failure.message().replace('\0', "\\0");
        last.text.insert(CString::new(text).unwrap_or_default()).as_ptr()
    })
    .unwrap_or(c"".as_ptr())
}

/// The text of this thread's last failure when that had this code.
pub(super) fn last_text(code: c_int) -> Option<String> {
    if LAST.try_with(|last| last.borrow().code != code).unwrap_or(true) {
        return None;
    }
    // SAFETY: the text is the thread's and stays as it is until its next failure.
    Some(unsafe { CStr::from_ptr(last_message()) }.to_string_lossy().into_owned())
}

/// The system's text for an `errno`, made once.
pub(super) fn system_text(errno: c_int) -> &'static CStr {
    static TEXTS: [OnceLock<CString>; 256] = [const { OnceLock::new() }; 256];
    match usize::try_from(errno).ok().and_then(|index| TEXTS.get(index)) {
        Some(text) => text.get_or_init(|| CString::new(strerror(errno)).unwrap_or_default()),
        None => c"unknown error of the system",
    }
}

/// The argument, which must not be NULL.
#[inline]
pub(super) fn some<T>(argument: Option<T>, name: &'static str) -> Outcome<T> {
    // Not `ok_or`: a failure that is made beforehand must be dropped again, in every call.
    argument.ok_or_else(|| Failure::Null(name).into())
}

/// A buffer to read from; `(NULL, 0)` is empty.
///
/// # Safety
///
/// `data` is NULL or readable for `len` bytes while the result is in use.
#[inline]
pub(super) unsafe fn bytes<'a>(data: *const c_void, len: usize, name: &'static str) -> Outcome<&'a [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    check_buffer(data, len, name)?;
    // SAFETY: not NULL, of a possible length, and the caller vouches for the rest.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// Checks a buffer to be filled; `(NULL, 0)` is legal.
#[inline]
pub(super) fn check_buffer(data: *const c_void, len: usize, name: &'static str) -> Outcome {
    if len == 0 {
        return Ok(());
    }
    if data.is_null() {
        return Err(Failure::Null(name).into());
    }
    if len > isize::MAX as usize { Err(impossible_length(len, name)) } else { Ok(()) }
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
pub(super) unsafe fn string<'a>(text: *const c_char, name: &'static str) -> Outcome<&'a [u8]> {
    if text.is_null() {
        return Err(Failure::Null(name).into());
    }
    // SAFETY: not NULL, and the caller vouches for the rest.
    Ok(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A NUL-terminated string, or `None` for NULL.
///
/// # Safety
///
/// `text` is NULL or NUL-terminated, and unchanged while the result is in use.
pub(super) unsafe fn optional_string<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: not NULL where it is read, and the caller vouches for the rest.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// Copies a text and its closing NUL into the caller's buffer; returns its length without the NUL.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` bytes.
pub(super) unsafe fn copy_text(text: &str, buffer: *mut c_char, size: usize) -> Outcome<usize> {
    // SAFETY: the same contract.
    unsafe { copy_name(text.as_bytes(), buffer, size) }
}

/// [`copy_text`] for a name of the system's, which need not be UTF-8.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` bytes.
pub(super) unsafe fn copy_name(name: &[u8], buffer: *mut c_char, size: usize) -> Outcome<usize> {
    // SAFETY: the caller vouches for the buffer.
    unsafe { copy_bytes(&[name, &[0]].concat(), buffer.cast(), size) }?;
    Ok(name.len())
}

/// Copies bytes into the caller's buffer; returns how many.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` bytes.
pub(super) unsafe fn copy_bytes(bytes: &[u8], buffer: *mut c_void, size: usize) -> Outcome<usize> {
    check_buffer(buffer, size, "buffer")?;
    if bytes.len() > size {
        return Err(Failure::TooSmall(bytes.len()).into());
    }
    if !bytes.is_empty() {
        // SAFETY: checked to be there and large enough; the caller vouches for the rest.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.cast(), bytes.len()) };
    }
    Ok(bytes.len())
}

/// Hands an object over to C, which owns it until it calls the object's `_free`.
pub(super) fn give<T>(object: T) -> *mut T {
    Box::into_raw(Box::new(object))
}

/// Takes an object back from C and drops it; NULL is nothing.
///
/// # Safety
///
/// `object` came from [`give`], and this is its last use.
pub(super) unsafe fn take_back<T>(object: *mut T) {
    if !object.is_null() {
        // SAFETY: the caller vouches that this is the one owner.
        let object = unsafe { Box::from_raw(object) };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(object)));
    }
}
