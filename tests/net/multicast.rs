//! Multicast groups are joined and left, and their datagrams arrive or not, for IPv4 and IPv6.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::support::{HANG, libc};
use tabi::{AF_INET, AF_INET6, Error, MulticastInterface, SOCK_DGRAM, Socket};

fn udp() -> Socket {
    Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap()
}

fn udp6() -> Socket {
    Socket::new(AF_INET6, SOCK_DGRAM, 0).unwrap()
}

/// What the system says of a group that was not joined. Wine has another error than Windows.
const NOT_JOINED: &[i32] =
    if cfg!(windows) { &[libc::EADDRNOTAVAIL, libc::EINVAL] } else { &[libc::EADDRNOTAVAIL] };

/// What it says of an interface that does not exist.
const NO_INTERFACE: &[i32] = if cfg!(windows) { NOT_JOINED } else { &[::libc::ENODEV] };

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 77, 1);

#[test]
fn a_group_of_ipv4_is_heard_until_it_is_left() {
    let receiver = udp();
    // Linux passes on what comes for the groups of other sockets, too.
    #[cfg(target_os = "linux")]
    receiver.set_multicast_all_v4(false).unwrap();
    receiver.bind(("0.0.0.0", 0)).unwrap();
    receiver.settimeout(HANG).unwrap();
    let port = receiver.getsockname().unwrap().port().unwrap();
    let sender = udp();
    let lo = MulticastInterface::Address(Ipv4Addr::LOCALHOST);
    sender.set_multicast_interface(lo).unwrap();
    assert_eq!(sender.multicast_if_v4(), Ok(Ipv4Addr::LOCALHOST));
    sender.set_multicast_loop_v4(true).unwrap();

    receiver.join_multicast(GROUP, lo).unwrap();
    assert_eq!(receiver.join_multicast(GROUP, lo), Err(Error::Os(libc::EADDRINUSE)));
    sender.sendto(b"one", (GROUP.to_string(), port)).unwrap();
    assert_eq!(receiver.recv(16).unwrap(), b"one");

    receiver.leave_multicast(GROUP, lo).unwrap();
    assert!(NOT_JOINED.contains(&receiver.leave_multicast(GROUP, lo).unwrap_err().errno()));
    sender.sendto(b"two", (GROUP.to_string(), port)).unwrap();
    sender.sendto(b"three", ("127.0.0.1", port)).unwrap();
    assert_eq!(receiver.recv(16).unwrap(), b"three", "what was sent to the group must not arrive");
}

#[test]
fn impossible_memberships_are_refused() {
    let address = MulticastInterface::Address(Ipv4Addr::LOCALHOST);
    let lo = MulticastInterface::Index(1);
    assert_eq!(udp().join_multicast(Ipv4Addr::LOCALHOST, lo), Err(Error::Os(libc::EINVAL)));
    assert_eq!(udp6().join_multicast(Ipv6Addr::LOCALHOST, lo), Err(Error::Os(libc::EINVAL)));
    let missing = udp().join_multicast(GROUP, MulticastInterface::Index(999_999)).unwrap_err();
    assert!(NO_INTERFACE.contains(&missing.errno()), "{missing}");
    let error = udp6().join_multicast(Ipv6Addr::LOCALHOST, address).unwrap_err();
    assert_eq!(
        error,
        Error::Type("IPv6 multicast takes an interface by name or number, got the address 127.0.0.1".into())
    );
    assert!(matches!(udp6().set_multicast_interface(address), Err(Error::Type(_))));
    let closed = udp();
    closed.close().unwrap();
    assert_eq!(closed.join_multicast(GROUP, lo), Err(Error::Closed));
}
