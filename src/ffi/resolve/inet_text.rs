//! Addresses as text and as packed bytes, and byte order, in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};

use libc::ssize_t;

use crate::ffi::boundary::{bytes, copy_bytes, copy_text, count, string};
use crate::resolve;

/// The four bytes of an IPv4 address in the grammar of inet_aton(3): "127.0.0.1", but also "127.1" and
/// "0x7f.1".
///
/// `size`: the bytes of `packed`, at least 4. Returns 4; TABI_ERR_OS for other text, TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_inet_aton(text: *const c_char, packed: *mut c_void, size: usize) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let address = resolve::inet_aton(unsafe { string(text, "text") }?)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_bytes(&address, packed, size) }
    })
}

/// The text of a packed IPv4 address, with its closing NUL (inet_ntoa(3)).
///
/// `len`: the bytes of `packed`, 4. `size`: the bytes of `text`; 16 are enough. Returns the length without the
/// NUL; TABI_ERR_OS for another `len`, TABI_ERR_TOO_SMALL.
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
        unsafe { copy_text(&made, text, size) }
    })
}

/// The bytes of an address from its text (inet_pton(3)).
///
/// `family`: AF_INET (4 bytes) or AF_INET6 (16 bytes). `size`: the bytes of `packed`. Returns how many were
/// written; TABI_ERR_OS for other text, -EAFNOSUPPORT for another family, TABI_ERR_TOO_SMALL.
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
        unsafe { copy_bytes(&address, packed, size) }
    })
}

/// The text of a packed address, with its closing NUL (inet_ntop(3)).
///
/// `family`: AF_INET or AF_INET6. `len`: the bytes of `packed`, 4 or 16. `size`: the bytes of `text`; 46 are
/// enough.
/// Returns the length without the NUL; TABI_ERR_VALUE for another family or `len`, TABI_ERR_TOO_SMALL.
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
        unsafe { copy_text(&made, text, size) }
    })
}

/// 16 bits from the host's to the network's byte order (htons(3)).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_htons(value: u16) -> u16 {
    resolve::htons(value)
}

/// 32 bits from the host's to the network's byte order (htonl(3)).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_htonl(value: u32) -> u32 {
    resolve::htonl(value)
}

/// 16 bits from the network's to the host's byte order (ntohs(3)).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_ntohs(value: u16) -> u16 {
    resolve::ntohs(value)
}

/// 32 bits from the network's to the host's byte order (ntohl(3)).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_ntohl(value: u32) -> u32 {
    resolve::ntohl(value)
}
