//! Streams: bytes, ends, several buffers, files, conversions.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::net::TcpStream;
use std::thread;

use super::{HANG, listener, streams};
use tabi::{
    AF_INET, ControlBuffer, ControlData, Error, Poll, PollEvents, SHUT_WR, SOCK_STREAM, Socket, TcpKeepalive,
};

#[test]
fn a_client_and_a_server_talk() {
    let server = listener();
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    client.connect(server.getsockname().unwrap()).unwrap();
    let (peer, address) = server.accept().unwrap();
    assert_eq!(address, client.getsockname().unwrap());
    assert_eq!(peer.getpeername().unwrap(), address);
    client.sendall(b"hello").unwrap();
    assert_eq!(peer.recv(100).unwrap(), b"hello");
    client.shutdown(SHUT_WR).unwrap();
    assert_eq!(peer.recv(100).unwrap(), b"");
    peer.sendall(b"bye").unwrap();
    assert_eq!(client.recv(100).unwrap(), b"bye");
}

#[test]
fn many_bytes_arrive_whole_and_in_order() {
    let (one, other) = streams();
    let sent: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    thread::scope(|scope| {
        scope.spawn(|| {
            one.sendall(&sent).unwrap();
            one.shutdown(SHUT_WR).unwrap();
        });
        let mut received = Vec::new();
        (&other).read_to_end(&mut received).unwrap();
        assert!(received == sent, "{} bytes arrived", received.len());
    });
}

#[test]
fn several_buffers_are_one_message() {
    let (one, other) = streams();
    let parts = [IoSlice::new(b"he"), IoSlice::new(b""), IoSlice::new(b"llo")];
    assert_eq!(one.sendmsg(&parts, &ControlData::new(), 0).unwrap(), 5);
    let (mut first, mut second) = ([0; 3], [0; 10]);
    let mut places = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    let received = other.recvmsg_into(&mut places, &mut ControlBuffer::default(), 0).unwrap();
    assert_eq!((received.len, &first, &second[..2]), (5, b"hel", &b"lo"[..]));
    assert_eq!((&one).write_vectored(&parts).unwrap(), 5);
}

#[test]
fn a_refused_port_is_a_number_of_the_system() {
    let closed = listener();
    let address = closed.getsockname().unwrap();
    closed.close().unwrap();
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    client.settimeout(HANG).unwrap();
    let refused = if cfg!(windows) { 10061 } else { libc::ECONNREFUSED };
    assert_eq!(client.connect_ex(&address), Ok(refused));
    let name = if cfg!(windows) { "WSAECONNREFUSED" } else { "ECONNREFUSED" };
    assert_eq!(tabi::errorcode(refused), Some(name));
    let blocking = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    assert_eq!(blocking.connect(&address), Err(Error::Os(refused)));
}

#[test]
fn a_connect_that_does_not_wait_is_finished_later() {
    let server = listener();
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    client.setblocking(false).unwrap();
    match client.connect(server.getsockname().unwrap()) {
        Ok(()) => {}
        Err(error) => assert!(error.would_block(), "{error}"),
    }
    client.finish_connect(tabi::Limit::after(std::time::Duration::from_secs(60))).unwrap();
    let (peer, _) = server.accept().unwrap();
    peer.sendall(b"x").unwrap();
    client.settimeout(HANG).unwrap();
    assert_eq!(client.recv(1).unwrap(), b"x");
}

#[test]
fn the_standard_library_can_have_a_socket_and_give_it_back() {
    let (one, other) = streams();
    // Without a timeout it blocks there, too.
    let mut standard = TcpStream::try_from(one).unwrap();
    let late = thread::spawn(move || {
        thread::sleep(std::time::Duration::from_millis(50));
        other.sendall(b"hello").unwrap();
        other
    });
    let mut bytes = [0; 5];
    standard.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"hello");
    let other = late.join().unwrap();
    let own = Socket::from(standard);
    assert_eq!((own.family(), own.kind()), (AF_INET, SOCK_STREAM));
    own.sendall(b"again").unwrap();
    assert_eq!(other.recv(5).unwrap(), b"again");
}

#[test]
fn a_duplicate_keeps_the_connection() {
    let (one, other) = streams();
    let copy = one.dup().unwrap();
    one.close().unwrap();
    copy.sendall(b"hello").unwrap();
    assert_eq!(other.recv(5).unwrap(), b"hello");
    let detached = copy.detach().unwrap();
    let again = Socket::from(detached);
    again.sendall(b"more").unwrap();
    assert_eq!(other.recv(5).unwrap(), b"more");
}

#[test]
fn child_processes_do_not_inherit_sockets_unless_asked() {
    let server = listener();
    let (client, _) = streams();
    let accepted = {
        let caller = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        caller.connect(server.getsockname().unwrap()).unwrap();
        server.accept().unwrap().0
    };
    for socket in [&server, &client, &accepted, &client.dup().unwrap()] {
        assert!(!socket.get_inheritable().unwrap());
    }
    client.set_inheritable(true).unwrap();
    assert!(client.get_inheritable().unwrap());
    client.set_inheritable(false).unwrap();
    assert!(!client.get_inheritable().unwrap());
}

#[test]
fn a_poll_finds_what_is_ready() {
    let (one, other) = streams();
    let mut entries = [Poll::socket(&one, PollEvents::IN), Poll::socket(&other, PollEvents::IN)];
    assert_eq!(tabi::poll(&mut entries, 0.0), Ok(0));
    one.sendall(b"x").unwrap();
    assert_eq!(tabi::poll(&mut entries, HANG), Ok(1));
    assert!(entries[0].revents().is_empty() && entries[1].revents().contains(PollEvents::IN));
}

#[test]
fn options_are_read_back() {
    let socket = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    socket.set_tcp_nodelay(true).unwrap();
    assert!(socket.tcp_nodelay().unwrap());
    socket.set_keepalive(true).unwrap();
    assert!(socket.keepalive().unwrap());
    assert!(!socket.is_listener().unwrap());
    let bad = TcpKeepalive { retries: Some(0), ..TcpKeepalive::default() };
    assert!(matches!(socket.set_tcp_keepalive(&bad), Err(Error::Value(_))));
}

#[test]
fn a_receive_may_wait_for_all_its_bytes() {
    let (one, other) = streams();
    thread::scope(|scope| {
        scope.spawn(|| {
            for part in [&b"ab"[..], b"cd", b"efg"] {
                one.sendall(part).unwrap();
                thread::sleep(std::time::Duration::from_millis(30));
            }
            one.shutdown(SHUT_WR).unwrap();
        });
        assert_eq!(other.recv_with_flags(4, tabi::constants::MSG_WAITALL).unwrap(), b"abcd");
        let mut bytes = [0; 2];
        other.recvfrom_into_with_flags(&mut bytes, tabi::constants::MSG_WAITALL).unwrap();
        assert_eq!(&bytes, b"ef");
        let rest = other.recv_with_flags(100, tabi::constants::MSG_WAITALL).unwrap();
        assert_eq!(rest, b"g", "the end of the stream ends it");
    });
}
