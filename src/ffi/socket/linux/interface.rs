//! The C functions that convert an interface's name and number in the namespace of a socket.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use libc::ssize_t;

use crate::ffi::boundary::{copy_text, count, not_null, status, string};
use crate::ffi::socket::{socket, tabi_sock};

/// Writes the number of the interface with this name to `index`, in the socket's network namespace
/// (SIOCGIFINDEX).
///
/// Returns 0. Errors: -ENODEV when there is no such interface; TABI_ERR_OS when the name has more than 15
/// bytes.
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

/// Writes the name of the interface with this number to `name`, with a NUL at the end, in the socket's
/// network namespace (SIOCGIFNAME).
///
/// The name is empty for 0 and for a number that no interface has, as in Python's addresses. `size` is the
/// size of `name` in bytes; 16 are always enough. Returns the length without the NUL. Errors:
/// TABI_ERR_TOO_SMALL.
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
        unsafe { copy_text(&found, name, size, "name") }
    })
}
