//! The C functions `tabi_getsockopt` and `tabi_setsockopt`.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use crate::sys::libc::ssize_t;

use super::{socket, tabi_sock};
use crate::ffi::boundary::{bytes, copy_bytes, count, not_null, status};

/// Reads an option whose value is an int (getsockopt(2), Python's `getsockopt`).
///
/// Returns 0. Errors: -errno, such as -ENOPROTOOPT when the socket does not have the option.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_getsockopt(
    sk: Option<&tabi_sock>,
    level: c_int,
    option: c_int,
    value: Option<&mut MaybeUninit<c_int>>,
) -> c_int {
    status(|| {
        let value = not_null(value, "value")?;
        value.write(socket(sk)?.getsockopt(level, option)?);
        Ok(())
    })
}

/// Reads an option of any type as bytes (Python's `getsockopt(level, option, buflen)`).
///
/// `size` is the size of `value` in bytes, 1 to 1024. Returns the number of bytes that were written. If the option has
/// more than `size`, most systems write a part of it and do not say so.
/// Errors: TABI_ERR_OS for another `size`; -EINVAL when it is too small for SO_GET_FILTER; -errno.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getsockopt_bytes(
    sk: Option<&tabi_sock>,
    level: c_int,
    option: c_int,
    value: *mut c_void,
    size: usize,
) -> ssize_t {
    count(|| {
        let bytes = socket(sk)?.getsockopt_bytes(level, option, size)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_bytes(&bytes, value, size, "value") }
    })
}

/// Sets an option whose value is an int (setsockopt(2), Python's `setsockopt`). Returns 0. Errors: -errno,
/// such as -ENOPROTOOPT or -EINVAL.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_setsockopt(
    sk: Option<&tabi_sock>,
    level: c_int,
    option: c_int,
    value: c_int,
) -> c_int {
    status(|| Ok(socket(sk)?.setsockopt(level, option, value)?))
}

/// Sets an option from `len` bytes, such as those of a structure. Returns 0. Errors: -errno; TABI_ERR_OVERFLOW when `len`
/// is 2147483648 or more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_setsockopt_bytes(
    sk: Option<&tabi_sock>,
    level: c_int,
    option: c_int,
    value: *const c_void,
    len: usize,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes `len` readable bytes.
        let value = unsafe { bytes(value, len, "value") }?;
        Ok(socket(sk)?.setsockopt_bytes(level, option, value)?)
    })
}

/// Calls setsockopt(2) with NULL and a length, as AF_ALG needs it (Python's `setsockopt(level, option, None,
/// optlen)`). The results are those of tabi_setsockopt_bytes().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_setsockopt_null(
    sk: Option<&tabi_sock>,
    level: c_int,
    option: c_int,
    len: usize,
) -> c_int {
    status(|| Ok(socket(sk)?.setsockopt_null(level, option, len)?))
}
