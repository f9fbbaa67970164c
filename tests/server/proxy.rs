//! Servers behind a proxy: the PROXY header comes first, from peers that are trusted, and holds no thread.

use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use crate::support::fd::BorrowedFd;
use crate::support::serving::{any_port, ask, connect, echo, read_to_end, while_serving};
use crate::support::{HANG, wait_until};
use tabi::proxy::{Header, PP2_TYPE_UNIQUE_ID, Version};
use tabi::server::{
    HandlerResult, Hooks, Job, Next, ProxyProtocol, Request, Server, ServerOptions, TcpServer, Threads,
};
use tabi::{AF_INET, Address, SOCK_STREAM, Socket};

/// Long enough that it never strikes in a test that is not about it.
pub(super) const NEVER: Duration = Duration::from_secs(600);

pub(super) fn loopback() -> ProxyProtocol {
    ProxyProtocol::trusting(["127.0.0.0/8"]).unwrap()
}

/// A threading server that trusts the loopback network, with other settings.
pub(super) fn options(settings: ProxyProtocol) -> ServerOptions {
    ServerOptions::new(AF_INET, SOCK_STREAM)
        .concurrency(Threads::default())
        .proxy_protocol(settings)
        .header_timeout(NEVER)
        .unwrap()
}

/// Answers with the address of the client, and the bytes that came behind the header.
pub(super) fn who(request: &Request) -> HandlerResult {
    let rest = request.socket().recv(100)?;
    let text = format!("{} {}", request.client_address(), String::from_utf8_lossy(&rest));
    Ok(request.reply(text.as_bytes())?)
}

pub(super) fn v1(source: &str) -> Vec<u8> {
    bytes_of(Version::V1, source)
}

pub(super) fn v2(source: &str) -> Vec<u8> {
    bytes_of(Version::V2, source)
}

fn bytes_of(version: Version, source: &str) -> Vec<u8> {
    let destination: Address =
        if source.starts_with('[') { "[::1]:443" } else { "192.0.2.7:443" }.parse().unwrap();
    Header::new(version, source.parse::<Address>().unwrap(), destination).unwrap().to_bytes().unwrap()
}

/// Sends bytes, and returns the answer.
pub(super) fn answer_to(server: &Server, bytes: &[u8]) -> String {
    let mut client = connect(server);
    client.write_all(bytes).unwrap();
    read_to_end(&mut client)
}

/// Whether the server ends a connection without an answer. A client that has sent more than was read is reset.
pub(super) fn is_ended(client: &mut TcpStream) -> bool {
    use std::io::{ErrorKind, Read};
    match client.read(&mut [0; 1]) {
        Ok(0) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
        Ok(_) => false,
    }
}

/// A client that has sent a part of a header, which the server has begun to wait for.
pub(super) fn half_a_header(server: &Server, part: &[u8]) -> TcpStream {
    let parked = server.statistics().parked;
    let mut client = connect(server);
    client.set_nodelay(true).unwrap();
    client.write_all(part).unwrap();
    wait_until("the client waits", || server.statistics().parked > parked);
    client
}

#[test]
fn the_address_is_the_one_that_the_header_says() {
    let server = options(loopback()).bind(any_port(), who).unwrap();
    while_serving(&server, || {
        for (header, address) in [
            (v1("192.0.2.1:56324"), "192.0.2.1:56324"),
            (v1("[2001:db8::1]:1"), "[2001:db8::1]:1"),
            (v2("192.0.2.1:56324"), "192.0.2.1:56324"),
            (v2("[2001:db8::1]:1"), "[2001:db8::1]:1"),
        ] {
            let answer = answer_to(&server, &[&header[..], b"PROXY hello"].concat());
            assert_eq!(answer, format!("{address} PROXY hello"), "what follows is the handler's");
        }
    });
    let statistics = server.statistics();
    assert_eq!((statistics.accepted, statistics.rejected, statistics.header_refused), (4, 0, 0));
}

#[test]
fn a_header_may_come_in_any_two_pieces() {
    let server = options(loopback()).bind(any_port(), who).unwrap();
    let checked = Header::new(
        Version::V2,
        "192.0.2.1:5".parse::<Address>().unwrap(),
        "192.0.2.7:6".parse::<Address>().unwrap(),
    )
    .and_then(|header| header.with_tlv(PP2_TYPE_UNIQUE_ID, b"0123456789"))
    .and_then(Header::with_checksum)
    .unwrap();
    while_serving(&server, || {
        for header in [v1("192.0.2.1:5"), checked.to_bytes().unwrap(), b"PROXY UNKNOWN\r\n".to_vec()] {
            for split in 1..header.len() {
                let mut client = half_a_header(&server, &header[..split]);
                client.write_all(&header[split..]).unwrap();
                client.write_all(b"hello").unwrap();
                let answer = read_to_end(&mut client);
                assert!(answer.ends_with(" hello"), "{answer} after {split} bytes");
                assert_eq!(answer.starts_with("192.0.2.1:5 "), header.len() != 15, "{answer}");
            }
        }
    });
    assert_eq!(server.statistics().rejected, 0);
}

#[test]
fn a_header_may_come_byte_by_byte_and_be_long() {
    let server = options(loopback()).bind(any_port(), who).unwrap();
    let long = Header::new(
        Version::V2,
        "192.0.2.1:5".parse::<Address>().unwrap(),
        "192.0.2.7:6".parse::<Address>().unwrap(),
    )
    .and_then(|header| header.with_tlv(0xE0, &[7; 30_000]))
    .and_then(|header| header.with_tlv(0xE1, &[8; 30_000]))
    .and_then(Header::with_checksum)
    .unwrap()
    .to_bytes()
    .unwrap();
    while_serving(&server, || {
        let mut client = connect(&server);
        client.set_nodelay(true).unwrap();
        for byte in v2("192.0.2.1:5") {
            client.write_all(&[byte]).unwrap();
        }
        client.write_all(b"slow").unwrap();
        assert_eq!(read_to_end(&mut client), "192.0.2.1:5 slow");
        assert_eq!(answer_to(&server, &[&long[..], b"long"].concat()), "192.0.2.1:5 long");
    });
}

#[test]
fn a_header_without_an_address_keeps_the_real_one() {
    let server = options(loopback()).bind(any_port(), who).unwrap();
    while_serving(&server, || {
        for header in [Header::local(), Header::unknown(Version::V1), Header::unknown(Version::V2)] {
            let mut client = connect(&server);
            let own = client.local_addr().unwrap();
            client.write_all(&header.to_bytes().unwrap()).unwrap();
            client.write_all(b"x").unwrap();
            assert_eq!(read_to_end(&mut client), format!("{own} x"));
        }
    });
}

#[test]
fn the_handler_has_the_header_and_what_it_carries() {
    let server = options(loopback())
        .bind(any_port(), |request: &Request| -> HandlerResult {
            let header = request.proxy_header().ok_or("no header")?;
            let id = header.unique_id().map(String::from_utf8_lossy);
            let proxy = request.socket().getpeername()?;
            let text = format!("{} {id:?} {} {proxy}", header.destination(), header.is_local());
            Ok(request.reply(text.as_bytes())?)
        })
        .unwrap();
    while_serving(&server, || {
        let header = Header::new(
            Version::V2,
            "192.0.2.1:5".parse::<Address>().unwrap(),
            "192.0.2.7:6".parse::<Address>().unwrap(),
        );
        let header = header.unwrap().with_tlv(PP2_TYPE_UNIQUE_ID, b"request 7").unwrap();
        let mut client = connect(&server);
        let own = client.local_addr().unwrap();
        client.write_all(&header.to_bytes().unwrap()).unwrap();
        assert_eq!(read_to_end(&mut client), format!("192.0.2.7:6 Some(\"request 7\") false {own}"));
        assert!(
            answer_to(&server, &Header::local().to_bytes().unwrap()).starts_with("None None true 127.0.0.1:")
        );
    });
}

/// Records the addresses that `verify_request` sees, and refuses one of them.
struct Verifying(Arc<Mutex<Vec<String>>>);

impl Hooks for Verifying {
    fn verify_request(&self, request: &Request) -> HandlerResult<bool> {
        let address = request.client_address().to_string();
        let allowed = address != "192.0.2.66:1";
        self.0.lock().unwrap().push(address);
        Ok(allowed)
    }
}

#[test]
fn verify_request_sees_the_address_of_the_header() {
    let seen = Arc::default();
    let server = options(loopback()).hooks(Verifying(Arc::clone(&seen))).bind(any_port(), who).unwrap();
    while_serving(&server, || {
        assert_eq!(answer_to(&server, &[&v2("192.0.2.1:1")[..], b"x"].concat()), "192.0.2.1:1 x");
        let mut client = half_a_header(&server, &v1("192.0.2.66:1")[..20]);
        assert_eq!(
            *seen.lock().unwrap(),
            ["192.0.2.1:1"],
            "nothing is verified before the header is complete"
        );
        client.write_all(&v1("192.0.2.66:1")[20..]).unwrap();
        assert!(is_ended(&mut client));
    });
    assert_eq!(*seen.lock().unwrap(), ["192.0.2.1:1", "192.0.2.66:1"]);
    assert_eq!((server.statistics().rejected, server.statistics().header_refused), (1, 0));
}

#[test]
fn the_limit_for_each_host_counts_the_address_of_the_header() {
    let server = options(loopback()).max_connections_per_address(1).bind(any_port(), echo).unwrap();
    while_serving(&server, || {
        let enter = |source: &str| {
            let mut client = connect(&server);
            client.write_all(&v2(source)).unwrap();
            client
        };
        let (mut one, mut other) = (enter("192.0.2.1:1"), enter("192.0.2.2:1"));
        ask(&mut one);
        ask(&mut other);
        assert!(is_ended(&mut enter("192.0.2.1:2")), "a second connection of one host");
        drop(one);
        wait_until("it has ended", || server.statistics().active == 1);
        ask(&mut enter("192.0.2.1:3"));
    });
    assert_eq!((server.statistics().rejected, server.statistics().header_refused), (1, 0));
}

#[test]
fn the_wait_for_a_header_holds_no_thread() {
    let threads = Threads::default().max_threads(1);
    let server = options(loopback()).concurrency(threads).bind(any_port(), who).unwrap();
    while_serving(&server, || {
        let waiting: Vec<_> = (0..100).map(|_| half_a_header(&server, b"PROXY TCP4 192.")).collect();
        assert_eq!((server.statistics().parked, server.statistics().threads), (100, 0));
        let before = server.statistics().woken;
        for _ in 0..20 {
            assert_eq!(answer_to(&server, &[&v1("192.0.2.1:1")[..], b"x"].concat()), "192.0.2.1:1 x");
        }
        // A part of a header that stays unread would wake its connection again and again.
        assert!(server.statistics().woken - before <= 20 * 2, "{:?}", server.statistics());
        for mut client in waiting {
            client.write_all(b"0.2.1 192.0.2.7 1 2\r\nlate").unwrap();
            assert_eq!(read_to_end(&mut client), "192.0.2.1:1 late");
        }
        assert_eq!(server.statistics().threads, 1);
    });
}

#[test]
fn a_server_without_threads_waits_for_headers_too() {
    let server = TcpServer::options().proxy_protocol(loopback()).bind(any_port(), who).unwrap();
    while_serving(&server, || {
        let mut waiting = half_a_header(&server, &v2("192.0.2.9:9")[..13]);
        assert_eq!(answer_to(&server, &[&v1("192.0.2.1:1")[..], b"x"].concat()), "192.0.2.1:1 x");
        waiting.write_all(&v2("192.0.2.9:9")[13..]).unwrap();
        waiting.write_all(b"late").unwrap();
        assert_eq!(read_to_end(&mut waiting), "192.0.2.9:9 late");
    });
}

#[test]
fn a_client_may_wait_for_its_first_byte_after_the_header() {
    let server = options(loopback()).wait_for_first_byte(true).bind(any_port(), who).unwrap();
    while_serving(&server, || {
        let mut client = half_a_header(&server, &v2("192.0.2.1:1"));
        assert_eq!(server.statistics().threads, 0);
        client.write_all(b"first").unwrap();
        assert_eq!(read_to_end(&mut client), "192.0.2.1:1 first");
    });
}

#[test]
fn a_server_that_closes_does_not_wait_for_headers() {
    let server = options(loopback()).bind(any_port(), who).unwrap();
    let mut waiting = Vec::new();
    while_serving(&server, || {
        waiting = (0..10).map(|_| half_a_header(&server, b"PROXY ")).collect();
    });
    let report = server.server_close(Some(HANG));
    assert_eq!((report.parked, report.finished, report.cut, report.left), (10, 0, 0, 0));
    assert!(waiting.iter_mut().all(is_ended));
    let statistics = server.statistics();
    assert_eq!((statistics.active, statistics.header_cut, statistics.header_refused), (0, 0, 0));
}

#[cfg(unix)]
#[test]
fn unix_peers_are_trusted_by_their_own_name() {
    use std::os::unix::net::{UnixListener, UnixStream};

    let path = crate::support::temporary_path();
    for (trusted, taken) in [("unix:", true), ("0.0.0.0/0", false)] {
        let listener = UnixListener::bind(&path).unwrap();
        let server = ServerOptions::new(tabi::AF_UNIX, SOCK_STREAM)
            .proxy_protocol(ProxyProtocol::trusting([trusted]).unwrap())
            .adopt(vec![Socket::from(listener)], who)
            .unwrap();
        while_serving(&server, || {
            let mut client = UnixStream::connect(&path).unwrap();
            client.set_read_timeout(Some(HANG)).unwrap();
            // The server may have ended the connection already.
            let _ = client.write_all(&[&v1("192.0.2.1:1")[..], b"x"].concat());
            let mut answer = String::new();
            let _ = std::io::Read::read_to_string(&mut client, &mut answer);
            assert_eq!(answer, if taken { "192.0.2.1:1 x" } else { "" }, "{trusted}");
        });
        std::fs::remove_file(&path).unwrap();
    }
}

/// A job on a connection that the program has accepted itself.
struct OnConnection {
    socket: Arc<Socket>,
    seen: mpsc::Sender<(String, String, Vec<u8>)>,
}

impl Job for OnConnection {
    fn run(&self, request: &Request) -> HandlerResult<Next> {
        let header = request.proxy_header().map(|header| header.source().to_string());
        let address = request.client_address().to_string();
        self.seen.send((address, header.unwrap_or_default(), self.socket.recv(100)?))?;
        Ok(Next::End)
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.socket.try_as_fd().ok()
    }

    fn proxy_header(&self) -> bool {
        true
    }
}

impl Drop for OnConnection {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

#[test]
fn a_job_that_expects_a_header_runs_when_it_is_complete() {
    let listener = std::net::TcpListener::bind(any_port()).unwrap();
    let accept = |bytes: &[u8]| {
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(HANG)).unwrap();
        client.write_all(bytes).unwrap();
        (client, Arc::new(Socket::from(listener.accept().unwrap().0)))
    };
    let (seen, told) = mpsc::channel();
    let server = options(loopback()).bind(any_port(), echo).unwrap();
    while_serving(&server, || {
        let (mut client, socket) = accept(&v2("192.0.2.1:1")[..20]);
        assert!(server.run_job(OnConnection { socket, seen: seen.clone() }));
        wait_until("the job waits", || server.statistics().parked == 1);
        client.write_all(&[&v2("192.0.2.1:1")[20..], b"hello"].concat()).unwrap();
        let expected = ("192.0.2.1:1".to_owned(), "192.0.2.1:1".to_owned(), b"hello".to_vec());
        assert_eq!(told.recv_timeout(HANG).unwrap(), expected);

        let (mut client, socket) = accept(b"no header");
        server.run_job(OnConnection { socket, seen: seen.clone() });
        assert!(is_ended(&mut client), "the job was dropped without having run");
    });
    assert!(told.try_recv().is_err());
    assert_eq!((server.statistics().rejected, server.statistics().header_refused), (1, 1));
}
