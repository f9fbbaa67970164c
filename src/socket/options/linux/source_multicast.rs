//! Multicast groups from which a socket receives only the datagrams of chosen senders.
#![allow(unsafe_code)]

use std::net::{IpAddr, SocketAddr};

use crate::address::{Address, RawAddress};
use crate::error::{Error, Result};
use crate::socket::Socket;
use crate::socket::options::multicast::{MulticastInterface, index};

impl Socket {
    /// Joins a multicast group for the datagrams of one sender (`MCAST_JOIN_SOURCE_GROUP`,
    /// `IP_ADD_SOURCE_MEMBERSHIP`).
    ///
    /// Fails as [`Socket::join_multicast`] does, and with [`Error::Type`] when the group and the source are
    /// of different families.
    pub fn join_source_multicast(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: MulticastInterface,
    ) -> Result<()> {
        let options = (libc::MCAST_JOIN_SOURCE_GROUP, libc::IP_ADD_SOURCE_MEMBERSHIP);
        self.source_membership(group.into(), source.into(), interface, options)
    }

    /// Ends the membership that [`Socket::join_source_multicast`] began (`MCAST_LEAVE_SOURCE_GROUP`,
    /// `IP_DROP_SOURCE_MEMBERSHIP`).
    ///
    /// Fails with `Os(EADDRNOTAVAIL)` or `Os(EINVAL)` for a group and source that were not joined, and as
    /// that method does.
    pub fn leave_source_multicast(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: MulticastInterface,
    ) -> Result<()> {
        let options = (libc::MCAST_LEAVE_SOURCE_GROUP, libc::IP_DROP_SOURCE_MEMBERSHIP);
        self.source_membership(group.into(), source.into(), interface, options)
    }

    /// Stops receiving the datagrams of one sender to a group that was joined (`MCAST_BLOCK_SOURCE`,
    /// `IP_BLOCK_SOURCE`). Fails as [`Socket::leave_source_multicast`] does.
    pub fn block_source_multicast(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: MulticastInterface,
    ) -> Result<()> {
        let options = (libc::MCAST_BLOCK_SOURCE, libc::IP_BLOCK_SOURCE);
        self.source_membership(group.into(), source.into(), interface, options)
    }

    /// Receives the datagrams of a sender again after [`Socket::block_source_multicast`]
    /// (`MCAST_UNBLOCK_SOURCE`, `IP_UNBLOCK_SOURCE`). Fails as that method does.
    pub fn unblock_source_multicast(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: MulticastInterface,
    ) -> Result<()> {
        let options = (libc::MCAST_UNBLOCK_SOURCE, libc::IP_UNBLOCK_SOURCE);
        self.source_membership(group.into(), source.into(), interface, options)
    }

    /// `options` are the option for an interface by its number, and the option for an interface by its IPv4
    /// address.
    fn source_membership(
        &self,
        group: IpAddr,
        source: IpAddr,
        interface: MulticastInterface,
        options: (i32, i32),
    ) -> Result<()> {
        let level = match (group, source, interface) {
            (IpAddr::V4(group), IpAddr::V4(source), MulticastInterface::Address(address)) => {
                // These are the members of ip_mreq_source. socket2 has two of the four calls, and only for
                // IPv4.
                let request = [group.octets(), address.octets(), source.octets()].concat();
                return self.setsockopt_bytes(libc::IPPROTO_IP, options.1, &request);
            }
            (IpAddr::V4(_), IpAddr::V4(_), _) => libc::IPPROTO_IP,
            (IpAddr::V6(_), IpAddr::V6(_), _) => libc::IPPROTO_IPV6,
            _ => {
                let message = format!("group {group} and source {source} are of different families");
                return Err(Error::type_error(message));
            }
        };
        // SAFETY: a group_source_req consists of integers, for which zero is a valid value.
        let mut request: libc::group_source_req = unsafe { std::mem::zeroed() };
        // The members are set one by one, because the kernel also reads the padding after the first one,
        // which must stay zero.
        request.gsr_interface = index(interface)?;
        request.gsr_group = storage(group)?;
        request.gsr_source = storage(source)?;
        let (value, len) = ((&raw const request).cast(), size_of_val(&request));
        // SAFETY: `value` points to `request`, which is readable for its size.
        unsafe { self.setsockopt_raw(level, options.0, value, len) }
    }
}

fn storage(address: IpAddr) -> Result<libc::sockaddr_storage> {
    Ok(RawAddress::try_from(&Address::from(SocketAddr::new(address, 0)))?.to_struct())
}
