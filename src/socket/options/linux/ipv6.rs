//! Options of IPv6 that only Linux has.

use crate::address::{Address, RawAddress};
use crate::error::Result;
use crate::socket::Socket;

options! {
    /// Whether packets that are too large are refused. If not, they are cut into fragments (`IPV6_DONTFRAG`).
    dont_fragment_v6, set_dont_fragment_v6: bool = libc::IPPROTO_IPV6, libc::IPV6_DONTFRAG;
    /// Whether the socket may be bound to an address that this machine does not have yet (`IPV6_FREEBIND`).
    freebind_v6, set_freebind_v6: bool;
    /// Whether sent bytes begin with an IP header of the program's own, on a raw socket (`IPV6_HDRINCL`).
    header_included_v6, set_header_included_v6: bool;
    /// Whether connections for addresses of other machines may be accepted (`IPV6_TRANSPARENT`). Setting it
    /// requires `CAP_NET_ADMIN`.
    ip_transparent_v6, set_ip_transparent_v6: bool;
    /// The least hop limit that a received packet must have, 0 to 255 (`IPV6_MINHOPCOUNT`).
    min_hops_v6, set_min_hops_v6: u32 = libc::IPPROTO_IPV6, libc::IPV6_MINHOPCOUNT;
    /// How the largest packet size of the path is found: an `IPV6_PMTUDISC_*` constant (`IPV6_MTU_DISCOVER`).
    mtu_discover_v6, set_mtu_discover_v6: i32 = libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER;
    /// Whether the socket receives datagrams of all groups that any socket on this machine has joined
    /// (`IPV6_MULTICAST_ALL`).
    multicast_all_v6, set_multicast_all_v6: bool;
    /// Whether errors from the network are kept, with the datagrams that caused them, for `MSG_ERRQUEUE`
    /// (`IPV6_RECVERR`).
    recv_error_v6, set_recv_error_v6: bool = libc::IPPROTO_IPV6, libc::IPV6_RECVERR;
    /// Whether received datagrams carry their hop limit (`IPV6_RECVHOPLIMIT`).
    recv_hop_limit_v6, set_recv_hop_limit_v6: bool = libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT;
    /// Whether received datagrams carry the address that they were sent to (`IPV6_RECVORIGDSTADDR`).
    recv_original_dst_v6, set_recv_original_dst_v6: bool = libc::IPPROTO_IPV6, libc::IPV6_RECVORIGDSTADDR;
    /// Whether received datagrams carry their destination and interface (`IPV6_RECVPKTINFO`).
    recv_packet_info_v6, set_recv_packet_info_v6: bool = libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO;
}

impl Socket {
    /// Returns the size in bytes of the largest packet that the path to the connected peer allows
    /// (`IPV6_MTU`).
    ///
    /// Fails with `Os(ENOTCONN)` when the socket is not connected, and with
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn mtu_v6(&self) -> Result<u32> {
        Ok(self.getsockopt(libc::IPPROTO_IPV6, libc::IPV6_MTU)? as u32)
    }

    /// Returns the address that a connection was made to before the system's packet filter redirected it here
    /// (`IP6T_SO_ORIGINAL_DST`).
    ///
    /// Fails with `Os(ENOENT)` or `Os(ENOPROTOOPT)` when the connection was not redirected, and with
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn original_dst_v6(&self) -> Result<Address> {
        let address = self.with_socket2(|socket| socket.original_dst_v6())?;
        Ok(RawAddress::from_socket2(address).decode())
    }
}
