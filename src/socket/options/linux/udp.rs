//! Options of UDP: `IPPROTO_UDP`.

options! {
    /// Whether sends gather in one datagram, until this is cleared (`UDP_CORK`).
    udp_cork, set_udp_cork: bool = libc::IPPROTO_UDP, libc::UDP_CORK;
    /// Whether one receive may return several datagrams of the same length, which arrives as control data (`UDP_GRO`).
    udp_gro, set_udp_gro: bool = libc::IPPROTO_UDP, libc::UDP_GRO;
    /// The length in bytes that the system cuts one long send into, 0 to 65535, 0 for no cutting (`UDP_SEGMENT`).
    udp_segment, set_udp_segment: u32 = libc::IPPROTO_UDP, libc::UDP_SEGMENT;
}
