//! The C functions for addresses of AF_UNIX.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use crate::sys::libc::ssize_t;

use super::tabi_addr;
use crate::address::{Address, RawAddress, UnixAddress};
use crate::error::Error;
use crate::ffi::boundary::{bytes, copy_bytes, count, not_null, status};

/// Makes an AF_UNIX address.
///
/// `path` has `len` bytes. It is a path of 1 to 107 bytes; or, on Linux, an abstract name: a NUL byte and up
/// to 107 more bytes of any value. With a `len` of 0 the address has no name.
///
/// Returns 0. Errors: TABI_ERR_OS when `path` is too long; TABI_ERR_VALUE when a path has a NUL byte in it.
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

/// Writes the path of an AF_UNIX address to `path`. An abstract name begins with a NUL byte. An address
/// without a name has 0 bytes.
///
/// No NUL is added at the end, because a name may contain NUL bytes. `size` is the size of `path` in bytes;
/// 108 are always enough. Returns the number of bytes. Errors: TABI_ERR_TYPE for another family;
/// TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_unix(addr: Option<&tabi_addr>, path: *mut c_void, size: usize) -> ssize_t {
    count(|| match not_null(addr, "addr")?.decode()? {
        // SAFETY: the caller passes `size` writable bytes.
        Address::Unix(name) => unsafe { copy_bytes(&name.to_bytes(), path, size, "path") },
        other => Err(Error::type_error(format_args!("{} is not an AF_UNIX address", other.repr())).into()),
    })
}
