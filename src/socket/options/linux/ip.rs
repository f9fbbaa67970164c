//! Options of IPv4 that only Linux has.

use crate::address::{Address, RawAddress};
use crate::error::Result;
use crate::socket::Socket;

options! {
    /// Whether `bind` to port 0 leaves the choice of the port to `connect` (`IP_BIND_ADDRESS_NO_PORT`).
    bind_address_no_port, set_bind_address_no_port: bool = libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT;
    /// Whether an address may be bound that this machine does not have yet (`IP_FREEBIND`).
    freebind_v4, set_freebind_v4: bool;
    /// Whether connections for other addresses may be taken (`IP_TRANSPARENT`). Setting it takes `CAP_NET_ADMIN`.
    ip_transparent_v4, set_ip_transparent_v4: bool;
    /// The least time-to-live that a received packet must have, 0 to 255 (`IP_MINTTL`).
    min_ttl_v4, set_min_ttl_v4: u32 = libc::IPPROTO_IP, libc::IP_MINTTL;
    /// How the path's largest packet is found out: one of `IP_PMTUDISC_*` (`IP_MTU_DISCOVER`).
    mtu_discover_v4, set_mtu_discover_v4: i32 = libc::IPPROTO_IP, libc::IP_MTU_DISCOVER;
    /// Whether datagrams of all groups arrive that anybody on this machine joined (`IP_MULTICAST_ALL`).
    multicast_all_v4, set_multicast_all_v4: bool;
    /// Whether errors from the network are kept with what caused them, for `MSG_ERRQUEUE` (`IP_RECVERR`).
    recv_error_v4, set_recv_error_v4: bool = libc::IPPROTO_IP, libc::IP_RECVERR;
    /// Whether received datagrams carry the address that they were sent to (`IP_RECVORIGDSTADDR`).
    recv_original_dst_v4, set_recv_original_dst_v4: bool = libc::IPPROTO_IP, libc::IP_RECVORIGDSTADDR;
    /// Whether received datagrams carry their destination and interface (`IP_PKTINFO`).
    recv_packet_info_v4, set_recv_packet_info_v4: bool = libc::IPPROTO_IP, libc::IP_PKTINFO;
    /// Whether received datagrams carry their type of service (`IP_RECVTOS`).
    recv_tos_v4, set_recv_tos_v4: bool;
    /// Whether received datagrams carry their time-to-live (`IP_RECVTTL`).
    recv_ttl_v4, set_recv_ttl_v4: bool = libc::IPPROTO_IP, libc::IP_RECVTTL;
}

impl Socket {
    /// The largest packet, in bytes, that the path to the connected peer takes (`IP_MTU`).
    ///
    /// Fails with `Os(ENOTCONN)` on a socket that is not connected, and with [`Error::Closed`](crate::Error::Closed).
    pub fn mtu_v4(&self) -> Result<u32> {
        Ok(self.getsockopt(libc::IPPROTO_IP, libc::IP_MTU)? as u32)
    }

    /// Where a connection was going before the system's filter redirected it to here (`SO_ORIGINAL_DST`).
    ///
    /// Fails with `Os(ENOENT)` or `Os(ENOPROTOOPT)` when nothing was redirected, and with
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn original_dst_v4(&self) -> Result<Address> {
        let address = self.with_socket2(|socket| socket.original_dst_v4())?;
        Ok(RawAddress::from_socket2(address).decode())
    }
}
