//! The C functions that look up constants by name.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use crate::c_string::quoted;
use crate::constants::{self, STRINGS, constant};
use crate::error::Error;
use crate::ffi::boundary::{not_null, status, string};

/// Writes the value of a constant to `value`, such as that of "SO_REUSEPORT". Every name of Python's socket
/// module that stands for a number is known.
///
/// Returns 0. Errors: TABI_ERR_VALUE when this system has no such constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_constant(name: *const c_char, value: Option<&mut MaybeUninit<i64>>) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        let value = not_null(value, "value")?;
        value.write(std::str::from_utf8(name).ok().and_then(constant).ok_or_else(|| unknown(name))?);
        Ok(())
    })
}

/// Returns the number of constants that tabi_constant_at() knows.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_constant_count() -> usize {
    constants::iter().len()
}

/// Writes the name and the value of one constant. The constants are sorted by name.
///
/// `index` is 0 to tabi_constant_count() - 1. The name is static and must not be freed. Returns 0. Errors:
/// TABI_ERR_VALUE when `index` is too large.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_constant_at(
    index: usize,
    name: Option<&mut MaybeUninit<*const c_char>>,
    value: Option<&mut MaybeUninit<i64>>,
) -> c_int {
    status(|| {
        let (name, value) = (not_null(name, "name")?, not_null(value, "value")?);
        let (own_name, own_value) = constants::at(index).ok_or_else(|| {
            let last = constants::iter().len() - 1;
            Error::value(format_args!("the index of a constant must be 0-{last}, got {index}"))
        })?;
        name.write(own_name.as_ptr());
        value.write(own_value);
        Ok(())
    })
}

/// Writes the text of a constant that is not a number to `text`: "BDADDR_ANY" or "BDADDR_LOCAL".
///
/// The text is static and must not be freed. Returns 0. Errors: TABI_ERR_VALUE when there is no such
/// constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_string_constant(
    name: *const c_char,
    text: Option<&mut MaybeUninit<*const c_char>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        let text = not_null(text, "text")?;
        let row = STRINGS.iter().find(|row| row.0.as_bytes() == name).ok_or_else(|| unknown(name))?;
        text.write(row.1.as_ptr());
        Ok(())
    })
}

fn unknown(name: &[u8]) -> Error {
    Error::value(format_args!("this platform has no constant {}", quoted(name)))
}
