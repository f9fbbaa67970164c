//! The C functions that look up services and protocols.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::ffi::{c_char, c_int};

use crate::sys::libc::ssize_t;

use crate::error::Error;
use crate::ffi::boundary::{boundary, copy_text, count, optional_string, string};
use crate::resolve::{getprotobyname, getservbyname, getservbyport};

/// Returns the port of a service, 0 to 65535 (getservbyname(3), Python's `getservbyname`).
///
/// `proto` is "tcp", "udp", or NULL for any protocol. Errors: TABI_ERR_OS when there is no such service.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getservbyname(name: *const c_char, proto: *const c_char) -> c_int {
    boundary(|| {
        // SAFETY: the caller passes NUL-terminated strings.
        let (name, proto) = unsafe { (string(name, "name")?, protocol(proto)) };
        Ok(getservbyname(name, proto.as_deref())?.into())
    })
}

/// Writes the name of the service on a port to `name`, with a NUL at the end (getservbyport(3), Python's
/// `getservbyport`).
///
/// `port` is 0 to 65535. `proto` is "tcp", "udp", or NULL for any protocol. `size` is the size of `name` in
/// bytes. Returns the length without the NUL. Errors: TABI_ERR_OS when there is no such service;
/// TABI_ERR_OVERFLOW when the port is not in its range; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getservbyport(
    port: c_int,
    proto: *const c_char,
    name: *mut c_char,
    size: usize,
) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let proto = unsafe { protocol(proto) };
        let port = u16::try_from(port)
            .map_err(|_| Error::overflow(format_args!("getservbyport: port must be 0-65535, got {port}")))?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&getservbyport(port, proto.as_deref())?, name, size, "name") }
    })
}

/// Returns the number of a protocol, such as "tcp" (getprotobyname(3), Python's `getprotobyname`).
///
/// Errors: TABI_ERR_OS when there is no such protocol.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getprotobyname(name: *const c_char) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string.
    boundary(|| Ok(getprotobyname(unsafe { string(name, "name") }?)?))
}

/// # Safety
///
/// `proto` is NULL or NUL-terminated.
unsafe fn protocol<'a>(proto: *const c_char) -> Option<Cow<'a, str>> {
    // SAFETY: `proto` is NULL or NUL-terminated.
    unsafe { optional_string(proto) }.map(String::from_utf8_lossy)
}
