//! The machine's own name.
#![allow(unsafe_code)]

use std::ffi::CStr;

use crate::error::Result;
use crate::sys::syscall;

/// This machine's name (`socket.gethostname`), as it was last set. Bytes that are not UTF-8 become U+FFFD.
pub fn gethostname() -> Result<String> {
    let mut name = [0u8; 1025];
    // SAFETY: the last byte is kept back for the closing NUL, which a cut name may lack.
    unsafe { syscall!(gethostname(name.as_mut_ptr().cast(), name.len() - 1)) }?;
    let bytes = CStr::from_bytes_until_nul(&name).map_or(&name[..], CStr::to_bytes);
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Sets this machine's name (`socket.sethostname`): at most 64 bytes on Linux.
///
/// Fails with `Os(EPERM)` without the right to do so, with `Os(EINVAL)` for a name that is too long.
pub fn sethostname(name: impl AsRef<[u8]>) -> Result<()> {
    let name = name.as_ref();
    // SAFETY: the name is readable for its length.
    unsafe { syscall!(sethostname(name.as_ptr().cast(), name.len() as _)) }.map(drop)
}
