//! Bad input from Rust gives a clear error of the right category and changes nothing.

use std::time::Duration;

use crate::support::{
    LOCAL, NO_DESTINATION, NO_PEER, in_own_process, libc, open_descriptors, pair, stream_pair,
};
use tabi::constants::*;
use tabi::*;

fn tcp() -> Socket {
    Socket::new(AF_INET, SOCK_STREAM, 0).unwrap()
}

#[test]
fn a_host_that_does_not_resolve_is_a_gaierror() {
    let error = tcp().connect(("no such host.invalid", 80)).unwrap_err();
    assert!(matches!(error, Error::Gai(_)), "{error:?}");
    let error = tcp().bind(("::1", 0)).unwrap_err();
    assert!(matches!(error, Error::Gai(_)), "an IPv6 address on an IPv4 socket: {error:?}");
}

#[test]
fn nul_bytes_are_refused() {
    assert!(matches!(tcp().bind(("local\0host", 0)), Err(Error::Value(_))));
}

#[test]
fn an_unreachable_port_and_a_busy_port_are_the_systems_errors() {
    let listener = tcp();
    listener.bind(("127.0.0.1", 0)).unwrap();
    let address = listener.getsockname().unwrap();
    assert_eq!(tcp().connect(&address).unwrap_err(), Error::Os(libc::ECONNREFUSED));
    assert_eq!(tcp().connect_ex(&address).unwrap(), libc::ECONNREFUSED);
    assert_eq!(tcp().bind(&address).unwrap_err(), Error::Os(libc::EADDRINUSE));
}

#[test]
fn timeouts_are_numbers_from_zero_on() {
    let socket = tcp();
    socket.settimeout(3.0).unwrap();
    for seconds in [-1.0, -1e-9, f64::NAN, f64::NEG_INFINITY] {
        assert!(matches!(socket.settimeout(seconds), Err(Error::Value(_))), "{seconds}");
        assert!(matches!(setdefaulttimeout(seconds), Err(Error::Value(_))), "{seconds}");
    }
    for seconds in [f64::INFINITY, 1e10, f64::MAX] {
        assert!(matches!(socket.settimeout(seconds), Err(Error::Overflow(_))), "{seconds}");
    }
    assert!(matches!(socket.settimeout(Duration::MAX), Err(Error::Overflow(_))));
    assert_eq!(socket.gettimeout(), Some(Duration::from_secs(3)), "nothing was changed");
    assert_eq!(getdefaulttimeout(), None);
    socket.settimeout(1e-10).unwrap();
    assert_eq!(socket.gettimeout(), Some(Duration::from_nanos(1)), "rounded up, never to zero");
}

#[test]
fn receiving_nothing_and_too_much() {
    let (one, other) = stream_pair(LOCAL);
    assert_eq!(one.recv(0).unwrap(), b"", "without asking the system: this would block");
    assert_eq!(one.recv(usize::MAX).unwrap_err(), Error::Os(libc::ENOMEM));
    assert_eq!(one.recvfrom(isize::MAX as usize + 1).unwrap_err(), Error::Os(libc::ENOMEM));
    other.sendall(b"abc").unwrap();
    assert_eq!(one.recv(2).unwrap(), b"ab");
    assert_eq!(one.recv(2).unwrap(), b"c");
}

#[test]
fn sending_where_nobody_listens() {
    assert!(NO_PEER.contains(&tcp().send(b"x").unwrap_err().errno()));
    assert_eq!(tcp().recv(1).unwrap_err(), Error::Os(libc::ENOTCONN));
    let datagram = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    assert!(NO_DESTINATION.contains(&datagram.send(b"x").unwrap_err().errno()));
    let (one, other) = stream_pair(AF_INET);
    one.shutdown(SHUT_WR).unwrap();
    assert_eq!(one.send(b"x").unwrap_err(), Error::Os(libc::EPIPE));
    assert_eq!(other.recv(1).unwrap(), b"", "half shut: the other half still works");
    other.sendall(b"y").unwrap();
    assert_eq!(one.recv(1).unwrap(), b"y");
    assert_eq!(tcp().shutdown(SHUT_RDWR).unwrap_err(), Error::Os(libc::ENOTCONN));
}

#[test]
fn a_datagram_has_at_most_65507_bytes() {
    let receiver = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    receiver.bind(("127.0.0.1", 0)).unwrap();
    let sender = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    let address = receiver.getsockname().unwrap();
    assert_eq!(sender.sendto(&[0; 65507], &address).unwrap(), 65507);
    assert_eq!(sender.sendto(&[0; 65508], &address).unwrap_err(), Error::Os(libc::EMSGSIZE));
    assert_eq!(sender.sendto(&[0; 1 << 20], &address).unwrap_err(), Error::Os(libc::EMSGSIZE));
}

#[test]
fn an_address_of_the_wrong_family_is_a_type_error() {
    assert!(matches!(tcp().bind("/run/socket"), Err(Error::Type(_))));
    assert!(matches!(tcp().bind(("::1", 0, 0, 0)), Err(Error::Type(_))));
    let v6 = "[::1]:80".parse::<std::net::SocketAddr>().unwrap();
    assert!(matches!(tcp().connect(v6), Err(Error::Type(_))));
}

#[test]
fn a_family_that_does_not_exist_and_a_type_that_does_not_fit() {
    assert_eq!(
        Socket::new(AddressFamily::from_raw(9999), SOCK_STREAM, 0).unwrap_err(),
        Error::Os(libc::EAFNOSUPPORT)
    );
    assert!(matches!(
        std::net::UdpSocket::try_from(tcp()).map_err(|error| error.to_string()),
        Err(text) if text.contains("cannot become")
    ));
}

#[test]
fn options_that_do_not_exist() {
    assert_eq!(tcp().getsockopt(SOL_SOCKET, 12345).unwrap_err(), Error::Os(libc::ENOPROTOOPT));
    assert!(tcp().setsockopt(SOL_SOCKET, 12345, 1).is_err());
    for buflen in [0, 1025] {
        assert!(matches!(tcp().getsockopt_bytes(SOL_SOCKET, SO_TYPE, buflen), Err(Error::OsMessage(_))));
    }
}

#[test]
fn failures_leak_no_descriptors() {
    in_own_process(|| {
        // The first call of a thread opens what the thread keeps.
        assert!(tcp().connect(("127.0.0.1", 1)).is_err());
        let before = open_descriptors();
        for _ in 0..20 {
            assert!(tcp().bind(("127.0.0.1", 0, 0, 0)).is_err());
            assert!(tcp().connect(("127.0.0.1", 1)).is_err());
            assert_eq!(open_descriptors(), before);
        }
    });
}

#[test]
fn no_descriptor_is_inherited() {
    let (client, accepted) = stream_pair(AF_INET);
    let (one, other) = pair(SOCK_STREAM);
    for socket in [&client, &accepted, &one, &other, &one.dup().unwrap()] {
        assert!(!socket.get_inheritable().unwrap(), "{socket:?}");
        socket.set_inheritable(true).unwrap();
        assert!(socket.get_inheritable().unwrap());
    }
}
