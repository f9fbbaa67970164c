//! Options of IPv4: `IPPROTO_IP`. Methods that join and leave multicast groups are in `multicast`.

use std::net::Ipv4Addr;

use crate::error::Result;
use crate::socket::Socket;

options! {
    /// Whether sent bytes begin with an IP header of the program's own, on a raw socket (`IP_HDRINCL`).
    header_included_v4, set_header_included_v4: bool;
    /// Whether sent multicast datagrams also reach sockets on this machine (`IP_MULTICAST_LOOP`).
    multicast_loop_v4, set_multicast_loop_v4: bool;
    /// How many routers a multicast datagram may pass, 0 to 255 (`IP_MULTICAST_TTL`).
    multicast_ttl_v4, set_multicast_ttl_v4: u32;
    /// The type-of-service byte of sent packets, 0 to 255 (`IP_TOS`).
    tos_v4, set_tos_v4: u32;
    /// How many routers a packet may pass, 1 to 255 (`IP_TTL`).
    ttl_v4, set_ttl_v4: u32;
}

impl Socket {
    /// Returns the address of the interface through which multicast datagrams are sent, `0.0.0.0` if the
    /// system chooses it (`IP_MULTICAST_IF`). [`Socket::set_multicast_interface`] sets it.
    ///
    /// Fails with [`Error::Closed`](crate::Error::Closed) and [`Error::Os`](crate::Error::Os).
    pub fn multicast_if_v4(&self) -> Result<Ipv4Addr> {
        self.with_socket2(|socket| socket.multicast_if_v4())
    }
}
