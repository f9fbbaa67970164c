//! The C functions that convert addresses between text and bytes, and numbers between byte orders.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};

use crate::sys::libc::ssize_t;

use crate::ffi::boundary::{bytes, copy_bytes, copy_text, count, string};
use crate::resolve;

/// Writes the four bytes of an IPv4 address to `packed` (inet_aton(3), Python's `inet_aton`).
///
/// `text` may have all forms of inet_aton(3): "127.0.0.1", but also "127.1" and "0x7f.1". `size` is the size
/// of `packed` in bytes, at least 4. Returns 4. Errors: TABI_ERR_OS when the text is not such an address;
/// TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_inet_aton(text: *const c_char, packed: *mut c_void, size: usize) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let address = resolve::inet_aton(unsafe { string(text, "text") }?)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_bytes(&address, packed, size, "packed") }
    })
}

/// Writes an IPv4 address to `text` as text, with a NUL at the end (inet_ntoa(3), Python's `inet_ntoa`).
///
/// `packed` has `len` bytes, which must be 4. `size` is the size of `text` in bytes; 16 are always enough.
/// Returns the length without the NUL. Errors: TABI_ERR_OS for another `len`; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_inet_ntoa(
    packed: *const c_void,
    len: usize,
    text: *mut c_char,
    size: usize,
) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes `len` readable bytes.
        let made = resolve::inet_ntoa(unsafe { bytes(packed, len, "packed") }?)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&made, text, size, "text") }
    })
}

/// Writes the bytes of an IP address to `packed` (inet_pton(3), Python's `inet_pton`).
///
/// `family` is AF_INET (4 bytes) or AF_INET6 (16 bytes). `size` is the size of `packed` in bytes. Returns the
/// number of bytes written. Errors: TABI_ERR_OS when the text is not an address of the family; -EAFNOSUPPORT
/// for another family; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_inet_pton(
    family: c_int,
    text: *const c_char,
    packed: *mut c_void,
    size: usize,
) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let address = resolve::inet_pton(family.into(), unsafe { string(text, "text") }?)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_bytes(&address, packed, size, "packed") }
    })
}

/// Writes an IP address to `text` as text, with a NUL at the end (inet_ntop(3), Python's `inet_ntop`).
///
/// `family` is AF_INET or AF_INET6. `packed` has `len` bytes, 4 or 16. `size` is the size of `text` in bytes;
/// 46 are always enough. Returns the length without the NUL. Errors: TABI_ERR_VALUE for another family or
/// `len`; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_inet_ntop(
    family: c_int,
    packed: *const c_void,
    len: usize,
    text: *mut c_char,
    size: usize,
) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes `len` readable bytes.
        let made = resolve::inet_ntop(family.into(), unsafe { bytes(packed, len, "packed") }?)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&made, text, size, "text") }
    })
}

/// Converts 16 bits from the byte order of this machine to that of the network (htons(3), Python's `htons`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_htons(value: u16) -> u16 {
    resolve::htons(value)
}

/// Converts 32 bits from the byte order of this machine to that of the network (htonl(3), Python's `htonl`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_htonl(value: u32) -> u32 {
    resolve::htonl(value)
}

/// Converts 16 bits from the byte order of the network to that of this machine (ntohs(3), Python's `ntohs`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_ntohs(value: u16) -> u16 {
    resolve::ntohs(value)
}

/// Converts 32 bits from the byte order of the network to that of this machine (ntohl(3), Python's `ntohl`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_ntohl(value: u32) -> u32 {
    resolve::ntohl(value)
}
