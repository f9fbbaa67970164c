//! The resolver's own error texts.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};

/// The text of an `EAI_*` number, such as "Name or service not known".
pub fn gai_strerror(code: i32) -> String {
    // SAFETY: gai_strerror returns a static string for every number.
    text(unsafe { libc::gai_strerror(code) })
}

/// The text of an `h_errno` number, such as "Unknown host".
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
    // SAFETY: not NULL, and the C library's messages are NUL-terminated static strings.
    unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned()
}
