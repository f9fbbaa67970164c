//! The C functions that explain errors.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};

use super::{codes, last_failure};

/// Returns the text of a code, such as "Connection refused" or "timed out".
///
/// Any number is allowed. The text of an errno is that of the system, also when the system does not know the
/// number. The text of 0 and of positive numbers is "success"; the text of any other number that is not a code is
/// "unknown code". The string is static and must not be freed.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_strerror(code: c_int) -> *const c_char {
    codes::text(code).as_ptr()
}

/// Returns the name of a code, such as "ECONNREFUSED" or "TABI_ERR_TIMEOUT".
///
/// The name of an errno is `tabi_error_name(-errno)`. Returns NULL for a number that is not a code, and for an errno
/// that has no name. The
/// string is static and must not be freed.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_error_name(code: c_int) -> *const c_char {
    codes::name(code).map_or(std::ptr::null(), |name| name.as_ptr())
}

/// Returns the number by which the system knows a code.
///
/// This is the errno for a negative errno, the EAI_* number for TABI_GAI_*, the h_errno for TABI_HERROR_*,
/// EBADF for TABI_ERR_CLOSED, and ECANCELED for TABI_ERR_CANCELLED. The other codes of the library have no such
/// number: the function returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_error_number(code: c_int) -> c_int {
    codes::system_number(code)
}

/// Returns a message about the last call of this thread that failed, such as "port must be 0-65535, got
/// 70000".
///
/// Each thread has a message of its own. The message is "" when no call of this thread has failed yet. The
/// string belongs to the library. It is readable as long as the thread lives, but the next call of this
/// function in the thread may change it.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_last_error_message() -> *const c_char {
    last_failure::last_message()
}

/// Returns the version of the library that the program runs with, such as "0.1.0".
///
/// TABI_VERSION_MAJOR, TABI_VERSION_MINOR and TABI_VERSION_PATCH are the version of this header. The string
/// is static and must not be freed.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
