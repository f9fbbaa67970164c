//! Options of IPv6: `IPPROTO_IPV6`. Methods that join and leave multicast groups are in `multicast`.

use crate::sys::{libc, unix_only};

options! {
    /// How many routers a multicast datagram may pass, 0 to 255 (`IPV6_MULTICAST_HOPS`).
    multicast_hops_v6, set_multicast_hops_v6: u32;
    /// The number of the interface through which multicast datagrams are sent, 0 if the system chooses it
    /// (`IPV6_MULTICAST_IF`).
    multicast_if_v6, set_multicast_if_v6: u32;
    /// Whether sent multicast datagrams also reach sockets on this machine (`IPV6_MULTICAST_LOOP`).
    multicast_loop_v6, set_multicast_loop_v6: bool;
    /// Whether the socket is for IPv6 only. If not, it is for IPv4 too, by mapped addresses (`IPV6_V6ONLY`).
    only_v6, set_only_v6: bool;
    /// Whether received datagrams carry their traffic class (`IPV6_RECVTCLASS`).
    recv_tclass_v6, set_recv_tclass_v6: bool = libc::IPPROTO_IPV6, libc::IPV6_RECVTCLASS;
    /// How many routers a packet may pass, 0 to 255 (`IPV6_UNICAST_HOPS`).
    unicast_hops_v6, set_unicast_hops_v6: u32;
}

unix_only! {
    options! {
        /// The traffic class of sent packets, 0 to 255 (`IPV6_TCLASS`).
        tclass_v6, set_tclass_v6: u32;
    }
}
