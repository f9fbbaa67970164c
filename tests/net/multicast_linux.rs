//! Multicast groups as Linux lists them, and the names that it has for interfaces.

use std::net::{Ipv4Addr, Ipv6Addr};

use tabi::{AF_INET, AF_INET6, Error, MulticastInterface, SOCK_DGRAM, Socket};

fn udp6() -> Socket {
    Socket::new(AF_INET6, SOCK_DGRAM, 0).unwrap()
}

fn udp() -> Socket {
    Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap()
}

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 77, 2);

/// A socket that receives only the groups that it has joined itself.
fn receiver() -> Socket {
    let socket = udp();
    socket.set_multicast_all_v4(false).unwrap();
    socket.bind(("0.0.0.0", 0)).unwrap();
    socket.settimeout(30.0).unwrap();
    socket
}

#[test]
fn interfaces_are_written_as_names_addresses_or_nothing() {
    assert_eq!("".parse(), Ok(MulticastInterface::Any));
    assert_eq!("127.0.0.1".parse(), Ok(MulticastInterface::Address(Ipv4Addr::LOCALHOST)));
    assert_eq!("lo".parse(), Ok(MulticastInterface::Index(1)));
    assert_eq!("none-such".parse::<MulticastInterface>(), Err(Error::Os(libc::ENODEV)));
    assert!(matches!("l\0o".parse::<MulticastInterface>(), Err(Error::Value(_))));
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
fn the_senders_of_a_group_have_its_family() {
    let lo = MulticastInterface::Index(1);
    assert!(matches!(udp().join_source_multicast(GROUP, Ipv6Addr::LOCALHOST, lo), Err(Error::Type(_))));
}
