//! Messages: several buffers, flags, addresses and control data.
#![allow(unsafe_code)]

use std::io::{IoSlice, IoSliceMut};
use std::mem::offset_of;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ptr;

use crate::support;
use tabi::constants::{MSG_CTRUNC, MSG_PEEK, MSG_TRUNC, SOCK_SEQPACKET};
use tabi::{
    AF_INET, AF_INET6, AF_UNIX, Address, ControlBuffer, ControlData, ControlMessage, Error, Limit,
    RawAddress, RawControlMessage, RawControlMessages, SOCK_DGRAM, SOCK_STREAM, Socket, cmsg_len, cmsg_space,
};

/// A socket bound to a free port of the loopback interface, and its address.
pub(super) fn bound(family: tabi::AddressFamily) -> (Socket, RawAddress) {
    let socket = Socket::new(family, SOCK_DGRAM, 0).unwrap();
    let host = if family == AF_INET { "127.0.0.1" } else { "::1" };
    socket.bind((host, 0)).unwrap();
    let address = socket.getsockname_raw().unwrap();
    (socket, address)
}

pub(super) fn pair(kind: tabi::SocketKind) -> (Socket, Socket) {
    Socket::socketpair(AF_UNIX, kind, 0).unwrap()
}

#[test]
fn buffers_are_gathered_and_scattered() {
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let (one, other) = pair(kind);
        let buffers = [IoSlice::new(b"hello "), IoSlice::new(b""), IoSlice::new(b"world")];
        assert_eq!(one.sendmsg(&buffers, &ControlData::new(), 0).unwrap(), 11);
        let (mut head, mut tail) = ([0u8; 3], [0u8; 20]);
        let info = other
            .recvmsg_into(
                &mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)],
                &mut ControlBuffer::default(),
                0,
            )
            .unwrap();
        assert_eq!(info.len, 11);
        assert_eq!((&head, &tail[..8]), (b"hel", &b"lo world"[..]));
    }
}

#[test]
fn a_message_has_its_sender_and_reaches_its_address() {
    let ((one, own), (other, address)) = (bound(AF_INET), bound(AF_INET));
    one.sendmsg_to(&[IoSlice::new(b"x")], &ControlData::new(), 0, address).unwrap();
    let message = other.recvmsg(10, 0, 0).unwrap();
    assert_eq!((message.data.as_slice(), message.address), (&b"x"[..], own.decode()));
    assert_eq!((message.ancdata.len(), message.flags), (0, 0));
    let wrong_family = one.sendmsg_to(&[], &ControlData::new(), 0, "/a/path").unwrap_err();
    assert!(matches!(wrong_family, Error::Type(_)), "{wrong_family:?}");
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
fn impossible_counts_and_lengths_are_refused() {
    let (one, other) = pair(SOCK_STREAM);
    let many = vec![IoSlice::new(b""); 1025];
    assert_eq!(one.sendmsg(&many, &ControlData::new(), 0), Err(Error::Os(libc::EMSGSIZE)));
    let error = other.recvmsg(10, 1 << 31, 0).unwrap_err();
    assert_eq!(error, Error::Value("invalid ancillary data buffer length: 2147483648 bytes".into()));
    assert_eq!(other.recvmsg(usize::MAX, 0, 0).unwrap_err(), Error::Os(libc::ENOMEM));
    // SAFETY: the length is refused before any control byte is read.
    let huge = unsafe { other.recvmsg_raw(&[], ptr::null_mut(), usize::MAX, 0, Limit::Timeout) };
    assert!(matches!(huge, Err(Error::Value(_))));
}

#[test]
fn cmsg_len_and_space_have_python_s_limits() {
    assert_eq!(cmsg_len(0).unwrap(), cmsg_space(0).unwrap());
    assert!(cmsg_space(1).unwrap() > cmsg_len(1).unwrap());
    let most = i32::MAX as usize - cmsg_len(0).unwrap();
    assert_eq!(cmsg_len(most).unwrap(), i32::MAX as usize);
    assert!(matches!(cmsg_len(most + 1), Err(Error::Overflow(_))));
    let most = i32::MAX as usize - cmsg_space(1).unwrap();
    assert!(cmsg_space(most).is_ok());
    assert!(matches!(cmsg_space(most + 1), Err(Error::Overflow(_))));
    assert!(matches!(cmsg_space(usize::MAX), Err(Error::Overflow(_))));
}

#[test]
fn timeouts_and_closes_end_a_receive() {
    let (one, other) = pair(SOCK_STREAM);
    other.settimeout(0.01).unwrap();
    assert_eq!(other.recvmsg(10, 100, 0).unwrap_err(), Error::Timeout);
    other.setblocking(false).unwrap();
    assert_eq!(other.recvmsg(10, 100, 0).unwrap_err(), Error::Os(libc::EAGAIN));
    support::end(one);
    assert!(other.recvmsg(10, 100, 0).unwrap().data.is_empty(), "the end of the stream");
    assert_eq!(
        other.sendmsg(&[IoSlice::new(b"x")], &ControlData::new(), 0).unwrap_err(),
        Error::Os(libc::EPIPE)
    );
    other.close().unwrap();
    assert_eq!(other.recvmsg(10, 100, 0).unwrap_err(), Error::Closed);
    assert_eq!(other.sendmsg(&[], &ControlData::new(), 0).unwrap_err(), Error::Closed);
}

#[test]
fn built_messages_are_walked_back() {
    let mut control = ControlData::new();
    control.raw(1, 2, b"abc").unwrap().raw(3, 4, b"").unwrap().ttl(7).unwrap();
    let messages: Vec<_> = RawControlMessages::new(control.as_bytes()).collect();
    assert_eq!(
        messages,
        [
            RawControlMessage { level: 1, kind: 2, data: b"abc" },
            RawControlMessage { level: 3, kind: 4, data: b"" },
            RawControlMessage { level: libc::IPPROTO_IP, kind: libc::IP_TTL, data: &7i32.to_ne_bytes() },
        ]
    );
    assert_eq!(
        control.as_bytes().len(),
        cmsg_space(3).unwrap() + cmsg_space(0).unwrap() + cmsg_space(4).unwrap()
    );
}

#[test]
fn malformed_control_data_never_leads_out_of_its_buffer() {
    let mut control = ControlData::new();
    control.raw(1, 2, b"first").unwrap().raw(3, 4, b"second").unwrap();
    let whole = control.as_bytes();
    // Every length of the buffer, and every length that a header can contain. The buffer has exactly these
    // bytes.
    for end in 0..=whole.len() {
        let cut: Box<[u8]> = whole[..end].into();
        for message in RawControlMessages::new(&cut) {
            assert!(cut.as_ptr_range().contains(&message.data.as_ptr()) || message.data.is_empty());
            assert!(message.data.as_ptr_range().end <= cut.as_ptr_range().end);
        }
    }
    // SAFETY: the structure consists of integers, for which zero is a value.
    let header: libc::cmsghdr = unsafe { std::mem::zeroed() };
    let (least, most) = (cmsg_len(0).unwrap() as _, !header.cmsg_len);
    for len in (0..100).chain([most, most - 1, most - 7, most / 2, most / 2 + 1]) {
        let mut bytes: Box<[u8]> = whole.into();
        bytes[offset_of!(libc::cmsghdr, cmsg_len)..][..size_of_val(&len)].copy_from_slice(&len.to_ne_bytes());
        let messages: Vec<_> = RawControlMessages::new(&bytes).collect();
        assert!(messages.len() <= 3, "{len}: {messages:?}");
        let total: usize = messages.iter().map(|message| message.data.len()).sum();
        assert!(total <= bytes.len(), "{len}: {messages:?}");
        assert_eq!(messages.is_empty(), len < least, "{len}: {messages:?}");
    }
    assert_eq!(RawControlMessages::from_offset(whole, usize::MAX).next(), None);
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

#[test]
fn unknown_control_messages_are_handed_on_as_they_are() {
    let (one, other) = pair(SOCK_DGRAM);
    let mut control = ControlData::new();
    control.raw(libc::SOL_SOCKET, 9999, b"?").unwrap();
    let refused = one.sendmsg(&[IoSlice::new(b"x")], &control, 0);
    assert_eq!(refused, Err(Error::Os(libc::EINVAL)), "the system's own verdict");
    assert!(other.settimeout(0.0).is_ok());
    assert!(other.recvmsg(1, 0, 0).unwrap_err().would_block(), "nothing was sent");
    let address = Address::None;
    assert!(matches!(one.sendmsg_to(&[], &ControlData::new(), 0, address), Err(Error::Type(_))));
}
