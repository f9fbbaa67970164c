//! What a server behind a proxy refuses: peers that are not trusted, headers that are not valid, and settings that cannot
//! be.
#![allow(unsafe_code)]

use std::io::Write;
use std::net::Shutdown;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use super::proxy::{answer_to, half_a_header, is_ended, loopback, options, v1, v2, who};
use crate::support::serving::{any_port, connect, read_to_end, refusal_of_forks, while_serving};
use crate::support::{HANG, wait_until};
use tabi::proxy::{Header, Version};
use tabi::server::{Concurrency, Forks, ProxyProtocol, ServerOptions, TcpServer, UdpServer};

#[test]
fn a_peer_that_is_not_trusted_is_refused_whatever_it_sends() {
    let settings = ProxyProtocol::trusting(["192.0.2.0/24", "unix:"]).unwrap();
    let (told, trouble) = mpsc::channel();
    let told = Mutex::new(told);
    let server = options(settings)
        .on_trouble(move |_, trouble| drop(told.lock().unwrap().send(trouble.to_string())))
        .bind(any_port(), who)
        .unwrap();
    while_serving(&server, || {
        for bytes in [&v2("192.0.2.1:1")[..], b"GET / HTTP/1.1\r\n\r\n", b""] {
            let mut client = connect(&server);
            // It may be reset before it has sent all.
            let _ = client.write_all(bytes);
            assert!(is_ended(&mut client));
        }
    });
    let statistics = server.statistics();
    assert_eq!((statistics.rejected, statistics.header_refused, statistics.failed), (3, 3, 0));
    let text = trouble.recv_timeout(HANG).unwrap();
    assert!(text.starts_with("PROXY headers were refused (1 since the last report): 127.0.0.1:"), "{text}");
    assert!(text.ends_with(" is not trusted to send a PROXY header"), "{text}");
}

#[test]
fn what_is_not_a_header_is_refused() {
    let server = options(loopback()).bind(any_port(), who).unwrap();
    let wrong_sum = {
        let mut bytes = Header::local().with_checksum().unwrap().to_bytes().unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    };
    let refused = [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"PROXY TCP4 192.0.2.1 192.0.2.7 56324 443\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        &wrong_sum,
    ];
    while_serving(&server, || {
        for bytes in refused {
            let mut client = connect(&server);
            client.write_all(bytes).unwrap();
            assert!(is_ended(&mut client));
        }
        for part in [&b""[..], b"PROXY TC", &v2("192.0.2.1:1")[..20]] {
            let mut client = connect(&server);
            client.write_all(part).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            assert!(is_ended(&mut client), "the end comes in the middle of the header");
        }
    });
    let statistics = server.statistics();
    assert_eq!((statistics.rejected, statistics.header_refused), (7, 7));
    assert_eq!((statistics.active, statistics.failed), (0, 0));
}

#[test]
fn only_the_versions_that_are_allowed_are_taken() {
    for (only, taken, refused) in [
        (Version::V1, v1("192.0.2.1:1"), v2("192.0.2.1:1")),
        (Version::V2, v2("192.0.2.1:1"), v1("192.0.2.1:1")),
    ] {
        let server = options(loopback().version(only)).bind(any_port(), who).unwrap();
        while_serving(&server, || {
            assert_eq!(answer_to(&server, &[&taken[..], b"x"].concat()), "192.0.2.1:1 x");
            let mut client = connect(&server);
            client.write_all(&refused).unwrap();
            assert!(is_ended(&mut client));
        });
    }
}

#[test]
fn a_slow_header_is_cut_off_however_its_bytes_trickle() {
    let server = options(loopback()).header_timeout(0.3).unwrap().bind(any_port(), who).unwrap();
    while_serving(&server, || {
        let mut silent = connect(&server);
        let mut trickling = half_a_header(&server, b"\r\n\r\n\0\r\nQUIT\n\x20\x00\xff\xff");
        // Each byte is sent when the one before has arrived. All of them would not fit into the time.
        for _ in 0..0xffff {
            let woken = server.statistics().woken;
            let _ = trickling.write_all(&[0]);
            let mut is_over = false;
            wait_until("the byte has arrived", || {
                is_over = server.statistics().header_cut == 2;
                is_over || server.statistics().woken > woken
            });
            if is_over {
                break;
            }
        }
        assert!(is_ended(&mut trickling) && is_ended(&mut silent));
        wait_until("both are counted", || server.statistics().rejected == 2);
    });
    let statistics = server.statistics();
    assert_eq!((statistics.header_cut, statistics.header_refused, statistics.active), (2, 0, 0));
}

#[test]
fn garbage_among_many_clients_harms_only_itself() {
    let server = options(loopback()).max_threads(4).loops(2).bind(any_port(), who).unwrap();
    let garbage: [&[u8]; 3] = [b"GET / HTTP/1.1\r\n", b"PROXY TCP4 1.2.3", b"\r\n\r\n\0\r\nQUIT\n\xff"];
    while_serving(&server, || {
        thread::scope(|scope| {
            for thread in 0..4 {
                let server = &server;
                scope.spawn(move || {
                    for number in 0..50_usize {
                        let mut client = connect(server);
                        if number % 10 == 3 {
                            client.write_all(garbage[number % 3]).unwrap();
                            // It may be reset already.
                            let _ = client.shutdown(Shutdown::Write);
                            assert!(is_ended(&mut client));
                            continue;
                        }
                        let source = format!("192.0.2.{thread}:{}", number + 1);
                        let header = if number % 2 == 0 { v1(&source) } else { v2(&source) };
                        let split = number % header.len();
                        client.write_all(&header[..split]).unwrap();
                        client.write_all(&[&header[split..], b"x"].concat()).unwrap();
                        assert_eq!(read_to_end(&mut client), format!("{source} x"));
                    }
                });
            }
        });
    });
    server.server_close(Some(HANG));
    let statistics = server.statistics();
    assert_eq!((statistics.accepted, statistics.finished, statistics.active), (200, 200, 0));
    assert_eq!((statistics.rejected, statistics.header_refused, statistics.failed), (20, 20, 0));
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let text = |options: ServerOptions| options.bind(any_port(), who).unwrap_err().to_string();
    // SAFETY: the server is refused, so nothing forks.
    let forks = Concurrency::from(unsafe { Forks::new() });
    assert_eq!(
        text(options(loopback()).concurrency(forks)),
        refusal_of_forks("proxy_protocol is not for forking servers, which cannot park a connection")
    );
    assert_eq!(
        text(UdpServer::options().proxy_protocol(loopback())),
        "proxy_protocol is for stream sockets, and the server has none"
    );
    let zero = TcpServer::options().header_timeout(Duration::ZERO).unwrap();
    assert_eq!(text(zero), "header_timeout must be above 0 seconds, got 0");
    let none: [&str; 0] = [];
    assert_eq!(
        ProxyProtocol::trusting(none).unwrap_err().to_string(),
        "proxy_protocol needs a trusted network, got none"
    );
    assert!(ProxyProtocol::trusting(["10.0.0.1/8"]).is_err());
}
