//! Servers: many clients, parked connections, limits, the end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use tabi::server::{
    Forks, HandlerResult, Next, Request, Server, TcpServer, ThreadingTcpServer, ThreadingUdpServer, Threads,
};
use tabi::{AF_INET, Error, Result, SO_REUSEADDR, SOCK_DGRAM, SOL_SOCKET, Socket};

use super::HANG;

const CLIENTS: usize = 500;

fn echo(request: &Request) -> Result<()> {
    loop {
        match request.socket().recv(1024)? {
            bytes if bytes.is_empty() => return Ok(()),
            bytes => request.socket().sendall(&bytes)?,
        }
    }
}

/// Serves in a thread while `clients` runs.
fn while_serving(server: &Server, clients: impl FnOnce(u16)) {
    let port = server.server_address().port().unwrap();
    thread::scope(|scope| {
        let serving = scope.spawn(|| server.serve_forever());
        clients(port);
        server.shutdown();
        serving.join().unwrap().unwrap();
    });
}

fn ask(client: &mut TcpStream) {
    client.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
}

fn connect(port: u16) -> TcpStream {
    let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.set_read_timeout(Some(Duration::from_secs_f64(HANG))).unwrap();
    client
}

/// On Windows, `SO_REUSEADDR` would let other programs take the port over.
#[test]
fn the_port_of_a_server_belongs_to_it_alone() {
    let server = TcpServer::new(("127.0.0.1", 0), echo).unwrap();
    let reuses = server.socket().getsockopt(SOL_SOCKET, SO_REUSEADDR).unwrap();
    assert_eq!(reuses != 0, cfg!(not(windows)));
    let port = server.server_address().port().unwrap();
    let second = TcpServer::new(("127.0.0.1", port), echo);
    assert!(matches!(second, Err(Error::Os(_))), "{second:?}");
}

#[test]
fn many_clients_are_served_at_the_same_time() {
    let server = ThreadingTcpServer::new(("127.0.0.1", 0), echo).unwrap();
    while_serving(&server, |port| {
        let mut clients: Vec<_> = (0..CLIENTS).map(|_| connect(port)).collect();
        clients.iter_mut().for_each(ask);
        assert_eq!(server.statistics().active, CLIENTS as u64);
        clients.iter_mut().rev().for_each(ask);
    });
    let report = server.server_close(Some(Duration::from_secs_f64(HANG)));
    assert_eq!((report.cut, report.left), (0, 0));
    let statistics = server.statistics();
    assert_eq!((statistics.accepted, statistics.finished, statistics.failed), (500, 500, 0));
}

#[test]
fn a_close_of_the_server_cuts_off_who_stays() {
    let server = ThreadingTcpServer::new(("127.0.0.1", 0), echo).unwrap();
    let mut clients = Vec::new();
    while_serving(&server, |port| {
        clients.extend((0..20).map(|_| connect(port)));
        clients.iter_mut().for_each(ask);
    });
    let report = server.server_close(Some(Duration::from_millis(100)));
    assert_eq!((report.cut, report.left), (20, 0));
    for client in &mut clients {
        assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)));
    }
}

/// Answers each line, and gives the connection back in between.
fn lines(request: &Request) -> HandlerResult<Next> {
    let line = request.rfile()?.readline(100)?;
    if line.is_empty() {
        return Ok(Next::End);
    }
    request.reply(&line)?;
    Ok(Next::Park)
}

#[test]
fn connections_wait_without_a_thread_and_are_woken() {
    let server = TcpServer::options()
        .concurrency(Threads::default().max_threads(4))
        .bind(("127.0.0.1", 0), lines)
        .unwrap();
    while_serving(&server, |port| {
        let mut clients: Vec<_> = (0..CLIENTS).map(|_| BufReader::new(connect(port))).collect();
        for round in 0..2 {
            for (number, client) in clients.iter_mut().enumerate() {
                let line = format!("{round} {number}\n");
                client.get_mut().write_all(line.as_bytes()).unwrap();
                let mut answer = String::new();
                client.read_line(&mut answer).unwrap();
                assert_eq!(answer, line);
            }
        }
        assert!(server.statistics().threads <= 4);
    });
    server.server_close(Some(Duration::from_secs_f64(HANG)));
    assert_eq!(server.statistics().accepted, CLIENTS as u64);
}

#[test]
fn parked_connections_are_cut_off_and_others_go_on() {
    let server = TcpServer::options()
        .concurrency(Threads::default().max_threads(4))
        .max_parked(10)
        .bind(("127.0.0.1", 0), lines)
        .unwrap();
    while_serving(&server, |port| {
        for _ in 0..50 {
            let mut client = BufReader::new(connect(port));
            client.get_mut().write_all(b"hello\n").unwrap();
            let mut answer = String::new();
            client.read_line(&mut answer).unwrap();
            assert_eq!(answer, "hello\n");
            // It stays open and is parked, until there are too many.
            std::mem::forget(client);
        }
    });
    assert_eq!(server.statistics().accepted, 50);
    server.server_close(Some(Duration::from_secs_f64(HANG)));
}

#[test]
fn an_inline_server_stops_from_inside_of_a_handler() {
    let server = TcpServer::new(("127.0.0.1", 0), |request: &Request| {
        request.server().shutdown();
        request.reply(b"bye")
    })
    .unwrap();
    let port = server.server_address().port().unwrap();
    thread::scope(|scope| {
        let asks = scope.spawn(move || {
            let mut text = String::new();
            connect(port).read_to_string(&mut text).unwrap();
            text
        });
        server.serve_forever().unwrap();
        assert_eq!(asks.join().unwrap(), "bye");
    });
}

#[test]
fn datagrams_are_answered() {
    let server = ThreadingUdpServer::new(("127.0.0.1", 0), |request: &Request| {
        let packet = request.packet().to_ascii_uppercase();
        request.reply(&packet)
    })
    .unwrap();
    while_serving(&server, |port| {
        let client = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
        client.settimeout(HANG).unwrap();
        client.sendto(b"hello", ("127.0.0.1", port)).unwrap();
        assert_eq!(client.recvfrom(100).unwrap().0, b"HELLO");
    });
}

#[test]
fn a_server_that_forks_is_refused_where_nothing_forks() {
    // SAFETY: the server is not used, so it never forks.
    #[allow(unsafe_code)]
    let forks = unsafe { Forks::new() };
    let made = TcpServer::options().concurrency(forks).bind(("127.0.0.1", 0), echo);
    assert_eq!(matches!(made, Err(Error::Value(_))), cfg!(windows));
}
