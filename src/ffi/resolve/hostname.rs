//! The C functions for the name of this machine, and for full names of hosts.
#![allow(unsafe_code)]

use std::ffi::c_char;

use crate::sys::libc::ssize_t;

use crate::deadline::Deadline;
use crate::ffi::boundary::{copy_text, count, optional_string};
use crate::resolve::{getfqdn_until, gethostname};

/// Writes the name of this machine to `name`, with a NUL at the end (gethostname(2), Python's `gethostname`).
///
/// `size` is the size of `name` in bytes; 65 are always enough on Linux. Returns the length without the NUL.
/// Errors: TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostname(name: *mut c_char, size: usize) -> ssize_t {
    // SAFETY: the caller passes `size` writable bytes.
    count(|| unsafe { copy_text(&gethostname()?, name, size, "name") })
}

/// Writes the fully qualified name of a host to `fqdn`: the first of its names that has a dot (Python's
/// `getfqdn`).
///
/// `name` is a name or an IP address. NULL, "", "0.0.0.0" and "::" stand for this machine. When nothing is
/// known about the host, the result is `name` itself, without spaces around it. `size` is the size of `fqdn` in
/// bytes; 1025 are enough, unless `name` itself is longer. Returns the length without the NUL at the end. Errors:
/// TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getfqdn(name: *const c_char, fqdn: *mut c_char, size: usize) -> ssize_t {
    // SAFETY: the caller passes a NUL-terminated string or NULL, and `size` writable bytes.
    unsafe { tabi_getfqdn_until(name, i64::MAX, fqdn, size) }
}

/// Does what tabi_getfqdn() does, with a deadline. When it passes, the result is `name` itself. See
/// tabi_getaddrinfo_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getfqdn_until(
    name: *const c_char,
    deadline: i64,
    fqdn: *mut c_char,
    size: usize,
) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes a NUL-terminated string or NULL.
        let name = unsafe { optional_string(name) }.unwrap_or_default();
        let found = match std::str::from_utf8(name) {
            Ok(name) => getfqdn_until(name, Deadline::from_monotonic(deadline))?.into_bytes(),
            // Nothing can be known about such a host.
            Err(_) => name.trim_ascii().to_vec(),
        };
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&found, fqdn, size, "fqdn") }
    })
}
