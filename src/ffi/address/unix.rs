//! Addresses of AF_UNIX in C.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::tabi_addr;
use crate::address::{Address, RawAddress, UnixAddress};
use crate::error::Error;
use crate::ffi::boundary::{bytes, copy_bytes, count, not_null, status};

/// Makes an AF_UNIX address of a path (1 to 107 bytes), of an abstract name (a NUL byte and 0 to 107 bytes of
/// any value, on Linux), or, with `len` 0, of no name.
///
/// Returns 0; TABI_ERR_OS when it is too long, TABI_ERR_VALUE for a path with a NUL byte in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_unix(
    path: *const c_void,
    len: usize,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes `len` readable bytes.
        let path = unsafe { bytes(path, len, "path") }?;
        let addr = not_null(addr, "addr")?;
        addr.write(RawAddress::try_from(&UnixAddress::from_bytes(path)?)?.into());
        Ok(())
    })
}

/// The path of an AF_UNIX address, or its abstract name with the leading NUL byte; no byte for an unnamed one.
///
/// `path` gets no closing NUL: names may hold NUL bytes. `size`: its bytes; 108 are enough.
/// Returns the length; TABI_ERR_TYPE for another family, TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_unix(addr: Option<&tabi_addr>, path: *mut c_void, size: usize) -> ssize_t {
    count(|| match not_null(addr, "addr")?.decode()? {
        // SAFETY: the caller passes `size` writable bytes.
        Address::Unix(name) => unsafe { copy_bytes(&name.to_bytes(), path, size) },
        other => Err(Error::type_error(format!("{} is not an AF_UNIX address", other.repr())).into()),
    })
}
