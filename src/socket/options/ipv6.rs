//! Options of IPv6: `IPPROTO_IPV6`. Joining groups of receivers is in `multicast`.

#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::address::{Address, RawAddress};
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::error::Result;
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::socket::Socket;

options! { libc::IPPROTO_IPV6;
    /// How many routers a multicast datagram may pass, 0 to 255 (`IPV6_MULTICAST_HOPS`).
    multicast_hops_v6, set_multicast_hops_v6: u32 = libc::IPV6_MULTICAST_HOPS;
    /// The number of the interface that multicast datagrams leave by, 0 for the system's choice (`IPV6_MULTICAST_IF`).
    multicast_if_v6, set_multicast_if_v6: u32 = libc::IPV6_MULTICAST_IF;
    /// Whether multicast datagrams come back to this machine's own sockets (`IPV6_MULTICAST_LOOP`).
    multicast_loop_v6, set_multicast_loop_v6: bool = libc::IPV6_MULTICAST_LOOP;
    /// Whether the socket is for IPv6 only, or for IPv4 too by mapped addresses (`IPV6_V6ONLY`).
    only_v6, set_only_v6: bool = libc::IPV6_V6ONLY;
    /// Whether received datagrams carry their traffic class (`IPV6_RECVTCLASS`).
    recv_tclass_v6, set_recv_tclass_v6: bool = libc::IPV6_RECVTCLASS;
    /// The traffic class of sent packets, 0 to 255 (`IPV6_TCLASS`).
    tclass_v6, set_tclass_v6: u32 = libc::IPV6_TCLASS;
    /// How many routers a packet may pass, 0 to 255 (`IPV6_UNICAST_HOPS`).
    unicast_hops_v6, set_unicast_hops_v6: u32 = libc::IPV6_UNICAST_HOPS;
}

#[cfg(any(target_os = "linux", target_os = "android"))]
options! { libc::IPPROTO_IPV6;
    /// Whether packets that are too large are refused instead of cut into fragments (`IPV6_DONTFRAG`).
    dont_fragment_v6, set_dont_fragment_v6: bool = libc::IPV6_DONTFRAG;
    /// Whether an address may be bound that this machine does not have yet (`IPV6_FREEBIND`).
    freebind_v6, set_freebind_v6: bool = libc::IPV6_FREEBIND;
    /// Whether what is sent begins with an IP header, on a raw socket (`IPV6_HDRINCL`).
    header_included_v6, set_header_included_v6: bool = libc::IPV6_HDRINCL;
    /// Whether connections for other addresses may be taken (`IPV6_TRANSPARENT`). Setting it takes `CAP_NET_ADMIN`.
    ip_transparent_v6, set_ip_transparent_v6: bool = libc::IPV6_TRANSPARENT;
    /// The least hop limit that a received packet must have, 0 to 255 (`IPV6_MINHOPCOUNT`).
    min_hops_v6, set_min_hops_v6: u32 = libc::IPV6_MINHOPCOUNT;
    /// How the path's largest packet is found out: one of `IPV6_PMTUDISC_*` (`IPV6_MTU_DISCOVER`).
    mtu_discover_v6, set_mtu_discover_v6: i32 = libc::IPV6_MTU_DISCOVER;
    /// Whether datagrams of all groups arrive that anybody on this machine joined (`IPV6_MULTICAST_ALL`).
    multicast_all_v6, set_multicast_all_v6: bool = libc::IPV6_MULTICAST_ALL;
    /// Whether errors from the network are kept with what caused them, for `MSG_ERRQUEUE` (`IPV6_RECVERR`).
    recv_error_v6, set_recv_error_v6: bool = libc::IPV6_RECVERR;
    /// Whether received datagrams carry their hop limit (`IPV6_RECVHOPLIMIT`).
    recv_hop_limit_v6, set_recv_hop_limit_v6: bool = libc::IPV6_RECVHOPLIMIT;
    /// Whether received datagrams carry the address that they were sent to (`IPV6_RECVORIGDSTADDR`).
    recv_original_dst_v6, set_recv_original_dst_v6: bool = libc::IPV6_RECVORIGDSTADDR;
    /// Whether received datagrams carry their destination and interface (`IPV6_RECVPKTINFO`).
    recv_packet_info_v6, set_recv_packet_info_v6: bool = libc::IPV6_RECVPKTINFO;
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Socket {
    /// The largest packet, in bytes, that the path to the connected peer takes (`IPV6_MTU`).
    ///
    /// Fails with `Os(ENOTCONN)` on a socket that is not connected, and with [`Error::Closed`](crate::Error::Closed).
    pub fn mtu_v6(&self) -> Result<u32> {
        Ok(self.getsockopt(libc::IPPROTO_IPV6, libc::IPV6_MTU)? as u32)
    }

    /// Where a connection was going before the system's filter redirected it to here (`IP6T_SO_ORIGINAL_DST`).
    ///
    /// Fails with `Os(ENOENT)` or `Os(ENOPROTOOPT)` when nothing was redirected, and with
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn original_dst_v6(&self) -> Result<Address> {
        // The number is that of IPv4's option.
        let size = size_of::<libc::sockaddr_in6>();
        let bytes = self.getsockopt_bytes(libc::IPPROTO_IPV6, libc::SO_ORIGINAL_DST, size)?;
        Ok(RawAddress::from_bytes(&bytes)?.decode())
    }
}
