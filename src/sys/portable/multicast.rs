//! IPv4 multicast groups on systems where an interface can be given by its number (`struct ip_mreqn`).

use std::io;
use std::net::Ipv4Addr;

use socket2::{InterfaceIndexOrAddress, SockRef};

use crate::sys::InterfaceV4;

/// Joins a multicast group.
pub(crate) fn join_multicast_v4(
    socket: &SockRef<'_>,
    group: &Ipv4Addr,
    interface: &InterfaceV4,
) -> io::Result<()> {
    socket.join_multicast_v4_n(group, &by_socket2(interface))
}

/// Leaves a multicast group.
pub(crate) fn leave_multicast_v4(
    socket: &SockRef<'_>,
    group: &Ipv4Addr,
    interface: &InterfaceV4,
) -> io::Result<()> {
    socket.leave_multicast_v4_n(group, &by_socket2(interface))
}

fn by_socket2(interface: &InterfaceV4) -> InterfaceIndexOrAddress {
    match interface {
        InterfaceV4::Index(index) => InterfaceIndexOrAddress::Index(*index),
        InterfaceV4::Address(address) => InterfaceIndexOrAddress::Address(*address),
    }
}
