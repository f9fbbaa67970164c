//! Network interfaces by name and number.
#![allow(unsafe_code)]

use std::ffi::CStr;

use crate::c_string::{c_string, quoted};
use crate::error::{Error, Result};
use crate::memory;
use crate::sys::{self, libc};

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
    // SAFETY: the list was just made, and is not used after it is freed.
    unsafe {
        let interfaces = read(list);
        libc::if_freenameindex(list);
        interfaces
    }
}

/// # Safety
///
/// `next` is a list of the system's, which ends with an entry of number 0; entries before it have a NUL-terminated name.
unsafe fn read(mut next: *const libc::if_nameindex) -> Result<Vec<(u32, String)>> {
    let mut interfaces = Vec::new();
    // SAFETY: the caller promises the list and its end.
    unsafe {
        while (*next).if_index != 0 {
            memory::reserve(&mut interfaces, 1)?;
            interfaces
                .push(((*next).if_index, CStr::from_ptr((*next).if_name).to_string_lossy().into_owned()));
            next = next.add(1);
        }
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
