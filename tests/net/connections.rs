//! `create_connection`, `create_server`, `socketpair` and `recv_exactly`.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use crate::support::hosts::give_addresses;
use crate::support::{self, FAMILIES, LOCAL, in_own_process, libc, own_host, pair};
use tabi::constants::SOCK_RAW;
use tabi::{
    AF_INET, AF_INET6, AF_UNIX, Address, CreateConnectionError, CreateConnectionOptions, CreateServerOptions,
    Error, RecvExactlyError, SHUT_WR, SO_REUSEADDR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, Socket,
    create_connection, create_connection_with, create_server, create_server_with, fromfd, has_dualstack_ipv6,
    socketpair,
};

fn port(server: &Socket) -> u16 {
    server.getsockname().unwrap().port().unwrap()
}

/// A port on which nobody listens at any address of this machine, and the sockets that keep it.
fn closed_port() -> (Vec<Socket>, u16) {
    loop {
        let v4 = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        v4.bind(("0.0.0.0", 0)).unwrap();
        let port = port(&v4);
        if !loopback_v6() {
            return (vec![v4], port);
        }
        let v6 = Socket::new(AF_INET6, SOCK_STREAM, 0).unwrap();
        v6.set_only_v6(true).unwrap();
        if v6.bind(("::", port)).is_ok() {
            return (vec![v4, v6], port);
        }
    }
}

fn loopback_v6() -> bool {
    Socket::new(AF_INET6, SOCK_STREAM, 0).is_ok_and(|socket| socket.bind(("::1", 0)).is_ok())
}

#[test]
fn a_connection_is_made_and_keeps_its_timeout() {
    let server = create_server(("127.0.0.1", 0)).unwrap();
    let client = create_connection(("127.0.0.1", port(&server))).unwrap();
    assert_eq!(client.gettimeout(), None, "the default timeout");
    let (peer, _) = server.accept().unwrap();
    peer.sendall(b"x").unwrap();
    assert_eq!(client.recv(10).unwrap(), b"x");
    let timeout = Some(Duration::from_secs(30));
    let options = CreateConnectionOptions::new().timeout(timeout).unwrap();
    let client = create_connection_with(("127.0.0.1", port(&server)), &options).unwrap();
    assert_eq!(client.gettimeout(), timeout);
}

#[test]
#[cfg(target_os = "linux")]
fn all_addresses_of_a_host_are_tried() {
    in_own_process(|| {
        let host = "two-addresses.example";
        if !give_addresses(host, &["127.0.0.2", "127.0.0.3"]) {
            return eprintln!("skipped: only root can give a host two addresses");
        }
        // The system may put either address first. In one of the two rounds, the server has the second one.
        for address in ["127.0.0.2", "127.0.0.3"] {
            let server = create_server((address, 0)).unwrap();
            let client = create_connection((host, port(&server))).unwrap();
            assert_eq!(client.getpeername().unwrap(), server.getsockname().unwrap());
        }
        let held = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        held.bind(("0.0.0.0", 0)).unwrap();
        let all =
            create_connection_with((host, port(&held)), &CreateConnectionOptions::default()).unwrap_err();
        let mut refused: Vec<_> = all.errors.iter().map(|(address, _)| address.to_string()).collect();
        refused.sort();
        assert_eq!(refused, ["127.0.0.2", "127.0.0.3"].map(|ip| format!("{ip}:{}", port(&held))), "{all}");
    });
}

/// While an address does not answer, the next one is tried beside it.
#[test]
#[cfg(target_os = "linux")]
fn an_address_that_does_not_answer_holds_up_nobody() {
    in_own_process(|| {
        let host = "two-addresses.example";
        if !give_addresses(host, &["127.0.0.2", "127.0.0.3"]) {
            return eprintln!("skipped: only root can give a host two addresses");
        }
        for (silent, answering) in [("127.0.0.2", "127.0.0.3"), ("127.0.0.3", "127.0.0.2")] {
            let listener = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
            listener.bind((silent, 0)).unwrap();
            let _queue = support::fill_queue(&listener);
            let server = create_server((answering, port(&listener))).unwrap();
            let timeout = Duration::from_secs(60);
            let options = CreateConnectionOptions::new().timeout(timeout).unwrap();
            let begin = Instant::now();
            let client = create_connection_with((host, port(&server)), &options).unwrap();
            assert_eq!(client.getpeername().unwrap(), server.getsockname().unwrap());
            assert!(begin.elapsed() < timeout, "the silent one was waited for: {:?}", begin.elapsed());
        }
    });
}

#[test]
fn one_error_or_all_errors() {
    let (_held, port) = closed_port();
    let one = create_connection(("127.0.0.1", port)).unwrap_err();
    assert_eq!(one, Error::Os(libc::ECONNREFUSED));
    let all = create_connection_with(("localhost", port), &CreateConnectionOptions::default()).unwrap_err();
    assert!(!all.errors.is_empty());
    for (address, error) in &all.errors {
        assert_eq!(address.port(), Some(port));
        assert_eq!(*error, Error::Os(libc::ECONNREFUSED));
        assert!(
            all.to_string().contains(&format!("{address}: {}", tabi::strerror(libc::ECONNREFUSED))),
            "{all}"
        );
    }
    let last = all.errors.last().unwrap().1.clone();
    assert_eq!(Error::from(all.clone()), last);
    assert_eq!(io::Error::from(all).raw_os_error(), Some(libc::ECONNREFUSED));
}

/// `create_connection` fails with the error of the address that was tried last, as in Python.
#[test]
fn the_one_error_is_that_of_the_last_address() {
    let errors = [
        (Ipv4Addr::new(127, 0, 0, 2), Error::Os(libc::ECONNREFUSED)),
        (Ipv4Addr::new(127, 0, 0, 3), Error::Timeout),
    ];
    let errors = errors.map(|(ip, error)| (Address::from(SocketAddrV4::new(ip, 80)), error));
    let all = CreateConnectionError { errors: errors.to_vec() };
    assert_eq!(Error::from(all.clone()), Error::Timeout);
    assert_eq!(io::Error::from(all).kind(), io::ErrorKind::TimedOut);
}

#[test]
fn a_host_that_is_not_found_is_an_error_of_the_resolver() {
    let all = create_connection_with(("no such host", 80), &CreateConnectionOptions::default()).unwrap_err();
    assert!(matches!(all.errors.as_slice(), [(Address::None, Error::Gai(_))]), "{all:?}");
    assert!(matches!(create_connection(("127.0.0.1", "no-such-service")), Err(Error::Gai(_))));
}

#[test]
fn the_source_address_is_bound() {
    let server = create_server(("127.0.0.1", 0)).unwrap();
    let options = CreateConnectionOptions::new().source_address(("127.0.0.9", 0));
    let client = create_connection_with(("127.0.0.1", port(&server)), &options).unwrap();
    let (_, address) = server.accept().unwrap();
    assert_eq!(address, client.getsockname().unwrap());
    assert_eq!(address.as_inet().unwrap().ip().to_string(), "127.0.0.9");
    let options = CreateConnectionOptions::new().source_address(("192.0.2.1", 0));
    let error = create_connection_with(("127.0.0.1", port(&server)), &options).unwrap_err();
    assert_eq!(Error::from(error), Error::Os(libc::EADDRNOTAVAIL), "an address of another machine");
}

#[test]
fn one_deadline_limits_all_addresses() {
    // A server whose queue is full does not answer.
    let (server, _queue, _) = support::full_listener(AF_INET);
    let options = CreateConnectionOptions::new().timeout(0.1).unwrap();
    let begin = Instant::now();
    let error = create_connection_with(("127.0.0.1", port(&server)), &options).unwrap_err();
    assert_eq!(Error::from(error), Error::Timeout);
    assert!(begin.elapsed() >= Duration::from_millis(100), "not before its time");
    let options = CreateConnectionOptions::new().timeout(0.0).unwrap();
    let error = create_connection_with(("127.0.0.1", port(&server)), &options).unwrap_err();
    assert_eq!(Error::from(error), Error::Os(libc::EINPROGRESS), "a non-blocking connect is only begun");
}

/// In a process of its own: a process that another test starts has the listener for a moment too.
#[test]
fn a_server_reuses_its_address_and_no_other_takes_it() {
    in_own_process(|| {
        let host = own_host();
        let server = create_server((&host, 0)).unwrap();
        // On Windows, the option would let other programs take the port over.
        assert_eq!(server.getsockopt(SOL_SOCKET, SO_REUSEADDR).unwrap(), i32::from(!cfg!(windows)));
        let address = server.getsockname().unwrap();
        assert_eq!(create_server(&address).unwrap_err(), Error::Os(libc::EADDRINUSE));
        // The server closes the connection first, so the connection lingers at the server's port.
        let client = create_connection((&host, port(&server))).unwrap();
        drop(server.accept().unwrap());
        assert_eq!(client.recv(1).unwrap(), b"");
        drop((client, server));
        create_server(&address).unwrap();
    });
}

#[test]
fn servers_may_share_a_port() {
    let options = CreateServerOptions::new().reuse_port(true);
    let one = create_server_with(("127.0.0.1", 0), &options).unwrap();
    let address = one.getsockname().unwrap();
    create_server_with(&address, &options).unwrap();
    assert_eq!(create_server(&address).unwrap_err(), Error::Os(libc::EADDRINUSE), "it does not share");
}

/// How many clients may wait at a listening TCP socket, as Linux reports it.
#[cfg(target_os = "linux")]
fn backlog_of(server: &Socket) -> u32 {
    // On a listening socket, the field of tcp_info for selective acknowledgements holds the backlog.
    let info = server.getsockopt_bytes(libc::IPPROTO_TCP, libc::TCP_INFO, 104).unwrap();
    u32::from_ne_bytes(info[28..32].try_into().unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn the_backlog_is_pythons_or_the_callers() {
    let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
    let most: u32 = most.trim().parse().unwrap();
    assert_eq!(backlog_of(&create_server(("127.0.0.1", 0)).unwrap()), most.min(128));
    for (asked, given) in [(-1, 0), (0, 0), (5, 5), (i32::MAX, most)] {
        let options = CreateServerOptions::new().backlog(asked);
        let server = create_server_with(("127.0.0.1", 0), &options).unwrap();
        assert_eq!(backlog_of(&server), given, "a backlog of {asked}");
    }
}

#[test]
fn unix_servers_listen_too() {
    let path = support::temporary_path();
    let options = CreateServerOptions::new().family(AF_UNIX).reuse_port(true);
    let server = create_server_with(path.as_path(), &options).unwrap();
    let client = Socket::new(AF_UNIX, SOCK_STREAM, 0).unwrap();
    client.connect(path.as_path()).unwrap();
    server.accept().unwrap();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn dual_stack_servers_take_both_and_others_leave_ipv4_alone() {
    let both = CreateServerOptions::new().family(AF_INET6).dualstack_ipv6(true);
    let v4 = both.family(AF_INET);
    assert!(matches!(create_server_with(("", 0), &v4), Err(Error::Value(_))));
    assert_eq!(has_dualstack_ipv6(), loopback_v6());
    if !has_dualstack_ipv6() {
        return eprintln!("skipped: this machine has no IPv6");
    }
    let server = create_server_with(("", 0), &both).unwrap();
    for (host, seen) in [("127.0.0.1", "::ffff:127.0.0.1"), ("::1", "::1")] {
        create_connection((host, port(&server))).unwrap();
        let (_, address) = server.accept().unwrap();
        assert_eq!(address.as_inet().unwrap().ip().to_string(), seen);
    }
    let only_v6 = both.dualstack_ipv6(false);
    // Another program may have the same port of IPv4 just now, but not that of each try.
    let free = (0..10).any(|_| {
        let server = create_server_with(("", 0), &only_v6).unwrap();
        create_server(("", port(&server))).is_ok()
    });
    assert!(free, "IPv4 is free for another");
}

#[test]
fn fromfd_duplicates() {
    let (one, other) = pair(SOCK_STREAM);
    let copy = fromfd(other.try_as_fd().unwrap(), None, None, None).unwrap();
    assert_ne!(copy.fileno(), other.fileno());
    assert_eq!((copy.family(), copy.kind()), (LOCAL, SOCK_STREAM));
    assert!(!copy.get_inheritable().unwrap());
    copy.close().unwrap();
    one.send(b"x").unwrap();
    assert_eq!(other.recv(1).unwrap(), b"x", "the other owner's connection lives on");
}

#[test]
fn pairs_of_every_family() {
    for &family in FAMILIES.iter().filter(|family| **family != AF_INET6 || loopback_v6()) {
        for kind in [SOCK_STREAM, SOCK_DGRAM] {
            let (one, other) = socketpair(family, kind, 0).unwrap();
            assert_eq!((one.family(), one.kind()), (family, kind));
            one.sendall(b"there").unwrap();
            assert_eq!(other.recv(10).unwrap(), b"there");
            other.sendall(b"back").unwrap();
            assert_eq!(one.recv(10).unwrap(), b"back");
            if family != AF_UNIX {
                assert_eq!(one.getpeername().unwrap(), other.getsockname().unwrap());
                assert_eq!(other.getpeername().unwrap(), one.getsockname().unwrap());
            }
        }
    }
    assert!(matches!(socketpair(AF_INET, SOCK_RAW, 0), Err(Error::Os(_))));
}

// Windows and macOS have no such flag.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn a_flag_of_the_type_makes_both_sockets_non_blocking() {
    let (one, other) = socketpair(AF_INET, SOCK_STREAM | tabi::constants::SOCK_NONBLOCK, 0).unwrap();
    assert!(one.recv(1).unwrap_err().would_block() && other.recv(1).unwrap_err().would_block());
}

#[test]
fn a_client_that_has_gone_does_not_disturb_the_next_one() {
    let server = create_server(("127.0.0.1", 0)).unwrap();
    let connect = || {
        let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        client.connect(server.getsockname().unwrap()).unwrap();
        client
    };
    let gone = connect();
    // The close resets the connection.
    gone.set_linger(Some(Duration::ZERO)).unwrap();
    gone.close().unwrap();
    let next = connect();
    // The client that has gone is accepted on some systems, perhaps without an address, and dropped on others.
    let (mut accepted, mut address) = server.accept().unwrap();
    if address != next.getsockname().unwrap() {
        assert!(!accepted.recv(1).is_ok_and(|bytes| !bytes.is_empty()));
        assert!(matches!(accepted.send(b"x"), Err(Error::Os(libc::EPIPE | libc::ECONNRESET))));
        (accepted, address) = server.accept().unwrap();
    }
    assert_eq!(address, next.getsockname().unwrap());
    accepted.sendall(b"x").unwrap();
    assert_eq!(next.recv(1).unwrap(), b"x");
}

#[test]
fn recv_exactly_fills_the_buffer() {
    let (one, other) = pair(SOCK_STREAM);
    let bytes: Vec<u8> = (0..500_000u32).map(|i| i as u8).collect();
    thread::scope(|scope| {
        scope.spawn(|| one.sendall(&bytes).unwrap());
        let mut buffer = vec![0; bytes.len()];
        assert_eq!(other.recv_exactly(&mut buffer).unwrap(), bytes.len());
        assert!(buffer == bytes);
    });
    assert_eq!(other.recv_exactly(&mut []).unwrap(), 0);
    one.sendall(b"end").unwrap();
    one.shutdown(SHUT_WR).unwrap();
    let mut buffer = [0; 10];
    assert_eq!(other.recv_exactly(&mut buffer).unwrap(), 3, "fewer only at the end of the stream");
    assert_eq!(&buffer[..3], b"end");
}

#[test]
fn recv_exactly_reports_what_it_has_when_it_fails() {
    let (one, other) = pair(SOCK_STREAM);
    let mut buffer = [0; 10];
    for (timeout, error) in [(0.02, Error::Timeout), (0.0, Error::Os(libc::EAGAIN))] {
        other.settimeout(timeout).unwrap();
        one.sendall(b"part").unwrap();
        assert_eq!(other.recv_exactly(&mut buffer), Err(RecvExactlyError { received: 4, error }));
        assert_eq!(&buffer[..4], b"part");
    }
    other.close().unwrap();
    assert_eq!(other.recv_exactly(&mut buffer), Err(RecvExactlyError { received: 0, error: Error::Closed }));
}
