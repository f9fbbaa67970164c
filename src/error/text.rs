//! The system's texts of its error numbers.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};
use std::io;

use crate::sys::libc;

/// Returns the system's text of an `errno`, such as "Connection refused".
pub fn strerror(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Returns the text of an `EAI_*` number of the resolver, such as "Name or service not known".
pub fn gai_strerror(code: i32) -> String {
    // SAFETY: gai_strerror returns a static string for every number.
    text(unsafe { libc::gai_strerror(code) })
}

/// Returns the text of an `h_errno` number, such as "Unknown host".
pub fn hstrerror(code: i32) -> String {
    unsafe extern "C" {
        fn hstrerror(code: c_int) -> *const c_char;
    }
    // SAFETY: hstrerror returns a static string for every number.
    text(unsafe { hstrerror(code) })
}

fn text(message: *const c_char) -> String {
    if message.is_null() {
        return "Unknown error".to_owned();
    }
    // SAFETY: the message is not NULL, and messages of the C library are static strings that end with a NUL.
    unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned()
}
