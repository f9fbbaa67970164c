//! Errors in C: codes, names, texts and the last message.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};

use super::{codes, last_failure};

/// The text of a code, such as "Connection refused" or "timed out".
///
/// Works for every number: what is not a code is "unknown code", 0 and counts are "success".
/// The string is static; any thread may call this at any time.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_strerror(code: c_int) -> *const c_char {
    codes::text(code).as_ptr()
}

/// The name of a code, such as "ECONNREFUSED" or "TABI_ERR_TIMEOUT"; NULL for what is not a code.
///
/// The name of an errno is `tabi_error_name(-errno)`. The string is static.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_error_name(code: c_int) -> *const c_char {
    codes::name(code).map_or(std::ptr::null(), |name| name.as_ptr())
}

/// The number by which the system knows a code: the errno, the EAI_* number or the h_errno; EBADF
/// for TABI_ERR_CLOSED; 0 for the library's other codes.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_error_number(code: c_int) -> c_int {
    codes::system_number(code)
}

/// What went wrong in this thread's last call that failed, with the values: "port must be 0-65535, got 70000".
///
/// "" when none has failed yet. The string belongs to the thread and is valid until the next call of
/// this library fails in it.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_last_error_message() -> *const c_char {
    last_failure::last_message()
}

/// The version of the library that runs, such as "0.1.0"; TABI_VERSION_MAJOR, _MINOR and _PATCH are
/// the header's. The string is static.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
