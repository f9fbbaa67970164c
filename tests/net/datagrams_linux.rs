//! UDP segments, and several datagrams in one call when there is too little memory.
#![allow(unsafe_code)]

use crate::support::{bound, in_own_process};
use tabi::{
    AF_INET, ControlBuffer, ControlData, ControlMessage, Error, IncomingDatagram, OutgoingDatagram,
    SOCK_DGRAM, cmsg_space,
};

#[test]
fn too_little_memory_is_an_error() {
    in_own_process(|| {
        let datagrams = vec![OutgoingDatagram::new(b"x"); 1 << 20];
        let socket = bound(AF_INET, SOCK_DGRAM);
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: libc::rlim_t = pages.split(' ').next().unwrap().parse().unwrap();
        // SAFETY: sysconf touches no memory.
        let used = pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as libc::rlim_t;
        // There is enough memory for the buffers of so many datagrams, but not for their headers too.
        let limit = libc::rlimit { rlim_cur: used + (40 << 20), rlim_max: libc::RLIM_INFINITY };
        // SAFETY: setrlimit reads one struct.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
        assert_eq!(socket.sendmany(&datagrams, 0), Err(Error::Os(libc::ENOMEM)));
        // A smaller call needs no more memory than there is.
        assert_eq!(socket.sendmany(&datagrams[..1], 0).unwrap_err().errno(), libc::EDESTADDRREQ);
    });
}

#[test]
fn segments_are_sent_in_one_call_and_received_one_by_one_or_in_one_call() {
    let (one, other) = (bound(AF_INET, SOCK_DGRAM), bound(AF_INET, SOCK_DGRAM));
    let address = other.getsockname_raw().unwrap();
    let bytes: Vec<u8> = (0..2500u32).map(|i| i as u8).collect();
    let mut control = ControlData::new();
    control.segment_size(1000).unwrap();
    let outgoing = [OutgoingDatagram { bytes: &bytes, address: Some(&address), control: Some(&control) }];

    assert_eq!(one.sendmany(&outgoing, 0).unwrap(), 1);
    let lengths: Vec<usize> = (0..3).map(|_| other.recv(3000).unwrap().len()).collect();
    assert_eq!(lengths, [1000, 1000, 500], "three datagrams");

    other.setsockopt(libc::IPPROTO_UDP, libc::UDP_GRO, 1).unwrap();
    assert_eq!(one.sendmany(&outgoing, 0).unwrap(), 1);
    let mut buffer = vec![0; 65_536];
    let mut incoming =
        [IncomingDatagram::with_control(&mut buffer, ControlBuffer::new(cmsg_space(4).unwrap()).unwrap())];
    assert_eq!(other.recvmany(&mut incoming, 0).unwrap(), 1);
    assert!(incoming[0].bytes() == bytes, "one batch");
    let messages: Vec<_> = incoming[0].control().messages().collect();
    assert!(matches!(messages.as_slice(), [ControlMessage::SegmentSize(1000)]), "{messages:?}");
}
