//! Multicast groups are joined and left, and their datagrams arrive or not, for IPv4 and IPv6.
#![cfg(target_os = "linux")]

use std::net::{Ipv4Addr, Ipv6Addr};

use tabi::{AF_INET, AF_INET6, Error, MulticastInterface, SOCK_DGRAM, Socket};

fn udp() -> Socket {
    Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap()
}

fn udp6() -> Socket {
    Socket::new(AF_INET6, SOCK_DGRAM, 0).unwrap()
}

#[test]
fn interfaces_are_written_as_names_addresses_or_nothing() {
    assert_eq!("".parse(), Ok(MulticastInterface::Any));
    assert_eq!("127.0.0.1".parse(), Ok(MulticastInterface::Address(Ipv4Addr::LOCALHOST)));
    assert_eq!("lo".parse(), Ok(MulticastInterface::Index(1)));
    assert_eq!("none-such".parse::<MulticastInterface>(), Err(Error::Os(libc::ENODEV)));
    assert!(matches!("l\0o".parse::<MulticastInterface>(), Err(Error::Value(_))));
}

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 77, 1);

/// A socket that receives only the groups that it has joined itself.
fn receiver() -> Socket {
    let socket = udp();
    socket.set_multicast_all_v4(false).unwrap();
    socket.bind(("0.0.0.0", 0)).unwrap();
    socket.settimeout(30.0).unwrap();
    socket
}

#[test]
fn a_group_of_ipv4_is_heard_until_it_is_left() {
    let lo = "lo".parse().unwrap();
    let receiver = receiver();
    let port = receiver.getsockname().unwrap().port().unwrap();
    let sender = udp();
    sender.set_multicast_interface(lo).unwrap();
    sender.set_multicast_interface(MulticastInterface::Address(Ipv4Addr::LOCALHOST)).unwrap();
    assert_eq!(sender.multicast_if_v4(), Ok(Ipv4Addr::LOCALHOST));
    sender.set_multicast_loop_v4(true).unwrap();

    receiver.join_multicast(GROUP, lo).unwrap();
    assert_eq!(receiver.join_multicast(GROUP, lo), Err(Error::Os(libc::EADDRINUSE)));
    sender.sendto(b"one", (GROUP.to_string(), port)).unwrap();
    assert_eq!(receiver.recv(16).unwrap(), b"one");

    receiver.leave_multicast(GROUP, lo).unwrap();
    assert_eq!(receiver.leave_multicast(GROUP, lo), Err(Error::Os(libc::EADDRNOTAVAIL)));
    sender.sendto(b"two", (GROUP.to_string(), port)).unwrap();
    sender.sendto(b"three", ("127.0.0.1", port)).unwrap();
    assert_eq!(receiver.recv(16).unwrap(), b"three", "what was sent to the group must not arrive");
}

/// Whether this file of the system has a line with all of these words for the loopback interface.
///
/// The loopback interface has no route for IPv6 multicast. So no datagrams are sent, and the membership is
/// looked up in this file.
fn listed(file: &str, words: &[&str]) -> bool {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().any(|line| {
        let found: Vec<&str> = line.split_whitespace().collect();
        found.get(1) == Some(&"lo")
            && words.iter().all(|word| found.iter().any(|found| found.ends_with(word)))
    })
}

/// A group of IPv6 that only this process joins. The files list the groups of all processes.
fn own_group(number: u16) -> Ipv6Addr {
    let process = std::process::id();
    Ipv6Addr::new(0xff01, 0, 0, 0, 0, (process >> 16) as u16, process as u16, number)
}

/// An address as these files write it.
fn digits(address: Ipv6Addr) -> String {
    format!("{:032x}", address.to_bits())
}

#[test]
fn a_group_of_ipv6_is_joined_until_it_is_left() {
    let group = own_group(1);
    let joined = || listed("/proc/net/igmp6", &[&digits(group)]);
    let socket = udp6();
    assert!(!joined());
    socket.join_multicast(group, MulticastInterface::Index(1)).unwrap();
    assert!(joined());
    socket.leave_multicast(group, MulticastInterface::Index(1)).unwrap();
    assert!(!joined());
    assert_eq!(
        socket.leave_multicast(group, MulticastInterface::Index(1)),
        Err(Error::Os(libc::EADDRNOTAVAIL))
    );
    socket.set_multicast_interface("lo".parse().unwrap()).unwrap();
    assert_eq!(socket.multicast_if_v6(), Ok(1));
}

#[test]
fn one_sender_of_a_group_is_heard() {
    let other = Ipv4Addr::new(127, 0, 0, 2);
    for lo in [MulticastInterface::Index(1), MulticastInterface::Address(Ipv4Addr::LOCALHOST)] {
        let receiver = receiver();
        let port = receiver.getsockname().unwrap().port().unwrap();
        let (wanted, unwanted) = (udp(), udp());
        for (sender, host) in [(&wanted, "127.0.0.1"), (&unwanted, "127.0.0.2")] {
            sender.bind((host, 0)).unwrap();
            sender.set_multicast_interface(lo).unwrap();
        }
        let group = (GROUP.to_string(), port);

        receiver.join_source_multicast(GROUP, Ipv4Addr::LOCALHOST, lo).unwrap();
        unwanted.sendto(b"unwanted", &group).unwrap();
        wanted.sendto(b"wanted", &group).unwrap();
        assert_eq!(receiver.recv(16).unwrap(), b"wanted");
        assert_eq!(
            receiver.leave_source_multicast(GROUP, other, lo),
            Err(Error::Os(libc::EADDRNOTAVAIL)),
            "that sender was not joined"
        );
        receiver.leave_source_multicast(GROUP, Ipv4Addr::LOCALHOST, lo).unwrap();

        receiver.join_multicast(GROUP, lo).unwrap();
        receiver.block_source_multicast(GROUP, other, lo).unwrap();
        unwanted.sendto(b"unwanted", &group).unwrap();
        wanted.sendto(b"wanted", &group).unwrap();
        assert_eq!(receiver.recv(16).unwrap(), b"wanted");
        receiver.unblock_source_multicast(GROUP, other, lo).unwrap();
        unwanted.sendto(b"heard again", &group).unwrap();
        assert_eq!(receiver.recv(16).unwrap(), b"heard again");
    }
}

#[test]
fn one_sender_of_an_ipv6_group_is_joined_until_it_is_left() {
    let group = own_group(2);
    let source = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 9);
    let lo = MulticastInterface::Index(1);
    let joined = || listed("/proc/net/mcfilter6", &[&digits(group), &digits(source)]);
    let socket = udp6();
    assert!(!joined());
    socket.join_source_multicast(group, source, lo).unwrap();
    assert!(joined());
    socket.leave_source_multicast(group, source, lo).unwrap();
    assert!(!joined());
}

#[test]
fn impossible_memberships_are_refused() {
    let address = MulticastInterface::Address(Ipv4Addr::LOCALHOST);
    let lo = MulticastInterface::Index(1);
    assert_eq!(udp().join_multicast(Ipv4Addr::LOCALHOST, lo), Err(Error::Os(libc::EINVAL)));
    assert_eq!(udp6().join_multicast(Ipv6Addr::LOCALHOST, lo), Err(Error::Os(libc::EINVAL)));
    assert_eq!(udp().join_multicast(GROUP, MulticastInterface::Index(999_999)), Err(Error::Os(libc::ENODEV)));
    let error = udp6().join_multicast(Ipv6Addr::LOCALHOST, address).unwrap_err();
    assert_eq!(
        error,
        Error::Type("IPv6 multicast takes an interface by name or number, got the address 127.0.0.1".into())
    );
    assert!(matches!(udp6().set_multicast_interface(address), Err(Error::Type(_))));
    assert!(matches!(udp().join_source_multicast(GROUP, Ipv6Addr::LOCALHOST, lo), Err(Error::Type(_))));
    let closed = udp();
    closed.close().unwrap();
    assert_eq!(closed.join_multicast(GROUP, lo), Err(Error::Closed));
}
