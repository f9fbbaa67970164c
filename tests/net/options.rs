//! Options that only Linux has, or that have values of their own there.
#![allow(unsafe_code)]

use std::time::Duration;

use crate::usual_options::round_trips;
use tabi::{AF_INET, AF_INET6, AF_UNIX, Error, SOCK_DGRAM, SOCK_STREAM, Socket, TcpKeepalive};

fn tcp() -> Socket {
    Socket::new(AF_INET, SOCK_STREAM, 0).unwrap()
}

fn udp() -> Socket {
    Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap()
}

fn udp6() -> Socket {
    Socket::new(AF_INET6, SOCK_DGRAM, 0).unwrap()
}

#[test]
fn options_of_every_socket() {
    round_trips! { udp(), libc::SOL_SOCKET;
        mark, set_mark, libc::SO_MARK: 0 => 0;
        priority, set_priority, libc::SO_PRIORITY: 6 => 6, 0 => 0;
        recv_queue_overflow, set_recv_queue_overflow, libc::SO_RXQ_OVFL: true => 1, false => 0;
        reuse_port, set_reuse_port, libc::SO_REUSEPORT: true => 1, false => 0;
        route_directly, set_route_directly, libc::SO_DONTROUTE: true => 1, false => 0;
        timestamp, set_timestamp, libc::SO_TIMESTAMP: true => 1, false => 0;
        timestamp_nanoseconds, set_timestamp_nanoseconds, libc::SO_TIMESTAMPNS: true => 1, false => 0;
        timestamping, set_timestamping, libc::SO_TIMESTAMPING: 16 => 16, 0 => 0;
        incoming_cpu, set_incoming_cpu, libc::SO_INCOMING_CPU: 1 => 1, 0 => 0;
        device_index, set_device_index, libc::SO_BINDTOIFINDEX: 1 => 1, 0 => 0;
    }
    round_trips! { tcp(), libc::SOL_SOCKET;
        recv_low_water, set_recv_low_water, libc::SO_RCVLOWAT: 17 => 17, 1 => 1;
        zero_copy, set_zero_copy, libc::SO_ZEROCOPY: true => 1, false => 0;
    }
}

#[test]
fn options_of_ipv4() {
    round_trips! { udp(), libc::IPPROTO_IP;
        bind_address_no_port, set_bind_address_no_port, libc::IP_BIND_ADDRESS_NO_PORT: true => 1, false => 0;
        freebind_v4, set_freebind_v4, libc::IP_FREEBIND: true => 1, false => 0;
        min_ttl_v4, set_min_ttl_v4, libc::IP_MINTTL: 255 => 255, 0 => 0;
        mtu_discover_v4, set_mtu_discover_v4, libc::IP_MTU_DISCOVER: libc::IP_PMTUDISC_DO => 2, libc::IP_PMTUDISC_DONT => 0;
        multicast_all_v4, set_multicast_all_v4, libc::IP_MULTICAST_ALL: false => 0, true => 1;
        recv_error_v4, set_recv_error_v4, libc::IP_RECVERR: true => 1, false => 0;
        recv_original_dst_v4, set_recv_original_dst_v4, libc::IP_RECVORIGDSTADDR: true => 1, false => 0;
        recv_packet_info_v4, set_recv_packet_info_v4, libc::IP_PKTINFO: true => 1, false => 0;
        recv_tos_v4, set_recv_tos_v4, libc::IP_RECVTOS: true => 1, false => 0;
        recv_ttl_v4, set_recv_ttl_v4, libc::IP_RECVTTL: true => 1, false => 0;
        tos_v4, set_tos_v4, libc::IP_TOS: 0x10 => 0x10;
    }
}

#[test]
fn options_of_ipv6() {
    round_trips! { udp6(), libc::IPPROTO_IPV6;
        dont_fragment_v6, set_dont_fragment_v6, libc::IPV6_DONTFRAG: true => 1, false => 0;
        freebind_v6, set_freebind_v6, libc::IPV6_FREEBIND: true => 1, false => 0;
        min_hops_v6, set_min_hops_v6, libc::IPV6_MINHOPCOUNT: 255 => 255, 0 => 0;
        mtu_discover_v6, set_mtu_discover_v6, libc::IPV6_MTU_DISCOVER: libc::IPV6_PMTUDISC_DO => 2;
        multicast_all_v6, set_multicast_all_v6, libc::IPV6_MULTICAST_ALL: false => 0, true => 1;
        multicast_if_v6, set_multicast_if_v6, libc::IPV6_MULTICAST_IF: 1 => 1, 0 => 0;
        recv_error_v6, set_recv_error_v6, libc::IPV6_RECVERR: true => 1, false => 0;
        recv_hop_limit_v6, set_recv_hop_limit_v6, libc::IPV6_RECVHOPLIMIT: true => 1, false => 0;
        recv_original_dst_v6, set_recv_original_dst_v6, libc::IPV6_RECVORIGDSTADDR: true => 1, false => 0;
        recv_packet_info_v6, set_recv_packet_info_v6, libc::IPV6_RECVPKTINFO: true => 1, false => 0;
        recv_tclass_v6, set_recv_tclass_v6, libc::IPV6_RECVTCLASS: true => 1, false => 0;
        tclass_v6, set_tclass_v6, libc::IPV6_TCLASS: 255 => 255, 0 => 0;
    }
}

#[test]
fn options_of_tcp() {
    round_trips! { tcp(), libc::IPPROTO_TCP;
        tcp_cork, set_tcp_cork, libc::TCP_CORK: true => 1, false => 0;
        tcp_defer_accept, set_tcp_defer_accept, libc::TCP_DEFER_ACCEPT: 1 => 1, 0 => 0;
        tcp_fast_open_connect, set_tcp_fast_open_connect, libc::TCP_FASTOPEN_CONNECT: true => 1, false => 0;
        tcp_inq, set_tcp_inq, libc::TCP_INQ: true => 1, false => 0;
        tcp_linger2, set_tcp_linger2, libc::TCP_LINGER2: 5 => 5, -1 => -1;
        tcp_notsent_lowat, set_tcp_notsent_lowat, libc::TCP_NOTSENT_LOWAT: 4096 => 4096;
        tcp_quickack, set_tcp_quickack, libc::TCP_QUICKACK: false => 0, true => 1;
        tcp_save_syn, set_tcp_save_syn, libc::TCP_SAVE_SYN: true => 1, false => 0;
        tcp_syn_count, set_tcp_syn_count, libc::TCP_SYNCNT: 127 => 127, 1 => 1;
        tcp_thin_linear_timeouts, set_tcp_thin_linear_timeouts, libc::TCP_THIN_LINEAR_TIMEOUTS: true => 1, false => 0;
        tcp_window_clamp, set_tcp_window_clamp, libc::TCP_WINDOW_CLAMP: 65536 => 65536;
    }
    let socket = tcp();
    socket.set_tcp_mss(536).unwrap();
    assert_eq!(socket.tcp_mss(), Ok(536));
}

#[test]
fn options_of_udp() {
    round_trips! { udp(), libc::IPPROTO_UDP;
        udp_cork, set_udp_cork, libc::UDP_CORK: true => 1, false => 0;
        udp_gro, set_udp_gro, libc::UDP_GRO: true => 1, false => 0;
        udp_segment, set_udp_segment, libc::UDP_SEGMENT: 1000 => 1000, 0 => 0;
    }
    assert_eq!(udp().set_udp_segment(65536), Err(Error::Os(libc::EINVAL)));
}

#[test]
fn options_of_unix() {
    let unix = || Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    round_trips! { unix(), libc::SOL_SOCKET;
        passcred, set_passcred, libc::SO_PASSCRED: true => 1, false => 0;
        peek_offset, set_peek_offset, libc::SO_PEEK_OFF: 7 => 7, -1 => -1;
    }
}

#[test]
fn a_listener_takes_data_in_the_handshake() {
    let listener = tcp();
    listener.bind(("127.0.0.1", 0)).unwrap();
    listener.listen(1).unwrap();
    listener.set_tcp_fast_open(7).unwrap();
    assert_eq!(listener.tcp_fast_open(), Ok(7));
}

#[test]
fn buffers_grow() {
    let socket = udp();
    for (get, set) in [
        (Socket::recv_buffer_size as fn(&Socket) -> _, Socket::set_recv_buffer_size as fn(&Socket, _) -> _),
        (Socket::send_buffer_size, Socket::set_send_buffer_size),
    ] {
        set(&socket, 32768).unwrap();
        // Linux doubles the size, for its own bookkeeping.
        assert_eq!(get(&socket), Ok(65536));
        assert_eq!(
            set(&socket, u32::MAX).unwrap_err().to_string(),
            "an option must be 0-2147483647, got 4294967295"
        );
        assert_eq!(get(&socket), Ok(65536));
    }
}

#[test]
fn an_option_of_another_kind_of_socket_is_refused() {
    assert_eq!(udp().tcp_nodelay(), Err(Error::Os(libc::EOPNOTSUPP)));
    assert_eq!(udp().set_tcp_nodelay(true), Err(Error::Os(libc::ENOPROTOOPT)));
    let unix = Socket::new(AF_UNIX, SOCK_STREAM, 0).unwrap();
    assert_eq!(unix.set_tcp_nodelay(true), Err(Error::Os(libc::EOPNOTSUPP)));
    assert_eq!(tcp().only_v6(), Err(Error::Os(libc::EOPNOTSUPP)));
}

#[test]
fn only_tcp_has_the_times_of_probes() {
    let (unix, _peer) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).unwrap();
    for socket in [unix, udp()] {
        // Only SO_KEEPALIVE would be set here, and every socket accepts it.
        let refused = socket.set_tcp_keepalive(&TcpKeepalive::default());
        assert!(matches!(refused, Err(Error::Os(libc::EOPNOTSUPP | libc::ENOPROTOOPT))), "{refused:?}");
        assert_eq!(socket.keepalive(), Ok(false));
    }
}

/// The system counts the length of this option in instructions of 8 bytes. If it were given the length in
/// bytes, it would write eight times as much.
#[test]
fn a_filter_is_read_in_whole_instructions() {
    const PASS: libc::sock_filter = libc::sock_filter { code: 6, jt: 0, jf: 0, k: u32::MAX };
    let mut instructions = [PASS; 16];
    let program = libc::sock_fprog { len: 16, filter: instructions.as_mut_ptr() };
    // SAFETY: the program is readable for its size.
    let bytes = unsafe {
        std::slice::from_raw_parts((&raw const program).cast::<u8>(), size_of::<libc::sock_fprog>())
    };
    let socket = udp();
    let read = |buflen| socket.getsockopt_bytes(libc::SOL_SOCKET, libc::SO_GET_FILTER, buflen);
    assert_eq!(read(1024).unwrap(), b"", "no filter yet");
    socket.setsockopt_bytes(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, bytes).unwrap();

    let whole = read(128).unwrap();
    assert_eq!(whole.len(), 128);
    assert_eq!(whole[..8], [6, 0, 0, 0, 255, 255, 255, 255]);
    assert_eq!(read(1024).unwrap(), whole);
    for too_small in [1, 7, 8, 16, 127] {
        assert_eq!(read(too_small), Err(Error::Os(libc::EINVAL)), "{too_small} bytes");
    }
    let number = socket.getsockopt(libc::SOL_SOCKET, libc::SO_GET_FILTER);
    assert_eq!(number, Err(Error::Os(libc::EINVAL)), "an int is half an instruction");
}

#[test]
fn user_timeout_rounds_up() {
    let socket = tcp();
    assert_eq!(socket.tcp_user_timeout(), Ok(None));
    socket.set_tcp_user_timeout(Some(Duration::from_micros(1200))).unwrap();
    assert_eq!(socket.tcp_user_timeout(), Ok(Some(Duration::from_millis(2))));
    assert!(matches!(socket.set_tcp_user_timeout(Some(Duration::ZERO)), Err(Error::Value(_))));
    assert!(matches!(socket.set_tcp_user_timeout(Some(Duration::MAX)), Err(Error::Overflow(_))));
    socket.set_tcp_user_timeout(None).unwrap();
    assert_eq!(socket.tcp_user_timeout(), Ok(None));
}

#[test]
fn the_system_knows_what_the_socket_is() {
    let socket = tcp();
    assert_eq!(socket.domain(), Ok(AF_INET));
    assert_eq!(socket.protocol(), Ok(libc::IPPROTO_TCP));
    assert_ne!(socket.cookie().unwrap(), tcp().cookie().unwrap());
}

#[test]
fn congestion_control_by_name() {
    let socket = tcp();
    let usual = socket.tcp_congestion().unwrap();
    socket.set_tcp_congestion(b"reno").unwrap();
    assert_eq!(socket.tcp_congestion(), Ok(b"reno".to_vec()));
    assert_eq!(socket.set_tcp_congestion(b"nonsense"), Err(Error::Os(libc::ENOENT)));
    let error = socket.set_tcp_congestion(b"reno-with-a-tail").unwrap_err();
    assert_eq!(error.to_string(), "congestion control name must be at most 15 bytes, got 16");
    assert!(matches!(socket.set_tcp_congestion(b"reno\0x"), Err(Error::Value(_))));
    assert_eq!(socket.tcp_congestion(), Ok(b"reno".to_vec()));
    socket.set_tcp_congestion(&usual).unwrap();
}

#[test]
fn a_socket_is_bound_to_an_interface_by_name() {
    let socket = udp();
    assert_eq!(socket.device(), Ok(None));
    socket.bind_device(Some(b"lo")).unwrap();
    assert_eq!(socket.device(), Ok(Some(b"lo".to_vec())));
    assert_eq!(socket.device_index(), Ok(1));
    assert_eq!(udp().bind_device(Some(b"none-such")), Err(Error::Os(libc::ENODEV)));
    // The system would cut the name to its first 15 bytes.
    let error = udp().bind_device(Some(b"0123456789abcdef")).unwrap_err();
    assert_eq!(error.to_string(), "interface name must be at most 15 bytes, got 16");
}

#[test]
fn the_peer_of_a_unix_connection_is_known() {
    let (one, _other) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).unwrap();
    let peer = one.peer_credentials().unwrap();
    assert_eq!(peer.pid, std::process::id() as i32);
    // SAFETY: these functions touch no memory.
    assert_eq!((peer.uid, peer.gid), unsafe { (libc::geteuid(), libc::getegid()) });
    // SAFETY: with a size of 0 nothing is written.
    let groups = unsafe { libc::getgroups(0, std::ptr::null_mut()) };
    assert_eq!(one.peer_groups().unwrap().len(), groups as usize);
    let alone = Socket::new(AF_UNIX, SOCK_STREAM, 0).unwrap();
    assert_eq!(alone.peer_credentials(), Err(Error::Os(libc::ENOTCONN)));
    assert_eq!(alone.peer_groups(), Err(Error::Os(libc::ENODATA)));
    assert_eq!(tcp().peer_credentials(), Err(Error::Os(libc::ENOTCONN)));
    assert_eq!(tcp().peer_groups(), Err(Error::Os(libc::ENODATA)));
}

#[test]
fn pacing_has_a_limit_or_none() {
    let socket = tcp();
    assert_eq!(socket.max_pacing_rate(), Ok(None));
    socket.set_max_pacing_rate(Some(1_000_000)).unwrap();
    assert_eq!(socket.max_pacing_rate(), Ok(Some(1_000_000)));
    // The highest number of 32 bits means no limit where the system has no more bits.
    match socket.set_max_pacing_rate(Some(u32::MAX.into())) {
        Ok(()) => assert_eq!(socket.max_pacing_rate(), Ok(Some(u32::MAX.into()))),
        Err(error) => assert!(matches!(error, tabi::Error::Overflow(_)), "{error}"),
    }
    socket.set_max_pacing_rate(None).unwrap();
    assert_eq!(socket.max_pacing_rate(), Ok(None));
}

#[test]
fn the_mtu_of_a_path_needs_a_peer() {
    let socket = udp();
    assert_eq!(socket.mtu_v4(), Err(Error::Os(libc::ENOTCONN)));
    socket.connect(("127.0.0.1", 9)).unwrap();
    assert!(socket.mtu_v4().unwrap() >= 1280);
    let six = udp6();
    six.connect(("::1", 9)).unwrap();
    assert!(six.mtu_v6().unwrap() >= 1280);
}
