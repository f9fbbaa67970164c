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

/// Returns the value of `IP_MULTICAST_IF` for the interface with this number. socket2 cannot set the option by a
/// number.
pub(crate) fn multicast_interface_v4(index: u32) -> [u8; 12] {
    // The group and the address, which do not count here, come before the number.
    let mut request = [0; 12];
    request[8..].copy_from_slice(&index.to_ne_bytes());
    request
}

fn by_socket2(interface: &InterfaceV4) -> InterfaceIndexOrAddress {
    match interface {
        InterfaceV4::Index(index) => InterfaceIndexOrAddress::Index(*index),
        InterfaceV4::Address(address) => InterfaceIndexOrAddress::Address(*address),
    }
}
