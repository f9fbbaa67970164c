//! Network interfaces.

use std::ffi::CStr;
use std::net::Ipv4Addr;

use crate::error::{Error, Result};

/// The number of the interface with this name. Fails with `Os(ENODEV)` or `Os(ENXIO)` when there is none.
pub(crate) fn interface_index(name: &CStr) -> Result<u32> {
    // SAFETY: the name is NUL-terminated.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(match Error::last_os() {
            // glibc had no socket to ask with, and does not say why.
            Error::Os(libc::ENOENT) => {
                let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::DGRAM, None);
                socket.err().map_or(Error::Os(libc::ENOENT), Error::from)
            }
            error => error,
        }),
        index => Ok(index),
    }
}

/// An interface as IPv4 names it, also where socket2 has no word for that.
pub(crate) enum InterfaceV4 {
    Index(u32),
    /// 0.0.0.0 leaves the choice to the system.
    Address(Ipv4Addr),
}
