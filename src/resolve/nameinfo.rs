//! `getnameinfo`: an address to the names of its host and its service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::addrinfo::address_of;
use super::to_address::check_flowinfo;
use crate::address::{Address, RawAddress};
use crate::c_string::c_string;
use crate::constants::SOCK_DGRAM;
use crate::error::{Error, Result};
use crate::sys::{self, Answers, Hints};

/// What [`getnameinfo`] takes: an address that needs no lookup.
///
/// `(host, port)` and `(host, port, flowinfo, scope_id)` are Python's tuples; the host is an IP address, as text or as one of
/// [`std::net`]'s. A scope in the text (`"fe80::1%lo"`) counts when `scope_id` is 0. The socket addresses of [`std::net`],
/// [`Address`] and [`RawAddress`] are taken too.
pub trait NumericAddress {
    /// The address in the system's form.
    ///
    /// Fails with [`Error::Gai`] when the host is not numeric, with [`Error::Overflow`] for a `flowinfo` above 1048575, and
    /// with [`Error::OsMessage`] for a 4-tuple with an IPv4 host.
    fn numeric_address(&self) -> Result<RawAddress>;
}

impl<T: NumericAddress + ?Sized> NumericAddress for &T {
    fn numeric_address(&self) -> Result<RawAddress> {
        (**self).numeric_address()
    }
}

macro_rules! host_and_port {
    ($($host:ty)*) => {$(
        impl NumericAddress for ($host, u16) {
            fn numeric_address(&self) -> Result<RawAddress> {
                numeric_address(self.0.as_ref(), self.1.into())
            }
        }

        impl NumericAddress for ($host, u16, u32, u32) {
            fn numeric_address(&self) -> Result<RawAddress> {
                numeric_address6(self.0.as_ref(), self.1.into(), self.2, self.3)
            }
        }
    )*};
}

host_and_port!(&str String &String &[u8]);

macro_rules! socket_addr {
    ($($address:ty),*) => {$(
        impl NumericAddress for $address {
            fn numeric_address(&self) -> Result<RawAddress> {
                RawAddress::try_from(&Address::from(SocketAddr::from(*self)))
            }
        }
    )*};
}

socket_addr!(SocketAddr, SocketAddrV4, SocketAddrV6, (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));

impl NumericAddress for Address {
    fn numeric_address(&self) -> Result<RawAddress> {
        self.try_into()
    }
}

impl NumericAddress for RawAddress {
    fn numeric_address(&self) -> Result<RawAddress> {
        Ok(*self)
    }
}

/// A numeric host and a port, which the C library judges.
pub(crate) fn numeric_address(host: &[u8], port: i64) -> Result<RawAddress> {
    let host = c_string(host, "a host")?;
    let port = c_string(port.to_string().as_bytes(), "a port")?;
    // A type must be named for the C library to take a bare number as the service.
    let hints = Hints { kind: SOCK_DGRAM.as_raw(), flags: libc::AI_NUMERICHOST, ..Hints::default() };
    let answers = Answers::of(Some(&host), Some(&port), hints)?;
    let mut answers = answers.iter();
    match (answers.next(), answers.next()) {
        (Some(only), None) => Ok(address_of(&only)),
        _ => Err(Error::OsMessage("sockaddr resolved to multiple addresses".into())),
    }
}

/// A numeric host of `AF_INET6` with the other two parts of Python's tuple.
pub(crate) fn numeric_address6(host: &[u8], port: i64, flowinfo: u32, scope_id: u32) -> Result<RawAddress> {
    check_flowinfo(flowinfo)?;
    match numeric_address(host, port)?.decode() {
        Address::Inet6(v6) => {
            let scope_id = if scope_id == 0 { v6.scope_id() } else { scope_id };
            Ok(SocketAddrV6::new(*v6.ip(), v6.port(), flowinfo, scope_id).into())
        }
        _ => Err(Error::OsMessage("IPv4 sockaddr must be 2 tuple".into())),
    }
}

/// The names of an address's host and service (`socket.getnameinfo`, `getnameinfo(3)`), `flags` being `NI_*`.
///
/// Bytes of a name that are not UTF-8 become U+FFFD. Fails with [`Error::Gai`], with [`Error::Overflow`] for a
/// `flowinfo` above 1048575 and with [`Error::OsMessage`] for a 4-tuple with an IPv4 host.
///
/// ```
/// use tabi::constants::{NI_NUMERICHOST, NI_NUMERICSERV};
///
/// let (host, service) = tabi::getnameinfo(("127.0.0.1", 80), NI_NUMERICHOST | NI_NUMERICSERV)?;
/// assert_eq!((host.as_str(), service.as_str()), ("127.0.0.1", "80"));
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn getnameinfo(address: impl NumericAddress, flags: i32) -> Result<(String, String)> {
    sys::name_info(&address.numeric_address()?.to_socket2(), flags)
}
