//! This machine's own name, and full names, in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};

use libc::ssize_t;

use crate::ffi::boundary::{copy_text, count, optional_string, status, string};
use crate::resolve::{getfqdn, gethostname, sethostname};

/// This machine's name, with its closing NUL (gethostname(2)).
///
/// `size`: the bytes of `name`; 65 are enough on Linux. Returns the length without the NUL, or
/// TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostname(name: *mut c_char, size: usize) -> ssize_t {
    // SAFETY: the caller passes `size` writable bytes.
    count(|| unsafe { copy_text(&gethostname()?, name, size) })
}

/// Sets this machine's name (sethostname(2)). Returns 0; -EPERM without the right to do so, -EINVAL when it is
/// too long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sethostname(name: *const c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string.
    status(|| Ok(sethostname(unsafe { string(name, "name") }?)?))
}

/// The fully qualified name of a host: the first of its names that has a dot (Python's `getfqdn`).
///
/// `name`: a name or an address; NULL, "", "0.0.0.0" and "::" stand for this machine. What nothing is known of
/// stays as it is.
/// `size`: the bytes of `fqdn`; 1025 are always enough. Returns the length without the closing NUL, or
/// TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getfqdn(name: *const c_char, fqdn: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes a NUL-terminated string or NULL.
        let name = unsafe { optional_string(name) }.unwrap_or_default();
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&getfqdn(&String::from_utf8_lossy(name))?, fqdn, size) }
    })
}
