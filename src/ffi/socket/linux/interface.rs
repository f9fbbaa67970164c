//! A network interface's number and name, asked through a socket, in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use libc::ssize_t;

use crate::ffi::boundary::{copy_text, count, not_null, status, string};
use crate::ffi::socket::{socket, tabi_sock};

/// The number of an interface in the socket's own network namespace (SIOCGIFINDEX).
///
/// Returns 0; -ENODEV for an unknown name; TABI_ERR_OS for one of more than 15 bytes; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_interface_index(
    sk: Option<&tabi_sock>,
    name: *const c_char,
    index: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        let index = not_null(index, "index")?;
        index.write(socket(sk)?.interface_index(name)?);
        Ok(())
    })
}

/// The name of an interface in the socket's own network namespace, with its closing NUL (SIOCGIFNAME).
///
/// Empty for 0 and for an unknown number, as in Python's addresses. `size`: the bytes of `name`; 16 are enough.
/// Returns the length without the NUL; TABI_ERR_TOO_SMALL or TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_interface_name(
    sk: Option<&tabi_sock>,
    index: u32,
    name: *mut c_char,
    size: usize,
) -> ssize_t {
    count(|| {
        let found = socket(sk)?.interface_name(index)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&found, name, size) }
    })
}
