//! What addresses of every family have in C: a struct sockaddr, a family, a text.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::tabi_addr;
use crate::address::RawAddress;
use crate::ffi::boundary::{boundary, bytes, copy_text, count, not_null, status};

/// Copies a struct sockaddr of `len` bytes (at most 128).
///
/// Returns 0 or TABI_ERR_VALUE when it is too long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_sockaddr(
    sockaddr: *const libc::sockaddr,
    len: usize,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes `len` readable bytes.
        let bytes = unsafe { bytes(sockaddr.cast(), len, "sockaddr") }?;
        let addr = not_null(addr, "addr")?;
        addr.write(RawAddress::from_bytes(bytes)?.into());
        Ok(())
    })
}

/// The address as the system's own functions take it: `addr->len` bytes, valid as long as `addr` is. NULL for
/// NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_sockaddr(addr: Option<&tabi_addr>) -> *const libc::sockaddr {
    addr.map_or(std::ptr::null(), |addr| addr.data.as_ptr().cast())
}

/// The family: AF_INET, AF_INET6, AF_UNIX ..., AF_UNSPEC (0) for no address; negative for an error.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_family(addr: Option<&tabi_addr>) -> c_int {
    boundary(|| Ok(not_null(addr, "addr")?.raw()?.family().as_raw()))
}

/// The address as text for people, with its closing NUL: "('127.0.0.1', 80)", "'/run/s'".
///
/// Returns the length without the NUL, or TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_text(addr: Option<&tabi_addr>, text: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let address = not_null(addr, "addr")?.decode()?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&address.repr(), text, size) }
    })
}
