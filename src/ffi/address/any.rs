//! The C functions for addresses of every family.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use crate::sys::libc::{self, ssize_t};

use super::tabi_addr;
use crate::address::RawAddress;
use crate::ffi::boundary::{boundary, bytes, copy_text, count, not_null, status};

/// Makes an address from a struct sockaddr of `len` bytes. It is copied.
///
/// Returns 0. Errors: TABI_ERR_VALUE when `len` is more than 128.
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

/// Returns the address in the form that functions of the system take.
///
/// It has `addr->len` bytes and is valid as long as `addr` is. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_sockaddr(addr: Option<&tabi_addr>) -> *const libc::sockaddr {
    addr.map_or(std::ptr::null(), |addr| addr.data.as_ptr().cast())
}

/// Returns the family of the address: AF_INET, AF_INET6, AF_UNIX and so on. It is AF_UNSPEC (0) when there is
/// no address.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_family(addr: Option<&tabi_addr>) -> c_int {
    boundary(|| Ok(not_null(addr, "addr")?.raw()?.family().as_raw()))
}

/// Writes the address to `text` for people to read, with a NUL at the end, such as "('127.0.0.1', 80)" or
/// "'/run/s'".
///
/// `size` is the size of `text` in bytes. Returns the length without the NUL. Errors: TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_text(addr: Option<&tabi_addr>, text: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let address = not_null(addr, "addr")?.decode()?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&address.repr(), text, size) }
    })
}
