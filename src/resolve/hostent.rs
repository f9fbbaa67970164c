//! `gethostbyname` and its relatives.

use std::net::{IpAddr, Ipv4Addr};

use super::addrinfo::host_name;
use super::host;
use crate::constants::{AF_INET, AF_UNSPEC};
use crate::error::{Error, Result};
use crate::sys;

pub use crate::sys::HostEntry;

/// The first IPv4 address of a host (`socket.gethostbyname`).
///
/// `""` is 0.0.0.0 and `"<broadcast>"` is 255.255.255.255. Fails with [`Error::Gai`].
///
/// ```
/// assert_eq!(tabi::gethostbyname("127.0.0.1")?.to_string(), "127.0.0.1");
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn gethostbyname(name: impl AsRef<[u8]>) -> Result<Ipv4Addr> {
    match host(name.as_ref(), AF_INET)?.ip() {
        IpAddr::V4(address) => Ok(address),
        IpAddr::V6(_) => Err(Error::Os(libc::EAFNOSUPPORT)),
    }
}

/// The names and all IPv4 addresses of a host (`socket.gethostbyname_ex`).
///
/// Fails with [`Error::Gai`] when the host has no address, with [`Error::Herror`] when only the second lookup,
/// for its names, fails.
pub fn gethostbyname_ex(name: impl AsRef<[u8]>) -> Result<HostEntry> {
    let name = name.as_ref();
    gethostbyname(name)?;
    sys::host_by_name(&host_name(name)?)
}

/// The names and addresses of the host with this address (`socket.gethostbyaddr`), IPv4 or IPv6.
///
/// A name is looked up first. Fails with [`Error::Gai`] when it has no address, with [`Error::Herror`] when
/// nothing is known of the address.
pub fn gethostbyaddr(address: impl AsRef<[u8]>) -> Result<HostEntry> {
    sys::host_by_address(host(address.as_ref(), AF_UNSPEC)?.ip())
}
