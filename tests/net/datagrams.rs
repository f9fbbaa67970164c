//! Several datagrams in one call.

use crate::support::libc;
use tabi::constants::MSG_TRUNC;
use tabi::{AF_INET, Address, Error, IncomingDatagram, OutgoingDatagram, RawAddress, SOCK_DGRAM, Socket};

fn bound() -> (Socket, RawAddress) {
    let socket = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    socket.bind(("127.0.0.1", 0)).unwrap();
    let address = socket.getsockname_raw().unwrap();
    (socket, address)
}

#[test]
fn datagrams_arrive_each_with_its_bytes_and_sender() {
    let ((one, own), (two, two_address), (other, address)) = (bound(), bound(), bound());
    let texts: Vec<String> = (0..20).map(|i| "x".repeat(i)).collect();
    let outgoing: Vec<_> = texts.iter().map(|text| OutgoingDatagram::to(text.as_bytes(), &address)).collect();
    assert_eq!(one.sendmany(&outgoing, 0).unwrap(), 20);
    assert_eq!(two.sendmany(&outgoing[..3], 0).unwrap(), 3);
    let mut buffers = [[0u8; 15]; 30];
    let mut incoming: Vec<_> = buffers.iter_mut().map(|buffer| IncomingDatagram::new(buffer)).collect();
    // Each call returns with those that are there, without waiting for more. A busy system delivers them in parts.
    let mut received = 0;
    while received < 23 {
        received += other.recvmany(&mut incoming[received..], 0).unwrap();
    }
    assert_eq!(received, 23);
    for (i, datagram) in incoming[..20].iter().enumerate() {
        assert_eq!(datagram.bytes(), texts[i.min(15)].as_bytes());
        assert_eq!(datagram.flags(), if i > 15 { MSG_TRUNC } else { 0 });
        assert_eq!(datagram.address(), own.decode());
    }
    assert_eq!(incoming[22].raw_address(), &two_address);
    assert_eq!(incoming[23].bytes(), b"", "what was not filled is empty");
}

#[test]
fn timeouts_and_closes_end_the_wait() {
    let (socket, _) = bound();
    let mut buffer = [0u8; 10];
    let mut incoming = [IncomingDatagram::new(&mut buffer)];
    assert_eq!(socket.recvmany(&mut [], 0), Ok(0));
    assert_eq!(socket.sendmany(&[], 0), Ok(0));
    socket.settimeout(0.01).unwrap();
    assert_eq!(socket.recvmany(&mut incoming, 0), Err(Error::Timeout));
    socket.setblocking(false).unwrap();
    assert_eq!(socket.recvmany(&mut incoming, 0), Err(Error::Os(libc::EAGAIN)));
    socket.close().unwrap();
    assert_eq!(socket.recvmany(&mut incoming, 0), Err(Error::Closed));
    assert_eq!(socket.recvmany(&mut [], 0), Err(Error::Closed));
    assert_eq!(socket.sendmany(&[OutgoingDatagram::new(b"x")], 0), Err(Error::Closed));
}

#[test]
fn a_refused_datagram_does_not_delay_those_before_it() {
    let ((one, _), (other, address)) = (bound(), bound());
    let too_long = vec![0; 70_000];
    let outgoing = [
        OutgoingDatagram::to(b"first", &address),
        OutgoingDatagram::to(&too_long, &address),
        OutgoingDatagram::to(b"third", &address),
    ];
    assert_eq!(one.sendmany(&outgoing, 0).unwrap(), 1);
    assert_eq!(
        one.sendmany(&outgoing[1..], 0),
        Err(Error::Os(libc::EMSGSIZE)),
        "the next call meets the error"
    );
    assert_eq!(one.sendmany(&outgoing[2..], 0).unwrap(), 1);
    assert_eq!(other.recv(10).unwrap(), b"first");
    assert_eq!(other.recv(10).unwrap(), b"third");
    let ipv6 = RawAddress::try_from(&"[::1]:80".parse::<Address>().unwrap()).unwrap();
    let elsewhere = [OutgoingDatagram::to(b"x", &ipv6)];
    assert!(matches!(one.sendmany(&elsewhere, 0), Err(Error::Type(_))), "an address of another family");
}
