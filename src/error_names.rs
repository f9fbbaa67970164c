//! The names of `errno` numbers: Python's `errno.errorcode`.

use std::ffi::CStr;

use crate::sys;

/// Returns the name of an `errno`, such as "ECONNREFUSED", or `None` for a number that the system does not have.
pub fn errorcode(errno: i32) -> Option<&'static str> {
    errorcode_c(errno)?.to_str().ok()
}

pub(crate) fn errorcode_c(errno: i32) -> Option<&'static CStr> {
    sys::errno_name(errno)
}
