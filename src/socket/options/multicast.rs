//! Groups of receivers, for both families.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use super::Plain;
use crate::address::{Address, RawAddress};
use crate::error::{Error, Result};
use crate::socket::Socket;

/// An interface of this machine, for multicast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MulticastInterface {
    /// The one that the system's routes choose.
    Any,
    /// The one with this number (`if_nametoindex`).
    Index(u32),
    /// The one with this address; for IPv4 groups only.
    Address(Ipv4Addr),
}

impl FromStr for MulticastInterface {
    type Err = Error;

    /// Reads `""` as [`MulticastInterface::Any`], an IPv4 address as itself, and all else as an interface's name.
    ///
    /// Fails with `Os(ENODEV)` when there is no such interface, [`Error::Value`] for a NUL byte.
    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(MulticastInterface::Any);
        }
        if let Ok(address) = text.parse() {
            return Ok(MulticastInterface::Address(address));
        }
        let name = CString::new(text).map_err(|_| Error::value("interface must not contain a NUL byte"))?;
        // SAFETY: the name is NUL-terminated.
        match unsafe { libc::if_nametoindex(name.as_ptr()) } {
            0 => Err(Error::last_os()),
            index => Ok(MulticastInterface::Index(index)),
        }
    }
}

// SAFETY: a structure of integers.
unsafe impl Plain for libc::ip_mreqn {}
// SAFETY: a structure of integers.
unsafe impl Plain for libc::ip_mreq_source {}
// SAFETY: a structure of integers.
unsafe impl Plain for libc::ipv6_mreq {}
// SAFETY: a structure of integers.
unsafe impl Plain for libc::group_source_req {}

impl Socket {
    /// Receives what is sent to a group (`IP_ADD_MEMBERSHIP`, `IPV6_JOIN_GROUP`). Membership ends with [`Socket::leave_multicast`] or with the socket.
    ///
    /// Fails with `Os(EINVAL)` for an address that is not a group's, `Os(ENODEV)` for an unknown interface,
    /// `Os(EADDRINUSE)` for a group that was joined already, [`Error::Type`] for an IPv6 group with an IPv4
    /// address as its interface, and [`Error::Closed`].
    pub fn join_multicast(&self, group: impl Into<IpAddr>, interface: MulticastInterface) -> Result<()> {
        self.membership(group.into(), interface, libc::IP_ADD_MEMBERSHIP, libc::IPV6_ADD_MEMBERSHIP)
    }

    /// Ends what [`Socket::join_multicast`] began (`IP_DROP_MEMBERSHIP`, `IPV6_LEAVE_GROUP`).
    ///
    /// Fails with `Os(EADDRNOTAVAIL)` for a group that was not joined, and as that does.
    pub fn leave_multicast(&self, group: impl Into<IpAddr>, interface: MulticastInterface) -> Result<()> {
        self.membership(group.into(), interface, libc::IP_DROP_MEMBERSHIP, libc::IPV6_DROP_MEMBERSHIP)
    }

    fn membership(&self, group: IpAddr, interface: MulticastInterface, v4: i32, v6: i32) -> Result<()> {
        match group {
            IpAddr::V4(group) => {
                let request = ip_mreqn(group, interface);
                self.set_plain_option(libc::IPPROTO_IP, v4, &request)
            }
            IpAddr::V6(group) => {
                let request = libc::ipv6_mreq {
                    ipv6mr_multiaddr: libc::in6_addr { s6_addr: group.octets() },
                    ipv6mr_interface: index(interface)? as _,
                };
                self.set_plain_option(libc::IPPROTO_IPV6, v6, &request)
            }
        }
    }

    /// The interface that multicast datagrams leave by (`IP_MULTICAST_IF`, `IPV6_MULTICAST_IF`, after the socket's family).
    ///
    /// Fails with `Os(ENODEV)` or `Os(EADDRNOTAVAIL)` for an unknown interface, [`Error::Type`] for an IPv4
    /// address on an IPv6 socket, and [`Error::Closed`].
    pub fn set_multicast_interface(&self, interface: MulticastInterface) -> Result<()> {
        if self.family == libc::AF_INET6 {
            return self.set_multicast_if_v6(index(interface)?);
        }
        let request = ip_mreqn(Ipv4Addr::UNSPECIFIED, interface);
        self.set_plain_option(libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &request)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Socket {
    /// Receives what one sender sends to a group (`MCAST_JOIN_SOURCE_GROUP`, `IP_ADD_SOURCE_MEMBERSHIP`).
    ///
    /// Fails as [`Socket::join_multicast`] does, and with [`Error::Type`] when group and source are of different families.
    pub fn join_source_multicast(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: MulticastInterface,
    ) -> Result<()> {
        let options = (libc::MCAST_JOIN_SOURCE_GROUP, libc::IP_ADD_SOURCE_MEMBERSHIP);
        self.source_membership(group.into(), source.into(), interface, options)
    }

    /// Ends what [`Socket::join_source_multicast`] began (`MCAST_LEAVE_SOURCE_GROUP`, `IP_DROP_SOURCE_MEMBERSHIP`).
    ///
    /// Fails with `Os(EADDRNOTAVAIL)` for what was not joined, and as that does.
    pub fn leave_source_multicast(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: MulticastInterface,
    ) -> Result<()> {
        let options = (libc::MCAST_LEAVE_SOURCE_GROUP, libc::IP_DROP_SOURCE_MEMBERSHIP);
        self.source_membership(group.into(), source.into(), interface, options)
    }

    /// Drops what one sender sends to a group that was joined (`MCAST_BLOCK_SOURCE`, `IP_BLOCK_SOURCE`). Errors as in [`Socket::leave_source_multicast`].
    pub fn block_source_multicast(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: MulticastInterface,
    ) -> Result<()> {
        let options = (libc::MCAST_BLOCK_SOURCE, libc::IP_BLOCK_SOURCE);
        self.source_membership(group.into(), source.into(), interface, options)
    }

    /// Ends what [`Socket::block_source_multicast`] began (`MCAST_UNBLOCK_SOURCE`, `IP_UNBLOCK_SOURCE`). Errors as in that.
    pub fn unblock_source_multicast(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: MulticastInterface,
    ) -> Result<()> {
        let options = (libc::MCAST_UNBLOCK_SOURCE, libc::IP_UNBLOCK_SOURCE);
        self.source_membership(group.into(), source.into(), interface, options)
    }

    /// `options`: for an interface by number, and for one by its IPv4 address.
    fn source_membership(
        &self,
        group: IpAddr,
        source: IpAddr,
        interface: MulticastInterface,
        options: (i32, i32),
    ) -> Result<()> {
        let level = match (group, source, interface) {
            (IpAddr::V4(group), IpAddr::V4(source), MulticastInterface::Address(address)) => {
                let request = libc::ip_mreq_source {
                    imr_multiaddr: in_addr(group),
                    imr_interface: in_addr(address),
                    imr_sourceaddr: in_addr(source),
                };
                return self.set_plain_option(libc::IPPROTO_IP, options.1, &request);
            }
            (IpAddr::V4(_), IpAddr::V4(_), _) => libc::IPPROTO_IP,
            (IpAddr::V6(_), IpAddr::V6(_), _) => libc::IPPROTO_IPV6,
            _ => {
                let message = format!("group {group} and source {source} are of different families");
                return Err(Error::type_error(message));
            }
        };
        let request = libc::group_source_req {
            gsr_interface: index(interface)?,
            gsr_group: storage(group)?,
            gsr_source: storage(source)?,
        };
        self.set_plain_option(level, options.0, &request)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn storage(address: IpAddr) -> Result<libc::sockaddr_storage> {
    Ok(RawAddress::try_from(&Address::from(SocketAddr::new(address, 0)))?.to_struct())
}

fn ip_mreqn(group: Ipv4Addr, interface: MulticastInterface) -> libc::ip_mreqn {
    let (address, index) = match interface {
        MulticastInterface::Any => (Ipv4Addr::UNSPECIFIED, 0),
        MulticastInterface::Index(index) => (Ipv4Addr::UNSPECIFIED, index),
        MulticastInterface::Address(address) => (address, 0),
    };
    libc::ip_mreqn { imr_multiaddr: in_addr(group), imr_address: in_addr(address), imr_ifindex: index as _ }
}

fn in_addr(address: Ipv4Addr) -> libc::in_addr {
    libc::in_addr { s_addr: u32::from(address).to_be() }
}

fn index(interface: MulticastInterface) -> Result<u32> {
    match interface {
        MulticastInterface::Any => Ok(0),
        MulticastInterface::Index(index) => Ok(index),
        MulticastInterface::Address(address) => Err(Error::type_error(format!(
            "IPv6 multicast takes an interface by name or number, got the address {address}"
        ))),
    }
}
