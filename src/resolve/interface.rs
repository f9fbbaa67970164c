//! Network interfaces by name and number.

use crate::c_string::{c_string, quoted};
use crate::error::{Error, Result};
use crate::sys;

/// Returns the number and the name of every network interface (`socket.if_nameindex`).
///
/// Bytes of a name that are not UTF-8 become U+FFFD. Fails with [`Error::Os`] when the system cannot
/// list them.
pub fn if_nameindex() -> Result<Vec<(u32, String)>> {
    sys::interfaces()
}

/// Returns the number of the network interface with this name (`socket.if_nametoindex`).
///
/// Fails with [`Error::OsMessage`] when there is none, with [`Error::Value`] when the name contains a NUL byte, and
/// with [`Error::Os`] when the system cannot search, such as `EMFILE`.
pub fn if_nametoindex(name: impl AsRef<[u8]>) -> Result<u32> {
    let name = name.as_ref();
    let name_c = c_string(name, "an interface name")?;
    match sys::interface_index(&name_c) {
        Err(Error::Os(errno)) if sys::NO_INTERFACE.contains(&errno) => {
            Err(Error::OsMessage(format!("no interface with this name: {}", quoted(name)).into()))
        }
        result => result,
    }
}

/// Returns the name of the network interface with this number (`socket.if_indextoname`). Fails with `Os(ENXIO)` when
/// there is none.
pub fn if_indextoname(index: u32) -> Result<String> {
    sys::interface_name(index)
}
