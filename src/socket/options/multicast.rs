//! Joining and leaving multicast groups, for IPv4 and IPv6.

use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use crate::constants::AF_INET6;
use crate::error::{Error, Result};
use crate::socket::Socket;
use crate::sys::{self, InterfaceV4, libc};

/// An interface of this machine, for multicast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MulticastInterface {
    /// The interface that the system's routes choose.
    Any,
    /// The interface with this number (`if_nametoindex`).
    Index(u32),
    /// The interface with this address, for IPv4 groups only.
    Address(Ipv4Addr),
}

impl FromStr for MulticastInterface {
    type Err = Error;

    /// Reads `""` as [`MulticastInterface::Any`], an IPv4 address as [`MulticastInterface::Address`], and any
    /// other text as the name of an interface.
    ///
    /// Fails with `Os(ENODEV)` when there is no such interface, and with [`Error::Value`] for a NUL byte.
    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(MulticastInterface::Any);
        }
        if let Ok(address) = text.parse() {
            return Ok(MulticastInterface::Address(address));
        }
        let name = CString::new(text).map_err(|_| Error::value("interface must not contain a NUL byte"))?;
        sys::interface_index(&name).map(MulticastInterface::Index)
    }
}

impl Socket {
    /// Joins a multicast group, so that the socket receives what is sent to it (`IP_ADD_MEMBERSHIP`,
    /// `IPV6_JOIN_GROUP`). The membership ends with [`Socket::leave_multicast`], or when the socket is
    /// closed.
    ///
    /// ```
    /// use std::net::Ipv4Addr;
    /// use tabi::{AF_INET, MulticastInterface, SOCK_DGRAM, Socket};
    ///
    /// let socket = Socket::new(AF_INET, SOCK_DGRAM, 0)?;
    /// let group = Ipv4Addr::new(239, 255, 12, 34);
    /// let interface = MulticastInterface::Address(Ipv4Addr::LOCALHOST);
    /// socket.join_multicast(group, interface)?;
    /// socket.leave_multicast(group, interface)?;
    /// # Ok::<(), tabi::Error>(())
    /// ```
    ///
    /// Fails with `Os(EINVAL)` for an address that is not a group's, with `Os(ENODEV)` for an unknown
    /// interface, with `Os(EADDRINUSE)` for a group that was joined already, with [`Error::Type`] for an IPv6
    /// group with an IPv4 address as its interface, and with [`Error::Closed`].
    pub fn join_multicast(&self, group: impl Into<IpAddr>, interface: MulticastInterface) -> Result<()> {
        match group.into() {
            IpAddr::V4(group) => {
                self.with_socket2(|socket| sys::join_multicast_v4(socket, &group, &interface.v4()))
            }
            IpAddr::V6(group) => {
                let index = index(interface)?;
                self.with_socket2(|socket| socket.join_multicast_v6(&group, index))
            }
        }
    }

    /// Leaves a multicast group that [`Socket::join_multicast`] joined (`IP_DROP_MEMBERSHIP`,
    /// `IPV6_LEAVE_GROUP`).
    ///
    /// Fails with `Os(EADDRNOTAVAIL)` for a group that was not joined, and as that method does.
    pub fn leave_multicast(&self, group: impl Into<IpAddr>, interface: MulticastInterface) -> Result<()> {
        match group.into() {
            IpAddr::V4(group) => {
                self.with_socket2(|socket| sys::leave_multicast_v4(socket, &group, &interface.v4()))
            }
            IpAddr::V6(group) => {
                let index = index(interface)?;
                self.with_socket2(|socket| socket.leave_multicast_v6(&group, index))
            }
        }
    }

    /// Sets the interface through which multicast datagrams are sent (`IP_MULTICAST_IF` or
    /// `IPV6_MULTICAST_IF`, depending on the family of the socket).
    ///
    /// Fails with `Os(ENODEV)` or `Os(EADDRNOTAVAIL)` for an unknown interface, with [`Error::Type`] for an
    /// IPv4 address on an IPv6 socket, and with [`Error::Closed`].
    pub fn set_multicast_interface(&self, interface: MulticastInterface) -> Result<()> {
        if self.family == AF_INET6 {
            return self.set_multicast_if_v6(index(interface)?);
        }
        match interface.v4() {
            InterfaceV4::Address(address) => self.with_socket2(|socket| socket.set_multicast_if_v4(&address)),
            InterfaceV4::Index(index) => {
                let request = sys::multicast_interface_v4(index);
                self.setsockopt_bytes(libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &request)
            }
        }
    }
}

impl MulticastInterface {
    /// The interface in the form that IPv4 options take.
    fn v4(self) -> InterfaceV4 {
        match self {
            MulticastInterface::Any => InterfaceV4::Address(Ipv4Addr::UNSPECIFIED),
            MulticastInterface::Index(index) => InterfaceV4::Index(index),
            MulticastInterface::Address(address) => InterfaceV4::Address(address),
        }
    }
}

/// The interface in the form that IPv6 options take: its number.
pub(super) fn index(interface: MulticastInterface) -> Result<u32> {
    match interface {
        MulticastInterface::Any => Ok(0),
        MulticastInterface::Index(index) => Ok(index),
        MulticastInterface::Address(address) => Err(Error::type_error(format_args!(
            "IPv6 multicast takes an interface by name or number, got the address {address}"
        ))),
    }
}
