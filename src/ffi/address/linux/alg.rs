//! The C functions for addresses of AF_ALG.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use super::{decode, encode, give_out};
use crate::address::AlgAddress;
use crate::c_string::quoted;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, check_text, copy_text, status, string};

/// Makes an AF_ALG address.
///
/// `type` is the type of an algorithm, such as "hash" or "skcipher", at most 13 bytes. `name` is its name, at
/// most 63 bytes. `feat` holds the features that it must have, and `mask` says which of them count.
///
/// Returns 0. Errors: TABI_ERR_VALUE when a text is too long or is not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_alg(
    r#type: *const c_char,
    name: *const c_char,
    feat: u32,
    mask: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || {
        // SAFETY: the caller passes NUL-terminated strings.
        let (kind, name) = unsafe { (text(r#type, "type")?, text(name, "name")?) };
        let mut address = AlgAddress::new(kind, name)?;
        (address.feat, address.mask) = (feat, mask);
        Ok(address.encode())
    })
}

/// Reads the parts of an AF_ALG address, the texts with a NUL at the end. `feat` and `mask` may be NULL.
///
/// `type_size` and `name_size` are the sizes of the buffers in bytes; 15 and 65 are always enough. Returns 0.
/// Errors: TABI_ERR_TYPE for another family; TABI_ERR_VALUE when a text is not UTF-8; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_alg(
    addr: Option<&tabi_addr>,
    r#type: *mut c_char,
    type_size: usize,
    name: *mut c_char,
    name_size: usize,
    feat: Option<&mut MaybeUninit<u32>>,
    mask: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let address = decode(addr, AlgAddress::decode)?;
        // Checked first, so that neither text is written unless both fit.
        check_text(address.name().len(), name, name_size, "name")?;
        // SAFETY: the caller passes so many writable bytes.
        unsafe {
            copy_text(address.kind(), r#type, type_size, "type")?;
            copy_text(address.name(), name, name_size, "name")?;
        }
        give_out!(feat = address.feat, mask = address.mask);
        Ok(())
    })
}

/// # Safety
///
/// `text` is NULL or NUL-terminated, and unchanged while the result is in use.
unsafe fn text<'a>(text: *const c_char, name: &'static str) -> Outcome<&'a str> {
    // SAFETY: `text` is NULL or NUL-terminated.
    let text = unsafe { string(text, name) }?;
    Ok(std::str::from_utf8(text)
        .map_err(|_| Error::value(format_args!("{name} is not UTF-8: {}", quoted(text))))?)
}
