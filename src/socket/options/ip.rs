//! Options of IPv4: `IPPROTO_IP`. Joining groups of receivers is in `multicast`.

use std::net::Ipv4Addr;

use crate::error::Result;
use crate::socket::Socket;

options! {
    /// Whether what is sent begins with an IP header, on a raw socket (`IP_HDRINCL`).
    header_included_v4, set_header_included_v4: bool;
    /// Whether multicast datagrams come back to this machine's own sockets (`IP_MULTICAST_LOOP`).
    multicast_loop_v4, set_multicast_loop_v4: bool;
    /// How many routers a multicast datagram may pass, 0 to 255 (`IP_MULTICAST_TTL`).
    multicast_ttl_v4, set_multicast_ttl_v4: u32;
    /// The type-of-service byte of sent packets, 0 to 255 (`IP_TOS`).
    tos_v4, set_tos_v4: u32;
    /// How many routers a packet may pass, 1 to 255 (`IP_TTL`).
    ttl_v4, set_ttl_v4: u32;
}

impl Socket {
    /// The address of the interface that multicast datagrams leave by, `0.0.0.0` for the system's choice
    /// (`IP_MULTICAST_IF`); [`Socket::set_multicast_interface`] sets it.
    ///
    /// Fails with [`Error::Closed`](crate::Error::Closed) and [`Error::Os`](crate::Error::Os).
    pub fn multicast_if_v4(&self) -> Result<Ipv4Addr> {
        self.with_socket2(|socket| socket.multicast_if_v4())
    }
}
