//! Servers for a host name: they listen on its addresses of both versions of IP, or of one.
#![cfg(target_os = "linux")]

use std::io::Read;
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};

use crate::support::hosts::give_addresses;
use crate::support::serving::{connect_to, read_to_end, while_serving};
use crate::support::{HANG, in_own_process};
use tabi::constants::AF_UNSPEC;
use tabi::server::{Request, Server, ServerOptions, TcpServer, ThreadingTcpServer, UdpServer};
use tabi::{AF_INET, AF_INET6, Error, Result, SOCK_STREAM, Socket};

/// Answers with the address of the client.
fn who(request: &Request) -> Result<()> {
    request.reply(request.client_address().as_inet().unwrap().ip().to_string().as_bytes())
}

fn addresses(server: &Server) -> Vec<SocketAddr> {
    let address = |socket: &std::sync::Arc<Socket>| socket.getsockname().unwrap().as_inet().unwrap();
    server.sockets().iter().map(address).collect()
}

fn ips(server: &Server) -> Vec<String> {
    addresses(server).iter().map(|address| address.ip().to_string()).collect()
}

/// The port of all sockets of a server.
fn port(server: &Server) -> u16 {
    let addresses = addresses(server);
    assert!(addresses.iter().all(|address| address.port() == addresses[0].port()), "{addresses:?}");
    addresses[0].port()
}

fn have_ipv6() -> bool {
    let have = Socket::new(AF_INET6, SOCK_STREAM, 0).is_ok_and(|socket| socket.bind(("::1", 0)).is_ok());
    if !have {
        eprintln!("skipped: this machine has no IPv6");
    }
    have
}

#[test]
fn the_empty_host_is_every_address_of_both_versions() {
    if !have_ipv6() {
        return;
    }
    let server = ThreadingTcpServer::new(("", 0), who).unwrap();
    assert_eq!(ips(&server), ["0.0.0.0", "::"]);
    assert_ne!(port(&server), 0);
    assert_eq!(server.server_address().as_inet(), Some(addresses(&server)[0]));
    while_serving(&server, || {
        for host in ["127.0.0.1", "::1"] {
            let host: IpAddr = host.parse().unwrap();
            let client = &mut connect_to(SocketAddr::new(host, port(&server)));
            assert_eq!(read_to_end(client), host.to_string(), "not an IPv4 address in an IPv6 address");
        }
    });
    server.server_close(Some(HANG));
    assert!(server.sockets().iter().all(|socket| socket.is_closed()));
}

#[test]
fn a_datagram_server_answers_from_the_address_that_was_asked() {
    if !have_ipv6() {
        return;
    }
    let server = UdpServer::new(("", 0), who).unwrap();
    while_serving(&server, || {
        for host in ["127.0.0.1", "::1"] {
            let client = UdpSocket::bind((host, 0)).unwrap();
            client.set_read_timeout(Some(HANG)).unwrap();
            client.connect((host, port(&server))).unwrap();
            client.send(b"who?").unwrap();
            let mut answer = [0; 100];
            let n = client.recv(&mut answer).unwrap();
            assert_eq!(&answer[..n], host.as_bytes());
        }
    });
}

#[test]
fn an_address_alone_has_one_socket() {
    for host in ["127.0.0.1", "::1"] {
        if host == "127.0.0.1" || have_ipv6() {
            assert_eq!(ips(&TcpServer::new((host, 0), who).unwrap()), [host]);
            let ip: IpAddr = host.parse().unwrap();
            assert_eq!(ips(&TcpServer::new((ip, 0), who).unwrap()), [host]);
            let both = [SocketAddr::new(ip, 0)];
            assert_eq!(ips(&TcpServer::new(both, who).unwrap()), [host]);
        }
    }
}

#[test]
fn a_name_has_a_socket_for_each_of_its_addresses() {
    in_own_process(|| {
        let name = "several-addresses.example";
        if !have_ipv6() || !give_addresses(name, &["::1", "127.0.0.3", "127.0.0.2", "127.0.0.3"]) {
            return eprintln!("skipped: this takes IPv6, and root to give a host addresses");
        }
        let server = ThreadingTcpServer::new((name, 0), who).unwrap();
        let mut ips = ips(&server);
        assert_eq!(ips.pop().as_deref(), Some("::1"), "the addresses of IPv4 come first");
        ips.sort();
        assert_eq!(ips, ["127.0.0.2", "127.0.0.3"]);
        while_serving(&server, || {
            for host in ["127.0.0.2", "127.0.0.3", "::1"] {
                let address = SocketAddr::new(host.parse().unwrap(), port(&server));
                assert!(!read_to_end(&mut connect_to(address)).is_empty());
            }
        });
    });
}

/// The addresses are kept for documentation, so no machine has them.
#[test]
fn addresses_of_a_name_that_are_not_of_this_machine_are_left_out_unless_it_has_no_other() {
    in_own_process(|| {
        let name = "elsewhere.example";
        if !give_addresses(name, &["192.0.2.1", "127.0.0.2", "2001:db8::1"]) {
            return eprintln!("skipped: only root can give a host addresses");
        }
        assert_eq!(ips(&TcpServer::new((name, 0), who).unwrap()), ["127.0.0.2"]);
    });
    let elsewhere = TcpServer::new(("192.0.2.1", 0), who).unwrap_err();
    assert_eq!(elsewhere, Error::Os(libc::EADDRNOTAVAIL));
}

#[test]
fn a_port_that_is_in_use_at_one_address_is_an_error_and_leaves_nothing_open() {
    if !have_ipv6() {
        return;
    }
    let held = Socket::new(AF_INET6, SOCK_STREAM, 0).unwrap();
    held.set_only_v6(true).unwrap();
    held.bind(("::", 0)).unwrap();
    held.listen(1).unwrap();
    let port = held.getsockname().unwrap().port().unwrap();
    assert_eq!(TcpServer::new(("", port), who).unwrap_err(), Error::Os(libc::EADDRINUSE));
    held.close().unwrap();
    // Another program may have taken the port of IPv4 in the meantime, but not that of each try.
    let free = (0..10).any(|_| {
        let first = TcpServer::new(("", 0), who).unwrap();
        let port = self::port(&first);
        first.server_close(None);
        TcpServer::new(("", port), who).is_ok()
    });
    assert!(free);
}

#[test]
fn one_version_alone_on_request() {
    let only = |family| ServerOptions::new(family, SOCK_STREAM).bind(("", 0), who).unwrap();
    assert_eq!(ips(&only(AF_INET)), ["0.0.0.0"]);
    if have_ipv6() {
        let options = ServerOptions::new(AF_INET6, SOCK_STREAM).dualstack_ipv6(false);
        let server = options.bind(("", 0), who).unwrap();
        assert_eq!(ips(&server), ["::"]);
        assert_eq!(server.socket().only_v6(), Ok(true));
    }
    let options = ServerOptions::new(AF_UNSPEC, SOCK_STREAM).dualstack_ipv6(true);
    let text = "dualstack_ipv6 is for AF_INET6: a server with AF_UNSPEC has a socket for each version of IP";
    assert_eq!(options.bind(("", 0), who).unwrap_err(), Error::Value(text.into()));
    let options = ServerOptions::new(AF_INET, SOCK_STREAM).dualstack_ipv6(false);
    let text = "dualstack_ipv6 is for AF_INET6, got AF_INET";
    assert_eq!(options.bind(("127.0.0.1", 0), who).unwrap_err(), Error::Value(text.into()));
}

#[test]
fn each_loop_has_a_socket_for_each_address_if_they_share_the_port() {
    if !have_ipv6() {
        return;
    }
    let server = ThreadingTcpServer::options().loops(2).allow_reuse_port(true).bind(("", 0), who).unwrap();
    assert_eq!(ips(&server), ["0.0.0.0", "::", "0.0.0.0", "::"]);
    while_serving(&server, || {
        // The system spreads the clients over the sockets. So many are not all on one of two.
        for number in 0..100 {
            let host: IpAddr = if number % 2 == 0 { [127, 0, 0, 1].into() } else { "::1".parse().unwrap() };
            let mut client = TcpStream::connect(SocketAddr::new(host, port(&server))).unwrap();
            client.set_read_timeout(Some(HANG)).unwrap();
            let mut text = String::new();
            client.read_to_string(&mut text).unwrap();
            assert_eq!(text, host.to_string());
        }
    });
}
