//! The name of this machine.
#![allow(unsafe_code)]

use std::ffi::CStr;

use crate::error::Result;
use crate::sys::syscall;

/// Returns the name of this machine (`socket.gethostname`). Bytes that are not UTF-8 become U+FFFD.
pub fn gethostname() -> Result<String> {
    let mut name = [0u8; 1025];
    // SAFETY: the call may write all bytes but the last, which stays the closing NUL if the name is cut off.
    unsafe { syscall!(gethostname(name.as_mut_ptr().cast(), name.len() - 1)) }?;
    let bytes = CStr::from_bytes_until_nul(&name).map_or(&name[..], CStr::to_bytes);
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Sets the name of this machine (`socket.sethostname`), which may have at most 64 bytes on Linux.
///
/// Fails with `Os(EPERM)` when the process may not set it, and with `Os(EINVAL)` for a name that is too long.
pub fn sethostname(name: impl AsRef<[u8]>) -> Result<()> {
    let name = name.as_ref();
    // SAFETY: the name has as many readable bytes as stated.
    unsafe { syscall!(sethostname(name.as_ptr().cast(), name.len() as _)) }.map(drop)
}
