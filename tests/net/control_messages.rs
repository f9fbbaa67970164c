//! Flags and control messages that arrive.

use std::io::{IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::support::{self, pair};
use tabi::constants::{MSG_CTRUNC, MSG_PEEK, MSG_TRUNC};
use tabi::{AF_INET, AF_INET6, ControlBuffer, ControlData, ControlMessage, RawAddress, SOCK_DGRAM, Socket};

/// A socket bound to a free port of the loopback interface, and its address.
pub(super) fn bound(family: tabi::AddressFamily) -> (Socket, RawAddress) {
    let socket = support::bound(family, SOCK_DGRAM);
    let address = socket.getsockname_raw().unwrap();
    (socket, address)
}

/// Sends a datagram with this control data from a socket to itself. Returns the control messages that arrive.
pub(super) fn to_itself(
    family: tabi::AddressFamily,
    options: &[(i32, i32)],
    control: &ControlData<'_>,
) -> Vec<ControlMessage> {
    let (socket, address) = bound(family);
    for (level, option) in options {
        socket.setsockopt(*level, *option, 1).unwrap();
    }
    socket.sendmsg_to(&[IoSlice::new(b"x")], control, 0, address).unwrap();
    let message = socket.recvmsg(10, 500, 0).unwrap();
    assert_eq!(message.flags & MSG_CTRUNC, 0);
    message.ancdata
}

#[test]
fn a_cut_message_says_so() {
    let (one, other) = pair(SOCK_DGRAM);
    one.send(b"too long").unwrap();
    let peeked = other.recvmsg(3, 0, MSG_PEEK | MSG_TRUNC).unwrap();
    assert_eq!((peeked.data.as_slice(), peeked.flags), (&b"too"[..], MSG_TRUNC));
    let message = other.recvmsg(3, 0, 0).unwrap();
    assert_eq!((message.data.as_slice(), message.flags), (&b"too"[..], MSG_TRUNC));
    let mut buffer = [0; 3];
    one.send(b"too long").unwrap();
    let mut buffers = [IoSliceMut::new(&mut buffer)];
    let info = other.recvmsg_into(&mut buffers, &mut ControlBuffer::default(), MSG_TRUNC).unwrap();
    assert_eq!(info.len, 8, "with MSG_TRUNC the length is the message's");
}

#[test]
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn ipv4_packet_info_ttl_and_tos_arrive() {
    let (ip, mut control) = (libc::IPPROTO_IP, ControlData::new());
    control.ipv4_packet_info(Ipv4Addr::new(127, 0, 0, 1), 0).unwrap().ttl(33).unwrap().tos(0x48).unwrap();
    let options = [(ip, libc::IP_PKTINFO), (ip, libc::IP_RECVTTL), (ip, libc::IP_RECVTOS)];
    let mut seen = 0;
    for message in to_itself(AF_INET, &options, &control) {
        seen += 1;
        match message {
            ControlMessage::Ipv4PacketInfo(info) => {
                assert_eq!(info.destination, Ipv4Addr::LOCALHOST);
                assert_eq!(info.local, Ipv4Addr::LOCALHOST);
                assert!(info.interface > 0);
            }
            ControlMessage::Ttl(ttl) => assert_eq!(ttl, 33),
            ControlMessage::Tos(tos) => assert_eq!(tos, 0x48),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, 3);
}

#[test]
fn ipv6_packet_info_hop_limit_and_traffic_class_arrive() {
    use tabi::constants::{IPV6_RECVHOPLIMIT, IPV6_RECVPKTINFO, IPV6_RECVTCLASS};
    let (ip, mut control) = (libc::IPPROTO_IPV6, ControlData::new());
    control
        .ipv6_packet_info(Ipv6Addr::LOCALHOST, 0)
        .unwrap()
        .hop_limit(9)
        .unwrap()
        .traffic_class(0x28)
        .unwrap();
    let options = [(ip, IPV6_RECVPKTINFO), (ip, IPV6_RECVHOPLIMIT), (ip, IPV6_RECVTCLASS)];
    let mut seen = 0;
    for message in to_itself(AF_INET6, &options, &control) {
        seen += 1;
        match message {
            ControlMessage::Ipv6PacketInfo(info) => {
                assert_eq!(info.destination, Ipv6Addr::LOCALHOST);
                assert!(info.interface > 0);
            }
            ControlMessage::HopLimit(hops) => assert_eq!(hops, 9),
            ControlMessage::TrafficClass(class) => assert_eq!(class, 0x28),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, 3);
}

#[test]
fn packet_info_chooses_the_source_address() {
    let (sender, receiver) = (Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap(), bound(AF_INET));
    let mut control = ControlData::new();
    control.ipv4_packet_info(Ipv4Addr::new(127, 0, 0, 5), 0).unwrap();
    sender.sendmsg_to(&[IoSlice::new(b"x")], &control, 0, receiver.1).unwrap();
    let source = receiver.0.recvmsg(10, 0, 0).unwrap().address;
    assert_eq!(source.as_inet().unwrap().ip(), Ipv4Addr::new(127, 0, 0, 5));
}
