//! Unix sockets as transports, and servers that fork.
#![allow(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::serving::{any_port, forking, forking_options, forks, while_serving};
use crate::support::{HANG, in_own_process, temporary_path, wait_until};
use crate::transports::{answer, ask_twice, client_of};
use tabi::constants::SOCK_SEQPACKET;
use tabi::server::{
    ForkingUdpServer, ForkingUnixDatagramServer, ForkingUnixStreamServer, Request, Server, ServerOptions,
    TcpServer, ThreadingTcpServer, ThreadingUdpServer, ThreadingUnixDatagramServer,
    ThreadingUnixStreamServer, UdpServer, UnixDatagramServer, UnixStreamServer,
};
use tabi::{AF_INET, AF_UNIX, Error, RawAddress, SOCK_DGRAM, SOCK_STREAM, Socket, UnixAddress};

fn unix() -> RawAddress {
    RawAddress::try_from(&UnixAddress::Path(temporary_path())).unwrap()
}

/// In a process of its own, as all tests of forking servers: a child has copies of what other tests have open.
#[test]
fn all_of_pythons_classes_answer() {
    in_own_process(|| {
        let here = format!("got this in {}", std::process::id());
        let in_this_process: [Server; 8] = [
            TcpServer::new(any_port(), answer).unwrap().into(),
            ThreadingTcpServer::new(any_port(), answer).unwrap().into(),
            UdpServer::new(any_port(), answer).unwrap().into(),
            ThreadingUdpServer::new(any_port(), answer).unwrap().into(),
            UnixStreamServer::new(unix(), answer).unwrap().into(),
            ThreadingUnixStreamServer::new(unix(), answer).unwrap().into(),
            UnixDatagramServer::new(unix(), answer).unwrap().into(),
            ThreadingUnixDatagramServer::new(unix(), answer).unwrap().into(),
        ];
        for server in in_this_process {
            assert_eq!(ask_twice(&server), here);
        }
        let in_children: [Server; 4] = [
            forking(answer).unwrap(),
            // SAFETY: the handler makes system calls and allocates memory, which it may do after a fork with glibc.
            unsafe { ForkingUdpServer::new(any_port(), answer) }.unwrap().into(),
            // SAFETY: after the fork, the handler makes system calls and allocates memory only.
            unsafe { ForkingUnixStreamServer::new(unix(), answer) }.unwrap().into(),
            // SAFETY: the handler does nothing after the fork but system calls and allocations, as glibc allows.
            unsafe { ForkingUnixDatagramServer::new(unix(), answer) }.unwrap().into(),
        ];
        for server in in_children {
            assert_ne!(ask_twice(&server), here);
        }
    });
}

/// Linux refuses the option for unix sockets since version 6.12.9, and Python's servers do not set it for them either.
#[test]
fn only_internet_sockets_get_reuse_port() {
    let server = UnixStreamServer::options().allow_reuse_port(true).bind(unix(), answer).unwrap();
    assert_eq!(server.socket().getsockopt(libc::SOL_SOCKET, libc::SO_REUSEPORT), Ok(0));
    ask_twice(&server);
}

#[test]
fn packets_of_unix_sockets_are_answered() {
    ask_twice(&ServerOptions::new(AF_UNIX, SOCK_SEQPACKET).bind(unix(), answer).unwrap());
}

#[test]
fn one_server_has_several_sockets_of_several_kinds() {
    let make = |family, kind, address: RawAddress| {
        let socket = Socket::new(family, kind, 0).unwrap();
        socket.bind(address).unwrap();
        socket
    };
    let any = || RawAddress::from(std::net::SocketAddrV4::new([127, 0, 0, 1].into(), 0));
    let sockets = vec![
        make(AF_INET, SOCK_STREAM, any()),
        make(AF_INET, SOCK_DGRAM, any()),
        make(AF_UNIX, SOCK_STREAM, unix()),
    ];
    let server = ThreadingTcpServer::options().adopt(sockets, answer).unwrap();
    while_serving(&server, || {
        for socket in server.sockets() {
            let client = Socket::new(socket.family(), socket.kind(), 0).unwrap();
            client.settimeout(HANG).unwrap();
            client.connect(socket.getsockname().unwrap()).unwrap();
            client.sendall(b"this").unwrap();
            assert!(client.recv(100).unwrap().starts_with(b"got this"));
        }
    });
    server.server_close(Some(HANG));
}

/// Handlers answer through the socket of a datagram server, so it is closed after them and not with the loop.
#[test]
fn a_closed_datagram_server_has_no_socket_left() {
    in_own_process(|| {
        // SAFETY: the handler makes system calls and allocates memory only.
        let forking_udp = unsafe { ForkingUdpServer::options() };
        for options in [UdpServer::options(), ThreadingUdpServer::options(), forking_udp] {
            let never_served = options.clone().bind(any_port(), answer).unwrap();
            never_served.server_close(None);
            assert_eq!(never_served.fileno(), -1);
            let server = options.bind(any_port(), answer).unwrap();
            let socket = Arc::clone(&server.sockets()[0]);
            assert!(!socket.is_closed());
            ask_twice(&server);
            assert!(socket.is_closed());
        }
    });
}

#[test]
fn children_are_collected_at_once_and_their_failures_counted() {
    in_own_process(|| {
        let server = forking(|request: &Request| match request.socket().recv(1)?.as_slice() {
            b"p" => panic!("on purpose"),
            b"e" => Err(Error::Os(libc::EIO)),
            _ => Ok(()),
        })
        .unwrap();
        std::thread::scope(|scope| {
            // Nothing but a client or a stop wakes this loop.
            let serving = scope.spawn(|| server.serve_forever_every(None));
            for kind in [b"p", b"e", b"f"] {
                client_of(&server).sendall(kind).unwrap();
            }
            wait_until("every child is collected", || server.statistics().finished == 3);
            assert_eq!((server.statistics().children, server.statistics().failed), (0, 2));
            server.shutdown();
            serving.join().unwrap().unwrap();
        });
    });
}

#[test]
fn a_full_forking_server_lets_clients_wait() {
    in_own_process(|| {
        let options = forking_options().concurrency(forks().max_children(2));
        let server = options.bind(any_port(), answer).unwrap();
        while_serving(&server, || {
            let clients: Vec<_> = (0..10).map(|_| client_of(&server)).collect();
            wait_until("two children run", || server.statistics().children == 2);
            for client in &clients {
                client.sendall(b"this").unwrap();
            }
            for client in &clients {
                assert!(client.recv(100).unwrap().starts_with(b"got this"));
                assert!(server.statistics().children <= 2);
            }
        });
    });
}

#[test]
fn children_that_do_not_end_are_cut_off() {
    in_own_process(|| {
        let server = forking(|request: &Request| {
            request.reply(b"here")?;
            request.socket().recv(1).map(drop)
        })
        .unwrap();
        std::thread::scope(|scope| {
            let serving = scope.spawn(|| server.serve_forever());
            let clients: Vec<_> = (0..3).map(|_| client_of(&server)).collect();
            for client in &clients {
                assert_eq!(client.recv(100).unwrap(), b"here");
            }
            let report = server.server_close(Some(Duration::ZERO));
            assert_eq!((report.finished, report.cut, report.left), (0, 3, 0));
            assert_eq!(serving.join().unwrap(), Ok(()));
        });
        assert_eq!(server.statistics().children, 0);
    });
}
