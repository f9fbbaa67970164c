//! Addresses: what a socket is bound to, connected to, or received from.
//!
//! [`Address`] is the readable form, one variant a family; [`RawAddress`] is the system's own
//! `sockaddr`, which every family fits in. Anything that implements [`ToAddress`] can be handed to
//! `bind`, `connect` and `sendto`.

#[cfg(target_os = "linux")]
mod linux;
mod raw;
mod to_address;
mod unix;

use std::fmt;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};

#[cfg(target_os = "linux")]
pub use linux::*;
pub use raw::RawAddress;
pub use to_address::ToAddress;
pub(crate) use to_address::check_flowinfo;
#[cfg(feature = "capi")]
pub(crate) use to_address::{check_port, inet};
pub use unix::UnixAddress;

use crate::error::{Error, Result};
use crate::resolve::ip_text;

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
    /// `AF_ALG`: an algorithm of the kernel's.
    #[cfg(target_os = "linux")]
    Alg(AlgAddress),
    /// `AF_BLUETOOTH`, in the form of the socket's protocol.
    #[cfg(target_os = "linux")]
    Bluetooth(BluetoothAddress),
    /// `AF_CAN`, in the form of the socket's protocol.
    #[cfg(target_os = "linux")]
    Can(CanAddress),
    /// `AF_NETLINK`: port and groups.
    #[cfg(target_os = "linux")]
    Netlink(NetlinkAddress),
    /// `AF_PACKET`: interface, protocol, and what a received frame's header says.
    #[cfg(target_os = "linux")]
    Packet(PacketAddress),
    /// `AF_QIPCRTR`: node and port.
    #[cfg(target_os = "linux")]
    Qipcrtr(QipcrtrAddress),
    /// `AF_TIPC`: a service or a socket.
    #[cfg(target_os = "linux")]
    Tipc(TipcAddress),
    /// `AF_VSOCK`: machine and port.
    #[cfg(target_os = "linux")]
    Vsock(VsockAddress),
    /// No address at all, as a connected stream's `recvfrom` reports it (`None` in Python).
    None,
    /// An address of a family that this crate does not decode.
    Other(RawAddress),
}

impl Address {
    /// The host and port of an internet address, or `None` for the other families.
    pub fn as_inet(&self) -> Option<SocketAddr> {
        match self {
            Address::Inet(address) => Some(SocketAddr::V4(*address)),
            Address::Inet6(address) => Some(SocketAddr::V6(*address)),
            _ => None,
        }
    }

    /// The port of an internet address (0 to 65535), or `None` for the other families.
    pub fn port(&self) -> Option<u16> {
        self.as_inet().map(|address| address.port())
    }

    /// The address of an `AF_UNIX` socket, or `None` for the other families.
    pub fn as_unix(&self) -> Option<&UnixAddress> {
        match self {
            Address::Unix(address) => Some(address),
            _ => None,
        }
    }
}

impl fmt::Display for Address {
    /// Writes what Python's `repr` of the address would show: `('127.0.0.1', 80)`, `/run/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Inet(a) => write!(f, "('{}', {})", ip_text((*a.ip()).into()), a.port()),
            Address::Inet6(a) => {
                write!(
                    f,
                    "('{}', {}, {}, {})",
                    ip_text((*a.ip()).into()),
                    a.port(),
                    a.flowinfo(),
                    a.scope_id()
                )
            }
            Address::Unix(a) => a.fmt(f),
            #[cfg(target_os = "linux")]
            Address::Alg(a) => a.fmt(f),
            #[cfg(target_os = "linux")]
            Address::Bluetooth(a) => a.fmt(f),
            #[cfg(target_os = "linux")]
            Address::Can(a) => a.fmt(f),
            #[cfg(target_os = "linux")]
            Address::Netlink(a) => a.fmt(f),
            #[cfg(target_os = "linux")]
            Address::Packet(a) => a.fmt(f),
            #[cfg(target_os = "linux")]
            Address::Qipcrtr(a) => a.fmt(f),
            #[cfg(target_os = "linux")]
            Address::Tipc(a) => a.fmt(f),
            #[cfg(target_os = "linux")]
            Address::Vsock(a) => a.fmt(f),
            Address::None => f.write_str("None"),
            Address::Other(raw) => write!(f, "({}, {:?})", raw.family().as_raw(), raw.data()),
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

impl TryFrom<Address> for SocketAddr {
    type Error = Error;

    /// Fails with [`Error::Type`] for an address that is not an internet address.
    fn try_from(address: Address) -> Result<Self> {
        address.as_inet().ok_or_else(|| Error::type_error(format!("{address} is not an internet address")))
    }
}
