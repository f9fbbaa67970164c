//! Options of IPv4: `IPPROTO_IP`. Joining groups of receivers is in `multicast`.

use std::net::Ipv4Addr;

#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::address::{Address, RawAddress};
use crate::error::Result;
use crate::socket::Socket;

options! { libc::IPPROTO_IP;
    /// Whether what is sent begins with an IP header, on a raw socket (`IP_HDRINCL`).
    header_included_v4, set_header_included_v4: bool = libc::IP_HDRINCL;
    /// Whether multicast datagrams come back to this machine's own sockets (`IP_MULTICAST_LOOP`).
    multicast_loop_v4, set_multicast_loop_v4: bool = libc::IP_MULTICAST_LOOP;
    /// How many routers a multicast datagram may pass, 0 to 255 (`IP_MULTICAST_TTL`).
    multicast_ttl_v4, set_multicast_ttl_v4: u32 = libc::IP_MULTICAST_TTL;
    /// The type-of-service byte of sent packets, 0 to 255 (`IP_TOS`).
    tos_v4, set_tos_v4: u32 = libc::IP_TOS;
    /// How many routers a packet may pass, 1 to 255 (`IP_TTL`).
    ttl_v4, set_ttl_v4: u32 = libc::IP_TTL;
}

#[cfg(any(target_os = "linux", target_os = "android"))]
options! { libc::IPPROTO_IP;
    /// Whether `bind` to port 0 leaves the choice of the port to `connect` (`IP_BIND_ADDRESS_NO_PORT`).
    bind_address_no_port, set_bind_address_no_port: bool = libc::IP_BIND_ADDRESS_NO_PORT;
    /// Whether an address may be bound that this machine does not have yet (`IP_FREEBIND`).
    freebind_v4, set_freebind_v4: bool = libc::IP_FREEBIND;
    /// Whether connections for other addresses may be taken (`IP_TRANSPARENT`). Setting it takes `CAP_NET_ADMIN`.
    ip_transparent_v4, set_ip_transparent_v4: bool = libc::IP_TRANSPARENT;
    /// The least time-to-live that a received packet must have, 0 to 255 (`IP_MINTTL`).
    min_ttl_v4, set_min_ttl_v4: u32 = libc::IP_MINTTL;
    /// How the path's largest packet is found out: one of `IP_PMTUDISC_*` (`IP_MTU_DISCOVER`).
    mtu_discover_v4, set_mtu_discover_v4: i32 = libc::IP_MTU_DISCOVER;
    /// Whether datagrams of all groups arrive that anybody on this machine joined (`IP_MULTICAST_ALL`).
    multicast_all_v4, set_multicast_all_v4: bool = libc::IP_MULTICAST_ALL;
    /// Whether errors from the network are kept with what caused them, for `MSG_ERRQUEUE` (`IP_RECVERR`).
    recv_error_v4, set_recv_error_v4: bool = libc::IP_RECVERR;
    /// Whether received datagrams carry the address that they were sent to (`IP_RECVORIGDSTADDR`).
    recv_original_dst_v4, set_recv_original_dst_v4: bool = libc::IP_RECVORIGDSTADDR;
    /// Whether received datagrams carry their destination and interface (`IP_PKTINFO`).
    recv_packet_info_v4, set_recv_packet_info_v4: bool = libc::IP_PKTINFO;
    /// Whether received datagrams carry their type of service (`IP_RECVTOS`).
    recv_tos_v4, set_recv_tos_v4: bool = libc::IP_RECVTOS;
    /// Whether received datagrams carry their time-to-live (`IP_RECVTTL`).
    recv_ttl_v4, set_recv_ttl_v4: bool = libc::IP_RECVTTL;
}

impl Socket {
    /// The address of the interface that multicast datagrams leave by, `0.0.0.0` for the system's choice
    /// (`IP_MULTICAST_IF`); [`Socket::set_multicast_interface`] sets it.
    ///
    /// Fails with [`Error::Closed`](crate::Error::Closed) and [`Error::Os`](crate::Error::Os).
    pub fn multicast_if_v4(&self) -> Result<Ipv4Addr> {
        let address: libc::in_addr = self.plain_option(libc::IPPROTO_IP, libc::IP_MULTICAST_IF)?;
        Ok(Ipv4Addr::from(u32::from_be(address.s_addr)))
    }

    /// The largest packet, in bytes, that the path to the connected peer takes (`IP_MTU`).
    ///
    /// Fails with `Os(ENOTCONN)` on a socket that is not connected, and with [`Error::Closed`](crate::Error::Closed).
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn mtu_v4(&self) -> Result<u32> {
        Ok(self.getsockopt(libc::IPPROTO_IP, libc::IP_MTU)? as u32)
    }

    /// Where a connection was going before the system's filter redirected it to here (`SO_ORIGINAL_DST`).
    ///
    /// Fails with `Os(ENOENT)` or `Os(ENOPROTOOPT)` when nothing was redirected, and with
    /// [`Error::Closed`](crate::Error::Closed).
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn original_dst_v4(&self) -> Result<Address> {
        let size = size_of::<libc::sockaddr_in>();
        let bytes = self.getsockopt_bytes(libc::IPPROTO_IP, libc::SO_ORIGINAL_DST, size)?;
        Ok(RawAddress::from_bytes(&bytes)?.decode())
    }
}
