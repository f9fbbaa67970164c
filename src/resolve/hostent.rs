//! `gethostbyname`, `gethostbyname_ex` and `gethostbyaddr`.

use std::net::{IpAddr, Ipv4Addr};

use super::addrinfo::host_name;
use super::{host, pool};
use crate::constants::{AF_INET, AF_UNSPEC};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::sys::{self, libc};

pub use crate::sys::HostEntry;

/// Returns the first IPv4 address of a host (`socket.gethostbyname`).
///
/// `""` is 0.0.0.0 and `"<broadcast>"` is 255.255.255.255. Fails with [`Error::Gai`] when the host has no address.
///
/// ```
/// assert_eq!(tabi::gethostbyname("127.0.0.1")?.to_string(), "127.0.0.1");
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn gethostbyname(name: impl AsRef<[u8]>) -> Result<Ipv4Addr> {
    gethostbyname_until(name, Deadline::NEVER)
}

/// [`gethostbyname`] that fails with [`Error::Timeout`] when the deadline passes.
pub fn gethostbyname_until(name: impl AsRef<[u8]>, deadline: Deadline) -> Result<Ipv4Addr> {
    match host(name.as_ref(), AF_INET, deadline)?.ip() {
        IpAddr::V4(address) => Ok(address),
        IpAddr::V6(_) => Err(Error::Os(libc::EAFNOSUPPORT)),
    }
}

/// Returns the names and all IPv4 addresses of a host (`socket.gethostbyname_ex`).
///
/// Fails with [`Error::Gai`] when the host has no address, and with [`Error::Herror`] when only the second look-up, for
/// the names, fails.
pub fn gethostbyname_ex(name: impl AsRef<[u8]>) -> Result<HostEntry> {
    gethostbyname_ex_until(name, Deadline::NEVER)
}

/// [`gethostbyname_ex`] that fails with [`Error::Timeout`] when the deadline passes.
pub fn gethostbyname_ex_until(name: impl AsRef<[u8]>, deadline: Deadline) -> Result<HostEntry> {
    let name = name.as_ref();
    gethostbyname_until(name, deadline)?;
    let name = host_name(name)?;
    pool::until(deadline, move || sys::host_by_name(&name))
}

/// Returns the names and addresses of the host with this IPv4 or IPv6 address (`socket.gethostbyaddr`).
///
/// If the argument is a name, its address is looked up first. Fails with [`Error::Gai`] when the name has no address,
/// and with [`Error::Herror`] when the address is unknown.
pub fn gethostbyaddr(address: impl AsRef<[u8]>) -> Result<HostEntry> {
    gethostbyaddr_until(address, Deadline::NEVER)
}

/// [`gethostbyaddr`] that fails with [`Error::Timeout`] when the deadline passes.
pub fn gethostbyaddr_until(address: impl AsRef<[u8]>, deadline: Deadline) -> Result<HostEntry> {
    let address = host(address.as_ref(), AF_UNSPEC, deadline)?.ip();
    pool::until(deadline, move || sys::host_by_address(address))
}
