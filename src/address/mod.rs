//! Addresses: what a socket is bound to, connected to, or received from.
//!
//! [`Address`] is the decoded form, with one variant for each family. [`RawAddress`] is the system's own `sockaddr`,
//! which can hold an address of every family. `bind`, `connect` and `sendto` accept every type that implements
//! [`ToAddress`](crate::ToAddress).

#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
pub(crate) mod families;
mod inet_text;
mod meaning;
mod network;
mod raw;
mod text;
mod unix;
mod written;

use std::fmt;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};

use families::families;
pub(crate) use inet_text::ip_text;
pub use inet_text::{htonl, htons, inet_aton, inet_ntoa, inet_ntop, inet_pton, ntohl, ntohs};
pub use network::IpNetwork;
pub use raw::RawAddress;
pub use unix::UnixAddress;

use crate::error::{Error, Result};
use crate::sys::linux_only;

linux_only! {
    pub use families::*;
}

/// The items that have a part for each family. `families!` adds the families that not every system has.
macro_rules! address {
    ($($(#[$text:meta])+ $family:ident: $structure:ty;)*) => {
        /// The address of a socket, decoded.
        ///
        /// The flow information of [`Address::Inet6`] is in host byte order, as in Python's 4-tuples.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Address {
            /// `AF_INET`: host and port.
            Inet(SocketAddrV4),
            /// `AF_INET6`: host, port, flow information and scope.
            Inet6(SocketAddrV6),
            /// `AF_UNIX`: a path, an abstract name or none.
            Unix(UnixAddress),
            $($(#[$text])+ $family($structure),)*
            /// No address at all, as a connected stream's `recvfrom` reports it (`None` in Python).
            None,
            /// An address of a family that this crate does not decode.
            Other(RawAddress),
        }

        impl fmt::Display for Address {
            /// Writes an internet address as the standard library does (`127.0.0.1:80`, `[::1]:80`), the address of a
            /// unix socket as [`UnixAddress`] does, and those of other families as Python does ([`Address::repr`]).
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Address::Inet(a) => a.fmt(f),
                    Address::Inet6(a) => a.fmt(f),
                    Address::Unix(a) => a.fmt(f),
                    $(Address::$family(a) => a.fmt(f),)*
                    Address::None => f.write_str("None"),
                    Address::Other(raw) => write!(f, "({}, {:?})", raw.family().as_raw(), raw.data()),
                }
            }
        }

        impl TryFrom<&Address> for RawAddress {
            type Error = Error;

            /// Fails for a unix path that is too long or contains a NUL byte.
            fn try_from(address: &Address) -> Result<Self> {
                match address {
                    Address::Inet(v4) => Ok((*v4).into()),
                    Address::Inet6(v6) => Ok((*v6).into()),
                    Address::Unix(unix) => unix.try_into(),
                    $(Address::$family(address) => Ok(address.into()),)*
                    Address::None => Ok(RawAddress::empty()),
                    Address::Other(raw) => Ok(*raw),
                }
            }
        }
    };
}

families!(address);

impl Address {
    /// Returns the host and the port of an internet address, and `None` for the other families.
    pub fn as_inet(&self) -> Option<SocketAddr> {
        match self {
            Address::Inet(address) => Some(SocketAddr::V4(*address)),
            Address::Inet6(address) => Some(SocketAddr::V6(*address)),
            _ => None,
        }
    }

    /// Returns Python's `repr` of the address: `('127.0.0.1', 80)`, `('::1', 80, 0, 0)`, `'/run/s'`, `None`.
    ///
    /// C and Python programs get this text. Rust programs usually want [`Display`](fmt::Display).
    pub fn repr(&self) -> String {
        match self {
            Address::Inet(a) => format!("('{}', {})", a.ip(), a.port()),
            Address::Inet6(a) => {
                let ip = ip_text((*a.ip()).into());
                format!("('{ip}', {}, {}, {})", a.port(), a.flowinfo(), a.scope_id())
            }
            Address::Unix(a) => a.repr(),
            other => other.to_string(),
        }
    }

    /// Returns the port of an internet address, and `None` for the other families.
    pub fn port(&self) -> Option<u16> {
        self.as_inet().map(|address| address.port())
    }

    /// Returns the address of an `AF_UNIX` socket, and `None` for the other families.
    pub fn as_unix(&self) -> Option<&UnixAddress> {
        match self {
            Address::Unix(address) => Some(address),
            _ => None,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(v4) => Address::Inet(v4),
            SocketAddr::V6(v6) => Address::Inet6(v6),
        }
    }
}

impl From<SocketAddrV4> for Address {
    fn from(address: SocketAddrV4) -> Self {
        Address::Inet(address)
    }
}

impl From<SocketAddrV6> for Address {
    fn from(address: SocketAddrV6) -> Self {
        Address::Inet6(address)
    }
}

impl From<UnixAddress> for Address {
    fn from(address: UnixAddress) -> Self {
        Address::Unix(address)
    }
}

impl TryFrom<&Address> for SocketAddr {
    type Error = Error;

    /// Fails with [`Error::Type`] for an address that is not an internet address.
    fn try_from(address: &Address) -> Result<Self> {
        let not_internet =
            || Error::type_error(format_args!("{} is not an internet address", address.repr()));
        address.as_inet().ok_or_else(not_internet)
    }
}

impl TryFrom<Address> for SocketAddr {
    type Error = Error;

    /// Fails with [`Error::Type`] for an address that is not an internet address.
    fn try_from(address: Address) -> Result<Self> {
        (&address).try_into()
    }
}
