//! Network interfaces by name and number.
#![allow(unsafe_code)]

use std::ffi::CStr;

use crate::c_string::{c_string, quoted};
use crate::error::{Error, Result};
use crate::sys;

/// Returns the number and the name of every network interface (`socket.if_nameindex`).
///
/// Bytes of a name that are not UTF-8 become U+FFFD. Fails with [`Error::Os`] when the system cannot
/// list them.
pub fn if_nameindex() -> Result<Vec<(u32, String)>> {
    // SAFETY: the call has no arguments. Its list is freed below.
    let list = unsafe { libc::if_nameindex() };
    if list.is_null() {
        return Err(Error::last_os());
    }
    let mut interfaces = Vec::new();
    let mut next = list;
    // SAFETY: an entry with the number 0 ends the list, and every entry before it has a NUL-terminated name.
    unsafe {
        while (*next).if_index != 0 {
            let name = CStr::from_ptr((*next).if_name).to_string_lossy().into_owned();
            interfaces.push(((*next).if_index, name));
            next = next.add(1);
        }
        libc::if_freenameindex(list);
    }
    Ok(interfaces)
}

/// Returns the number of the network interface with this name (`socket.if_nametoindex`).
///
/// Fails with [`Error::OsMessage`] when there is none, with [`Error::Value`] when the name contains a NUL byte, and
/// with [`Error::Os`] when the system cannot search, such as `EMFILE`.
pub fn if_nametoindex(name: impl AsRef<[u8]>) -> Result<u32> {
    let name = name.as_ref();
    let name_c = c_string(name, "an interface name")?;
    match sys::interface_index(&name_c) {
        Err(Error::Os(libc::ENODEV | libc::ENXIO)) => {
            Err(Error::OsMessage(format!("no interface with this name: {}", quoted(name)).into()))
        }
        result => result,
    }
}

/// Returns the name of the network interface with this number (`socket.if_indextoname`). Fails with `Os(ENXIO)` when
/// there is none.
pub fn if_indextoname(index: u32) -> Result<String> {
    let mut name = [0u8; libc::IF_NAMESIZE];
    // SAFETY: the buffer has IF_NAMESIZE bytes, the most that the call writes.
    if unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) }.is_null() {
        return Err(Error::last_os());
    }
    let bytes = CStr::from_bytes_until_nul(&name).map_or(&name[..], CStr::to_bytes);
    Ok(String::from_utf8_lossy(bytes).into_owned())
}
