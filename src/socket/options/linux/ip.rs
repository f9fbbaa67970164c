//! Options of IPv4 that only Linux has.

use crate::address::{Address, RawAddress};
use crate::error::Result;
use crate::socket::Socket;

options! {
    /// Whether `bind` to port 0 leaves the choice of the port to `connect` (`IP_BIND_ADDRESS_NO_PORT`).
    bind_address_no_port, set_bind_address_no_port: bool = libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT;
    /// Whether the socket may be bound to an address that this machine does not have yet (`IP_FREEBIND`).
    freebind_v4, set_freebind_v4: bool;
    /// Whether connections for addresses of other machines may be accepted (`IP_TRANSPARENT`). Setting it
    /// requires `CAP_NET_ADMIN`.
    ip_transparent_v4, set_ip_transparent_v4: bool;
    /// The least time-to-live that a received packet must have, 0 to 255 (`IP_MINTTL`).
    min_ttl_v4, set_min_ttl_v4: u32 = libc::IPPROTO_IP, libc::IP_MINTTL;
    /// How the largest packet size of the path is found: an `IP_PMTUDISC_*` constant (`IP_MTU_DISCOVER`).
    mtu_discover_v4, set_mtu_discover_v4: i32 = libc::IPPROTO_IP, libc::IP_MTU_DISCOVER;
    /// Whether the socket receives datagrams of all groups that any socket on this machine has joined
    /// (`IP_MULTICAST_ALL`).
    multicast_all_v4, set_multicast_all_v4: bool;
    /// Whether errors from the network are kept, with the datagrams that caused them, for `MSG_ERRQUEUE`
    /// (`IP_RECVERR`).
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
    /// Returns the size in bytes of the largest packet that the path to the connected peer allows (`IP_MTU`).
    ///
    /// Fails with `Os(ENOTCONN)` when the socket is not connected, and with
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn mtu_v4(&self) -> Result<u32> {
        Ok(self.getsockopt(libc::IPPROTO_IP, libc::IP_MTU)? as u32)
    }

    /// Returns the address that a connection was made to before the system's packet filter redirected it here
    /// (`SO_ORIGINAL_DST`).
    ///
    /// Fails with `Os(ENOENT)` or `Os(ENOPROTOOPT)` when the connection was not redirected, and with
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn original_dst_v4(&self) -> Result<Address> {
        let address = self.with_socket2(|socket| socket.original_dst_v4())?;
        Ok(RawAddress::from_socket2(address).decode())
    }
}
