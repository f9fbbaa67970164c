//! Network interfaces.

use std::ffi::CStr;
use std::net::Ipv4Addr;

use crate::error::{Error, Result};

/// Returns the number of the interface with this name. Fails with `Os(ENODEV)` or `Os(ENXIO)` when there is none.
pub(crate) fn interface_index(name: &CStr) -> Result<u32> {
    // SAFETY: the name is NUL-terminated.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(match Error::last_os() {
            // glibc could not make the socket that it needs, and does not report the reason.
            Error::Os(libc::ENOENT) => {
                let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::DGRAM, None);
                socket.err().map_or(Error::Os(libc::ENOENT), Error::from)
            }
            error => error,
        }),
        index => Ok(index),
    }
}

/// An interface for IPv4, also on systems where socket2 has no type for it.
pub(crate) enum InterfaceV4 {
    Index(u32),
    /// With 0.0.0.0, the system chooses the interface.
    Address(Ipv4Addr),
}
