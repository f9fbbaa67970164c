//! Options of UDP: `IPPROTO_UDP`.

options! {
    /// Whether the bytes of several sends are collected into one datagram, until this is cleared
    /// (`UDP_CORK`).
    udp_cork, set_udp_cork: bool = libc::IPPROTO_UDP, libc::UDP_CORK;
    /// Whether one receive may return several datagrams of the same length; a control message then says the
    /// length (`UDP_GRO`).
    udp_gro, set_udp_gro: bool = libc::IPPROTO_UDP, libc::UDP_GRO;
    /// The size in bytes of the datagrams into which the system cuts one long send, 0 to 65535; 0 means that
    /// it does not cut (`UDP_SEGMENT`).
    udp_segment, set_udp_segment: u32 = libc::IPPROTO_UDP, libc::UDP_SEGMENT;
}
