//! `getnameinfo`, which finds the names of the host and the service of an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::addrinfo::address_of;
use super::pool;
use super::to_address::check_flowinfo;
use crate::address::{Address, RawAddress};
use crate::c_string::c_string;
use crate::constants::SOCK_DGRAM;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::sys::{self, Answers, Hints, libc};

/// An address that [`getnameinfo`] accepts, which needs no look-up.
///
/// `(host, port)` and `(host, port, flowinfo, scope_id)` are Python's tuples. The host is an IP address, as text or in
/// a type of [`std::net`]. A scope in the text (`"fe80::1%lo"`) is used when `scope_id` is 0. The socket addresses of
/// [`std::net`], [`Address`] and [`RawAddress`] are accepted too.
pub trait NumericAddress {
    /// Returns the address as the system's `sockaddr`.
    ///
    /// Fails with [`Error::Gai`] when the host is not numeric, with [`Error::Overflow`] for a `flowinfo` above 1048575,
    /// and with [`Error::OsMessage`] for a 4-tuple with an IPv4 host.
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

/// Makes an address of a numeric host and a port. The C library reads the host.
pub(crate) fn numeric_address(host: &[u8], port: i64) -> Result<RawAddress> {
    let host = c_string(host, "a host")?;
    let port = c_string(port.to_string().as_bytes(), "a port")?;
    // The C library accepts a number as the service only when the kind of socket is given.
    let hints = Hints { kind: SOCK_DGRAM.as_raw(), flags: libc::AI_NUMERICHOST, ..Hints::default() };
    let answers = Answers::of(Some(&host), Some(&port), hints)?;
    let mut answers = answers.iter();
    match (answers.next(), answers.next()) {
        (Some(only), None) => Ok(address_of(&only)),
        _ => Err(Error::OsMessage("sockaddr resolved to multiple addresses".into())),
    }
}

/// Makes an address of a numeric IPv6 host, a port, and the other two parts of Python's tuple.
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

/// Returns the names of the host and the service of an address (`socket.getnameinfo`, `getnameinfo(3)`). `flags` are
/// `NI_*`.
///
/// Bytes of a name that are not UTF-8 become U+FFFD. Fails with [`Error::Gai`] when the resolver fails, with
/// [`Error::Overflow`] for a `flowinfo` above 1048575, and with [`Error::OsMessage`] for a 4-tuple with an IPv4 host.
///
/// ```
/// use tabi::constants::{NI_NUMERICHOST, NI_NUMERICSERV};
///
/// let (host, service) = tabi::getnameinfo(("127.0.0.1", 80), NI_NUMERICHOST | NI_NUMERICSERV)?;
/// assert_eq!((host.as_str(), service.as_str()), ("127.0.0.1", "80"));
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn getnameinfo(address: impl NumericAddress, flags: i32) -> Result<(String, String)> {
    getnameinfo_until(address, flags, Deadline::NEVER)
}

/// [`getnameinfo`] that fails with [`Error::Timeout`] when the deadline passes.
pub fn getnameinfo_until(
    address: impl NumericAddress,
    flags: i32,
    deadline: Deadline,
) -> Result<(String, String)> {
    let address = address.numeric_address()?.to_socket2();
    // Numbers alone need no look-up that could take long.
    let numeric = libc::NI_NUMERICHOST | libc::NI_NUMERICSERV;
    let deadline = if flags & numeric == numeric { Deadline::NEVER } else { deadline };
    pool::until(deadline, move || sys::name_info(&address, flags))
}
