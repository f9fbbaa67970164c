//! Transports that every system has, and bad input for all.

use std::time::Duration;

use crate::support::serving::{any_port, forking_options, refusal_of_forks, while_serving};
use crate::support::{self, HANG, libc};
use tabi::server::{
    Request, Server, ServerOptions, TcpServer, ThreadingTcpServer, ThreadingUdpServer, Threads, UdpServer,
};
use tabi::{AF_INET, AF_INET6, AF_UNIX, Error, Result, SOCK_DGRAM, SOCK_STREAM, Socket, UnixAddress};

/// Answers with the received bytes, and with the number of the process that answers.
pub(crate) fn answer(request: &Request) -> Result<()> {
    let bytes =
        if request.is_datagram() { request.packet().to_vec() } else { request.socket().recv(1024)? };
    request.reply(&[b"got ".as_slice(), &bytes, b" in ", std::process::id().to_string().as_bytes()].concat())
}

pub(crate) fn client_of(server: &Server) -> Socket {
    let options = server.socket();
    let client = Socket::new(options.family(), options.kind(), 0).unwrap();
    if client.kind() == SOCK_DGRAM && client.family() == AF_UNIX {
        client.bind(UnixAddress::Unnamed).unwrap();
    }
    client.settimeout(HANG).unwrap();
    client.connect(server.server_address()).unwrap();
    client
}

#[test]
fn a_request_is_taken_without_waiting_whatever_the_sockets_timeout() {
    for kind in [SOCK_STREAM, SOCK_DGRAM] {
        let socket = Socket::new(AF_INET, kind, 0).unwrap();
        socket.bind(("127.0.0.1", 0)).unwrap();
        socket.settimeout(1.0).unwrap();
        let server = TcpServer::options().adopt(vec![socket], answer).unwrap();
        let nobody = server.default_get_request(&server.sockets()[0]).unwrap_err();
        assert_eq!(nobody, Error::Os(libc::EAGAIN), "type {kind}");
    }
}

/// Serves until the client has received its answers, and then closes. Returns the last answer.
pub(crate) fn ask_twice(server: &Server) -> String {
    let mut text = String::new();
    while_serving(server, || {
        for _ in 0..2 {
            let client = client_of(server);
            client.sendall(b"this").unwrap();
            text = String::from_utf8(client.recv(1024).unwrap()).unwrap();
            assert!(text.starts_with("got this in "), "{text}");
            if client.kind() != SOCK_DGRAM {
                assert_eq!(client.recv(1).unwrap(), b"", "the server ends the connection");
            }
        }
    });
    let report = server.server_close(Some(HANG));
    assert_eq!((report.cut, report.left), (0, 0));
    let statistics = server.statistics();
    assert_eq!((statistics.accepted, statistics.finished, statistics.failed), (2, 2, 0));
    assert_eq!((statistics.active, statistics.threads, statistics.children), (0, 0, 0));
    text
}

#[test]
fn both_versions_of_ip_answer_with_and_without_threads() {
    let servers: [Server; 4] = [
        TcpServer::new(any_port(), answer).unwrap().into(),
        ThreadingTcpServer::new(any_port(), answer).unwrap().into(),
        UdpServer::new(any_port(), answer).unwrap().into(),
        ThreadingUdpServer::new(any_port(), answer).unwrap().into(),
    ];
    let here = format!("got this in {}", std::process::id());
    for server in &servers {
        assert_eq!(ask_twice(server), here);
    }
    ask_twice(&ServerOptions::new(AF_INET6, SOCK_STREAM).bind(("::1", 0), answer).unwrap());
    ask_twice(&ServerOptions::new(AF_INET6, SOCK_DGRAM).bind(("::1", 0), answer).unwrap());
}

#[test]
fn a_closed_server_has_no_socket_left() {
    for options in [TcpServer::options(), UdpServer::options(), ThreadingUdpServer::options()] {
        let server = options.bind(any_port(), answer).unwrap();
        let socket = std::sync::Arc::clone(&server.sockets()[0]);
        ask_twice(&server);
        assert!(socket.is_closed());
    }
}

#[test]
fn a_dual_stack_server_takes_both_families() {
    let server = ServerOptions::new(AF_INET6, SOCK_STREAM)
        .dualstack_ipv6(true)
        .bind(("::", 0), |request: &Request| request.reply(request.client_address().to_string().as_bytes()))
        .unwrap();
    let port = server.server_address().port().unwrap();
    for (family, host) in [(AF_INET, "127.0.0.1"), (AF_INET6, "::1")] {
        let client = Socket::new(family, SOCK_STREAM, 0).unwrap();
        client.settimeout(HANG).unwrap();
        client.connect((host, port)).unwrap();
        server.handle_request().unwrap();
        let seen = String::from_utf8(client.recv(100).unwrap()).unwrap();
        assert!(seen.contains(host), "{seen} names {host}");
    }
}

#[test]
fn a_server_may_be_for_ipv6_only_whatever_the_system_prefers() {
    let bind = |both| {
        let options = ServerOptions::new(AF_INET6, SOCK_STREAM).dualstack_ipv6(both);
        options.bind(("::", 0), |request: &Request| request.reply(b"")).unwrap()
    };
    for both in [true, false] {
        let only_ipv6 = bind(both).socket().getsockopt(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY).unwrap();
        assert_eq!(only_ipv6 == 1, !both);
    }
}

#[test]
fn a_request_says_that_its_datagram_was_cut() {
    let server = UdpServer::options()
        .max_packet_size(4)
        .bind(any_port(), |request: &Request| {
            request.reply(&[request.packet(), if request.is_cut() { b" cut" } else { b" whole" }].concat())
        })
        .unwrap();
    let client = client_of(&server);
    for (sent, answered) in [("four", "four whole"), ("fives", "five cut"), ("", " whole")] {
        client.send(sent.as_bytes()).unwrap();
        server.handle_request().unwrap();
        assert_eq!(client.recv(100).unwrap(), answered.as_bytes());
    }
}

#[test]
fn impossible_settings_are_refused_with_their_value() {
    let refused: [(ServerOptions, String); 10] = [
        (TcpServer::options().loops(0), "loops must be 1 or more, got 0".to_owned()),
        (
            TcpServer::options().max_packet_size(0),
            "max_packet_size must be 1 to 2147483647, got 0".to_owned(),
        ),
        (
            UdpServer::options().max_packet_size(1 << 31),
            "max_packet_size must be 1 to 2147483647, got 2147483648".to_owned(),
        ),
        (
            TcpServer::options().concurrency(Threads::default().stack_size(usize::MAX)),
            format!("the system has no stack of {} bytes for a thread", usize::MAX),
        ),
        (TcpServer::options().max_connections(0), "max_connections must be 1 or more, got 0".to_owned()),
        (
            TcpServer::options().max_connections_per_address(0),
            "max_connections_per_address must be 1 or more, got 0".to_owned(),
        ),
        (
            TcpServer::options().concurrency(Threads::default().max_threads(0)),
            "max_threads must be 1 or more, got 0".to_owned(),
        ),
        (
            TcpServer::options().concurrency(Threads::default().name("a\0b")),
            "a thread name must not contain a NUL byte".to_owned(),
        ),
        (forking_options().loops(2), refusal_of_forks("a forking server has 1 loop, got 2").to_owned()),
        (
            TcpServer::options().request_timeout(0.0).unwrap(),
            "request_timeout must be above 0 seconds, got 0".to_owned(),
        ),
    ];
    for (options, message) in refused {
        let error = options.bind(any_port(), answer).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(matches!(error, Error::Value(_)));
    }
    let error = TcpServer::options().timeout(-1.0).unwrap_err();
    assert_eq!(error, Error::Value("timeout must be 0 seconds or more, got -1".into()));
    let options = format!("{:?}", TcpServer::options().max_connections(7));
    assert!(options.contains("max_connections: Some(7)"), "{options}");
    assert!(TcpServer::options().request_timeout(f64::NAN).is_err());
    let forever = TcpServer::options().request_timeout(Duration::MAX).unwrap_err();
    assert!(matches!(forever, Error::Overflow(_)), "no socket takes such a timeout: {forever}");
    assert!(matches!(TcpServer::options().adopt(vec![], answer), Err(Error::Value(_))));
    let busy = TcpServer::new(any_port(), answer).unwrap();
    let taken = TcpServer::new(busy.server_address(), answer).unwrap_err();
    assert!(support::PORT_TAKEN.contains(&taken.errno()), "{taken}");
    assert!(matches!(TcpServer::new("/a/path", answer), Err(Error::Type(_))));
}

#[test]
fn a_server_can_be_bound_later() {
    let server = TcpServer::options().prepare(any_port(), answer).unwrap();
    assert_eq!(server.server_address().port(), Some(0));
    server.server_bind().unwrap();
    assert_ne!(server.server_address().port(), Some(0));
    server.server_activate().unwrap();
    ask_twice(&server);
}
