//! Messages: several buffers, addresses and control data.
#![allow(unsafe_code)]

use std::io::{IoSlice, IoSliceMut};
use std::mem::offset_of;
use std::ptr;

use crate::support::{self, bound, libc, pair};
use tabi::constants::SOCK_SEQPACKET;
use tabi::{
    AF_INET, Address, ControlBuffer, ControlData, Error, Limit, RawControlMessage, RawControlMessages,
    SOCK_DGRAM, SOCK_STREAM, cmsg_len, cmsg_space,
};

#[test]
fn buffers_are_gathered_and_scattered() {
    let kinds = [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET];
    // Windows has packets in no family of sockets within the machine.
    for kind in kinds.into_iter().take(if cfg!(windows) { 2 } else { 3 }) {
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
    let (one, other) = (bound(AF_INET, SOCK_DGRAM), bound(AF_INET, SOCK_DGRAM));
    one.sendmsg_to(&[IoSlice::new(b"x")], &ControlData::new(), 0, other.getsockname().unwrap()).unwrap();
    let message = other.recvmsg(10, 0, 0).unwrap();
    assert_eq!((message.data.as_slice(), message.address), (&b"x"[..], one.getsockname().unwrap()));
    assert_eq!((message.ancdata.len(), message.flags), (0, 0));
    let wrong_family = one.sendmsg_to(&[], &ControlData::new(), 0, "/a/path").unwrap_err();
    assert!(matches!(wrong_family, Error::Type(_)), "{wrong_family:?}");
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
    other.close().unwrap();
    assert_eq!(other.recvmsg(10, 100, 0).unwrap_err(), Error::Closed);
    assert_eq!(other.sendmsg(&[], &ControlData::new(), 0).unwrap_err(), Error::Closed);
}

#[test]
fn a_message_to_a_peer_that_has_gone_is_an_error() {
    let (one, other) = pair(SOCK_STREAM);
    support::end(one);
    let refused = other.sendmsg(&[IoSlice::new(b"x")], &ControlData::new(), 0);
    assert_eq!(refused, Err(Error::Os(libc::EPIPE)));
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
