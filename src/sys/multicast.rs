//! What joins and leaves a group, under each system's names.

use std::net::Ipv4Addr;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use libc::{IPV6_ADD_MEMBERSHIP as IPV6_JOIN, IPV6_DROP_MEMBERSHIP as IPV6_LEAVE};
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use libc::{IPV6_JOIN_GROUP as IPV6_JOIN, IPV6_LEAVE_GROUP as IPV6_LEAVE};

/// A group and an interface, by its address or its number (0 for none).
#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
pub(crate) type IpMulticast = libc::ip_mreqn;
#[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
pub(crate) type IpMulticast = libc::ip_mreq;

#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
pub(crate) fn ip_multicast(group: Ipv4Addr, address: Ipv4Addr, index: u32) -> IpMulticast {
    IpMulticast { imr_multiaddr: in_addr(group), imr_address: in_addr(address), imr_ifindex: index as _ }
}

/// These systems read an address of the form 0.x.x.x as an interface's number.
#[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
pub(crate) fn ip_multicast(group: Ipv4Addr, address: Ipv4Addr, index: u32) -> IpMulticast {
    let interface = if index == 0 { address } else { Ipv4Addr::from(index & 0xff_ffff) };
    IpMulticast { imr_multiaddr: in_addr(group), imr_interface: in_addr(interface) }
}

pub(crate) fn in_addr(address: Ipv4Addr) -> libc::in_addr {
    libc::in_addr { s_addr: u32::from(address).to_be() }
}
