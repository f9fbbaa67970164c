//! Options that every system has: a value that was set can be read back, by name and by number, and bad values change
//! nothing.

use std::time::Duration;

use crate::support::{OWN_TIMEOUT, libc, nobody, pair};
use tabi::{AF_INET, AF_INET6, Error, SOCK_DGRAM, SOCK_STREAM, Socket, TcpKeepalive, constants};

fn tcp() -> Socket {
    Socket::new(AF_INET, SOCK_STREAM, 0).unwrap()
}

fn udp() -> Socket {
    Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap()
}

/// Sets each value by its name, reads it back by name, and compares it with the value that the option's
/// number gives.
macro_rules! round_trips {
    ($socket:expr, $level:expr; $($get:ident, $set:ident, $option:path: $($value:expr => $number:expr),+;)+) => {{
        let socket = $socket;
        $($(
            socket.$set($value).unwrap_or_else(|error| panic!("{}({:?}): {error}", stringify!($set), $value));
            assert_eq!(socket.$get().unwrap(), $value, "{}", stringify!($get));
            assert_eq!(socket.getsockopt($level, $option).unwrap(), $number, "{}", stringify!($option));
        )+)+
        socket.close().unwrap();
        $(assert_eq!(socket.$get(), Err(Error::Closed), "{} of a closed socket", stringify!($get));)+
        $($(assert_eq!(socket.$set($value), Err(Error::Closed), "{} of a closed socket", stringify!($set));)+)+
    }};
}

#[cfg(target_os = "linux")]
pub(crate) use round_trips;

#[test]
fn options_of_every_socket() {
    round_trips! { udp(), constants::SOL_SOCKET;
        broadcast, set_broadcast, constants::SO_BROADCAST: true => 1, false => 0;
        reuse_address, set_reuse_address, constants::SO_REUSEADDR: true => 1, false => 0;
    }
    round_trips! { tcp(), constants::SOL_SOCKET;
        keepalive, set_keepalive, constants::SO_KEEPALIVE: true => 1, false => 0;
        out_of_band_inline, set_out_of_band_inline, constants::SO_OOBINLINE: true => 1, false => 0;
    }
}

#[test]
fn options_of_each_protocol() {
    round_trips! { udp(), constants::IPPROTO_IP;
        multicast_loop_v4, set_multicast_loop_v4, constants::IP_MULTICAST_LOOP: false => 0, true => 1;
        multicast_ttl_v4, set_multicast_ttl_v4, constants::IP_MULTICAST_TTL: 0 => 0, 255 => 255;
        ttl_v4, set_ttl_v4, constants::IP_TTL: 1 => 1, 255 => 255;
    }
    round_trips! { Socket::new(AF_INET6, SOCK_DGRAM, 0).unwrap(), constants::IPPROTO_IPV6;
        multicast_hops_v6, set_multicast_hops_v6, constants::IPV6_MULTICAST_HOPS: 0 => 0, 255 => 255;
        multicast_loop_v6, set_multicast_loop_v6, constants::IPV6_MULTICAST_LOOP: false => 0, true => 1;
        only_v6, set_only_v6, constants::IPV6_V6ONLY: true => 1, false => 0;
        unicast_hops_v6, set_unicast_hops_v6, constants::IPV6_UNICAST_HOPS: 1 => 1, 255 => 255;
    }
    round_trips! { tcp(), constants::IPPROTO_TCP;
        tcp_nodelay, set_tcp_nodelay, constants::TCP_NODELAY: true => 1, false => 0;
    }
}

#[test]
fn a_buffer_gets_at_least_its_size() {
    let socket = udp();
    for (get, set) in [
        (Socket::recv_buffer_size as fn(&Socket) -> _, Socket::set_recv_buffer_size as fn(&Socket, _) -> _),
        (Socket::send_buffer_size, Socket::set_send_buffer_size),
    ] {
        set(&socket, 32768).unwrap();
        let size = get(&socket).unwrap();
        assert!(size >= 32768, "{size}");
        let refused = set(&socket, u32::MAX).unwrap_err();
        assert_eq!(refused.to_string(), "an option must be 0-2147483647, got 4294967295");
        assert_eq!(get(&socket), Ok(size));
    }
}

#[test]
fn a_number_that_the_system_would_take_for_its_default_is_refused() {
    let socket = udp();
    socket.set_ttl_v4(9).unwrap();
    assert!(matches!(socket.set_ttl_v4(u32::MAX), Err(Error::Overflow(_))));
    assert_eq!(socket.set_ttl_v4(256), Err(Error::Os(libc::EINVAL)));
    assert_eq!(socket.ttl_v4(), Ok(9));
}

#[test]
fn linger_is_none_zero_or_seconds() {
    let socket = tcp();
    assert_eq!(socket.linger(), Ok(None));
    socket.set_linger(Some(Duration::from_secs(3))).unwrap();
    assert_eq!(socket.linger(), Ok(Some(Duration::from_secs(3))));
    // Rounded down, this time would be zero, which resets the connection.
    socket.set_linger(Some(Duration::from_millis(1))).unwrap();
    assert_eq!(socket.linger(), Ok(Some(Duration::from_secs(1))));
    socket.set_linger(Some(Duration::ZERO)).unwrap();
    assert_eq!(socket.linger(), Ok(Some(Duration::ZERO)));
    assert!(matches!(socket.set_linger(Some(Duration::MAX)), Err(Error::Overflow(_))));
    assert_eq!(socket.linger(), Ok(Some(Duration::ZERO)));
    socket.set_linger(None).unwrap();
    assert_eq!(socket.linger(), Ok(None));
}

#[test]
fn zero_linger_resets_the_connection() {
    let listener = tcp();
    listener.bind(("127.0.0.1", 0)).unwrap();
    listener.listen(1).unwrap();
    let client = tcp();
    client.connect(listener.getsockname().unwrap()).unwrap();
    let (peer, _) = listener.accept().unwrap();
    client.set_linger(Some(Duration::ZERO)).unwrap();
    client.close().unwrap();
    assert_eq!(peer.recv(1), Err(Error::Os(libc::ECONNRESET)));
}

#[test]
fn keepalive_has_its_times() {
    let socket = tcp();
    let keepalive = TcpKeepalive {
        time: Some(Duration::from_secs(60)),
        interval: Some(Duration::from_millis(1500)),
        retries: Some(4),
    };
    socket.set_tcp_keepalive(&keepalive).unwrap();
    assert_eq!(socket.keepalive(), Ok(true));
    let expected = TcpKeepalive { interval: Some(Duration::from_secs(2)), ..keepalive };
    assert_eq!(socket.tcp_keepalive(), Ok(expected));
    socket.set_tcp_keepalive(&TcpKeepalive { retries: Some(9), ..TcpKeepalive::default() }).unwrap();
    assert_eq!(socket.tcp_keepalive(), Ok(TcpKeepalive { retries: Some(9), ..expected }));
}

#[test]
fn keepalive_refuses_what_is_out_of_range_before_it_changes_anything() {
    let socket = tcp();
    let before = socket.tcp_keepalive();
    let second = Some(Duration::from_secs(1));
    for (keepalive, text) in [
        (
            TcpKeepalive { time: second, interval: Some(Duration::from_secs(32768)), retries: None },
            "keepalive interval must be 1-32767 seconds, got 32768",
        ),
        (
            TcpKeepalive { time: Some(Duration::ZERO), interval: second, retries: None },
            "keepalive time must be 1-32767 seconds, got 0",
        ),
        (
            TcpKeepalive { time: second, interval: None, retries: Some(128) },
            "keepalive retries must be 1-127, got 128",
        ),
    ] {
        let error = socket.set_tcp_keepalive(&keepalive).unwrap_err();
        assert!(matches!(error, Error::Value(_)), "{error:?}");
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(socket.tcp_keepalive(), before);
    assert_eq!(socket.keepalive(), Ok(false));
    assert!(udp().set_tcp_keepalive(&TcpKeepalive { time: second, ..TcpKeepalive::default() }).is_err());
}

#[test]
fn the_systems_own_timeouts_end_a_blocking_call() {
    let (one, _other) = pair(SOCK_STREAM);
    assert_eq!((one.read_timeout(), one.write_timeout()), (Ok(None), Ok(None)));
    one.set_read_timeout(Some(Duration::from_millis(40))).unwrap();
    one.set_write_timeout(Some(Duration::from_millis(60))).unwrap();
    assert_eq!(one.read_timeout(), Ok(Some(Duration::from_millis(40))));
    assert_eq!(one.write_timeout(), Ok(Some(Duration::from_millis(60))));
    assert_eq!(one.recv(1), Err(Error::Os(OWN_TIMEOUT)));
    assert!(matches!(one.set_read_timeout(Some(Duration::ZERO)), Err(Error::Value(_))));
    assert!(matches!(one.set_read_timeout(Some(Duration::MAX)), Err(Error::Overflow(_))));
    one.set_read_timeout(None).unwrap();
    assert_eq!(one.read_timeout(), Ok(None));
}

#[test]
fn a_pending_error_is_taken_once() {
    let (_kept, nobody) = nobody();
    let socket = udp();
    socket.connect(nobody).unwrap();
    socket.send(b"x").unwrap();
    // When the socket polls as ready, the system has received the answer that nobody listens.
    socket.wait(tabi::Interest::Read, tabi::Limit::FOREVER).unwrap();
    assert_eq!(socket.take_error(), Ok(Some(Error::Os(libc::ECONNREFUSED))));
    assert_eq!(socket.take_error(), Ok(None));
}

#[test]
fn the_system_knows_what_the_socket_is() {
    let socket = tcp();
    assert_eq!(socket.socket_type(), Ok(SOCK_STREAM));
    assert_eq!(socket.is_listener(), Ok(false));
    socket.bind(("127.0.0.1", 0)).unwrap();
    socket.listen(1).unwrap();
    assert_eq!(socket.is_listener(), Ok(true));
}
