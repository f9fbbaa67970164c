//! Datagrams with control data, several at once, and to many.

use std::io::{IoSlice, IoSliceMut};
use std::net::Ipv4Addr;

use super::{HANG, datagrams};
use tabi::{
    AF_INET, ControlBuffer, ControlData, IncomingDatagram, MulticastInterface, OutgoingDatagram, SOCK_DGRAM,
    Socket,
};

#[test]
fn datagrams_keep_their_bounds_and_their_senders() {
    let (one, other) = datagrams();
    other.settimeout(HANG).unwrap();
    one.send(b"first").unwrap();
    one.send(b"").unwrap();
    one.send(b"third").unwrap();
    let own = one.getsockname().unwrap();
    for expected in [&b"first"[..], b"", b"third"] {
        let (bytes, sender) = other.recvfrom(100).unwrap();
        assert_eq!((bytes.as_slice(), &sender), (expected, &own));
    }
}

#[test]
fn several_datagrams_go_in_one_call() {
    let (one, other) = datagrams();
    other.settimeout(HANG).unwrap();
    let outgoing = [OutgoingDatagram::new(b"first"), OutgoingDatagram::new(b"second")];
    assert_eq!(one.sendmany(&outgoing, 0), Ok(2));
    let mut buffers = [[0; 100]; 4];
    let mut incoming: Vec<_> = buffers.iter_mut().map(|buffer| IncomingDatagram::new(buffer)).collect();
    let mut received = 0;
    while received < 2 {
        received += other.recvmany(&mut incoming[received..], 0).unwrap();
    }
    assert_eq!((incoming[0].bytes(), incoming[1].bytes()), (&b"first"[..], &b"second"[..]));
    assert_eq!(*incoming[1].raw_address(), one.getsockname_raw().unwrap());
}

#[test]
fn a_datagram_that_is_too_long_for_its_buffers_is_cut() {
    let (one, other) = datagrams();
    other.settimeout(HANG).unwrap();
    one.sendmsg(&[IoSlice::new(b"01234"), IoSlice::new(b"56789")], &ControlData::new(), 0).unwrap();
    let mut place = [0; 4];
    let mut control = ControlBuffer::default();
    let received = other.recvmsg_into(&mut [IoSliceMut::new(&mut place)], &mut control, 0).unwrap();
    assert_eq!((received.len.min(4), &place), (4, b"0123"));
    assert_ne!(received.flags & tabi::constants::MSG_TRUNC, 0);
}

#[test]
#[cfg(any(windows, target_os = "linux", target_vendor = "apple"))]
fn a_message_says_where_it_arrived() {
    let receiver = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    receiver.bind(("0.0.0.0", 0)).unwrap();
    receiver.settimeout(HANG).unwrap();
    receiver.setsockopt(tabi::constants::IPPROTO_IP, tabi::constants::IP_PKTINFO, 1).unwrap();
    let sender = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    sender.sendto(b"hello", ("127.0.0.1", receiver.getsockname().unwrap().port().unwrap())).unwrap();
    let mut place = [0; 10];
    let mut control = ControlBuffer::new(tabi::cmsg_space(64).unwrap()).unwrap();
    let received = receiver.recvmsg_into(&mut [IoSliceMut::new(&mut place)], &mut control, 0).unwrap();
    assert_eq!((received.len, received.address.port()), (5, sender.getsockname().unwrap().port()));
    let messages: Vec<_> = control.messages().collect();
    let arrived = |message: &tabi::ControlMessage| match message {
        tabi::ControlMessage::Ipv4PacketInfo(info) => info.destination == Ipv4Addr::LOCALHOST,
        _ => false,
    };
    assert!(messages.iter().any(arrived), "{messages:?}");
}

#[test]
fn a_group_is_joined_and_left() {
    let socket = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    socket.bind(("0.0.0.0", 0)).unwrap();
    let group = Ipv4Addr::new(239, 255, 12, 34);
    let loopback = MulticastInterface::Address(Ipv4Addr::LOCALHOST);
    socket.join_multicast(group, loopback).unwrap();
    socket.leave_multicast(group, loopback).unwrap();
    socket.set_multicast_interface(loopback).unwrap();
    assert_eq!(socket.multicast_if_v4().unwrap(), Ipv4Addr::LOCALHOST);
}
