//! Control messages and flags that only Linux has: credentials, its kinds of time stamps, the queue of errors.
#![allow(unsafe_code)]

use std::io::IoSlice;
use std::net::Ipv4Addr;

use super::control_messages::{bound, to_itself};
use crate::support::{self, pair};
use tabi::constants::{MSG_CTRUNC, MSG_PEEK};
use tabi::{AF_INET, ControlData, ControlMessage, Limit, SOCK_DGRAM, SOCK_STREAM, cmsg_len};

#[test]
fn close_on_exec_is_not_reported_unless_it_was_asked_for() {
    let (one, other) = pair(SOCK_DGRAM);
    one.send(b"xy").unwrap();
    assert_eq!(other.recvmsg(10, 0, MSG_PEEK).unwrap().flags, 0);
    assert_eq!(
        other.recvmsg(10, 0, tabi::constants::MSG_CMSG_CLOEXEC).unwrap().flags,
        tabi::constants::MSG_CMSG_CLOEXEC
    );
}

#[test]
fn timestamps_of_each_kind_arrive() {
    let since_1970 = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let before = since_1970() - std::time::Duration::from_micros(1);
    for option in [libc::SO_TIMESTAMP, libc::SO_TIMESTAMPNS] {
        let messages = to_itself(AF_INET, &[(libc::SOL_SOCKET, option)], &ControlData::new());
        let [ControlMessage::Timestamp(time)] = messages.as_slice() else { panic!("{messages:?}") };
        assert!((before..=since_1970()).contains(time), "{time:?}");
    }
    let (socket, address) = bound(AF_INET);
    // Turns on software timestamps of received messages. The system does this a moment later.
    socket.setsockopt(libc::SOL_SOCKET, libc::SO_TIMESTAMPING, 1 << 3 | 1 << 4).unwrap();
    let mut messages = Vec::new();
    support::wait_until("a timestamp", || {
        socket.sendto(b"x", address).unwrap();
        messages = socket.recvmsg(10, 500, 0).unwrap().ancdata;
        !messages.is_empty()
    });
    let [ControlMessage::Timestamps(times)] = messages.as_slice() else { panic!("{messages:?}") };
    assert!((before..=since_1970()).contains(&times.software.unwrap()));
    assert_eq!(times.hardware, None, "the loopback interface has no clock");
}

#[test]
fn a_refused_datagram_is_found_in_the_error_queue() {
    let (socket, _) = bound(AF_INET);
    socket.setsockopt(libc::IPPROTO_IP, libc::IP_RECVERR, 1).unwrap();
    let (_kept, address) = support::nobody();
    socket.sendto(b"for nobody", &address).unwrap();
    // A socket with an error polls as ready.
    socket.wait(tabi::Interest::Read, Limit::FOREVER).unwrap();
    let message = socket.recvmsg(100, 500, libc::MSG_ERRQUEUE).unwrap();
    assert_eq!((message.data.as_slice(), message.address), (&b"for nobody"[..], address));
    assert_eq!(message.flags & libc::MSG_ERRQUEUE, libc::MSG_ERRQUEUE);
    let [ControlMessage::RecvErr(error)] = message.ancdata.as_slice() else {
        panic!("{:?}", message.ancdata)
    };
    assert_eq!((error.errno, error.origin), (libc::ECONNREFUSED, libc::SO_EE_ORIGIN_ICMP));
    assert_eq!((error.kind, error.code), (3, 3), "destination unreachable, port unreachable");
    assert_eq!(error.offender.as_inet().unwrap().ip(), Ipv4Addr::LOCALHOST);
}

#[test]
fn credentials_arrive() {
    let (one, other) = pair(SOCK_STREAM);
    other.setsockopt(libc::SOL_SOCKET, libc::SO_PASSCRED, 1).unwrap();
    // SAFETY: these calls touch no memory.
    let (pid, uid, gid) = unsafe { (libc::getpid(), libc::getuid(), libc::getgid()) };
    let own = tabi::Credentials { pid, uid, gid };
    let mut control = ControlData::new();
    control.credentials(own).unwrap();
    one.sendmsg(&[IoSlice::new(b"x")], &control, 0).unwrap();
    let message = other.recvmsg(10, 100, 0).unwrap();
    let [ControlMessage::Credentials(seen)] = message.ancdata.as_slice() else {
        panic!("{:?}", message.ancdata)
    };
    assert_eq!(*seen, own);
}

#[test]
fn control_messages_that_do_not_fit_are_cut_and_reported() {
    let (one, other) = pair(SOCK_STREAM);
    other.setsockopt(libc::SOL_SOCKET, libc::SO_PASSCRED, 1).unwrap();
    for size in 0..cmsg_len(size_of::<libc::ucred>()).unwrap() {
        one.send(b"x").unwrap();
        let message = other.recvmsg(10, size, 0).unwrap();
        assert_eq!(message.data, b"x");
        assert_eq!(message.flags, MSG_CTRUNC, "{size} bytes of room");
        for message in message.ancdata {
            let ControlMessage::Raw { level, kind, data } = message else { panic!("{message:?}") };
            assert_eq!((level, kind), (libc::SOL_SOCKET, libc::SCM_CREDENTIALS));
            assert!(data.len() < size_of::<libc::ucred>());
        }
    }
}
