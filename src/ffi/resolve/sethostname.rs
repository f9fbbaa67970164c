//! The C function that sets the name of this machine.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};

use crate::ffi::boundary::{status, string};
use crate::resolve::sethostname;

/// Sets the name of this machine (sethostname(2), Python's `sethostname`).
///
/// Returns 0. Errors: -EPERM when the program is not allowed to; -EINVAL when the name is too long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sethostname(name: *const c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string.
    status(|| Ok(sethostname(unsafe { string(name, "name") }?)?))
}
