//! The name of this machine.
#![allow(unsafe_code)]

use crate::error::Result;
use crate::sys::{self, unix_only};

/// Returns the name of this machine (`socket.gethostname`). Bytes that are not UTF-8 become U+FFFD.
pub fn gethostname() -> Result<String> {
    sys::host_name()
}

unix_only! {
    /// Sets the name of this machine (`socket.sethostname`), which may have at most 64 bytes on Linux.
    ///
    /// Fails with `Os(EPERM)` when the process may not set it, and with `Os(EINVAL)` for a name that is too long.
    pub fn sethostname(name: impl AsRef<[u8]>) -> Result<()> {
        let name = name.as_ref();
        // SAFETY: the name has as many readable bytes as stated.
        unsafe { sys::syscall!(sethostname(name.as_ptr().cast(), name.len() as _)) }.map(drop)
    }
}
