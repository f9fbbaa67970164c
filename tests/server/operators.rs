//! What a server tells the people who run it: trouble, and how often it was there.

use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::support::limits::{become_nobody, limit};
use crate::support::serving::{
    any_port, ask, connect, connect_to, echo, forking_options, read_to_end, refusal_of_forks, while_serving,
};
use crate::support::{HANG, in_own_process, libc, wait_until};
use tabi::server::{Hooks, Request, Server, ServerOptions, TcpServer, Threads, Trouble, UdpServer, WhenFull};
use tabi::{Error, Result, Socket};

/// Keeps the trouble of a server.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Trouble>>>);

impl Log {
    fn of(&self, options: ServerOptions) -> ServerOptions {
        let log = self.clone();
        options.on_trouble(move |_, trouble| log.0.lock().unwrap().push(trouble.clone()))
    }

    fn entries(&self) -> Vec<Trouble> {
        self.0.lock().unwrap().clone()
    }

    fn has(&self, trouble: &Trouble) -> bool {
        self.entries().contains(trouble)
    }
}

fn address_of(server: &Server) -> SocketAddr {
    SocketAddr::try_from(server.server_address()).unwrap()
}

#[test]
fn a_full_table_of_descriptors_is_reported_when_it_is_full_and_when_it_is_free_again() {
    in_own_process(|| {
        let log = Log::default();
        let server = log.of(TcpServer::options().max_threads(4)).bind(any_port(), echo).unwrap();
        let address = address_of(&server);
        while_serving(&server, || {
            let mut early = connect(&server);
            ask(&mut early);
            let late = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            late.set_read_timeout(Some(HANG)).unwrap();
            limit(libc::RLIMIT_NOFILE, 100);
            let files: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
            late.connect(&address.into()).unwrap();
            let full = Trouble::TableFull(Error::Os(libc::EMFILE));
            wait_until("the table is full", || log.has(&full));
            drop(files);
            ask(&mut TcpStream::from(late));
            wait_until("the table is free", || {
                ask(&mut connect_to(address));
                log.has(&Trouble::TableFree)
            });
            assert_eq!(log.entries(), [full, Trouble::TableFree], "however often accepting failed");
        });
        assert_eq!(server.statistics().table_full, 1);
    });
}

#[test]
fn a_refused_thread_is_reported_and_so_is_the_next_that_starts() {
    in_own_process(|| {
        let log = Log::default();
        let server =
            log.of(TcpServer::options().concurrency(Threads::default())).bind(any_port(), echo).unwrap();
        while_serving(&server, || {
            become_nobody();
            let before = limit(libc::RLIMIT_NPROC, 0);
            let mut clients = vec![connect(&server)];
            wait_until("a thread is refused", || server.statistics().threads_refused == 1);
            limit(libc::RLIMIT_NPROC, before);
            wait_until("threads start again", || {
                clients.push(connect(&server));
                clients.iter_mut().for_each(ask);
                log.has(&Trouble::ThreadStarted)
            });
            assert_eq!(
                log.entries(),
                [Trouble::ThreadRefused(Error::Os(libc::EAGAIN)), Trouble::ThreadStarted]
            );
            // The clients leave before the server waits for their threads.
            drop(clients);
        });
        assert_eq!(server.statistics().threads_refused, 1);
    });
}

#[test]
fn clients_above_a_limit_are_reported_together() {
    let log = Log::default();
    let threads = Threads::default().max_threads(1).when_full(WhenFull::Refuse);
    let server = log.of(TcpServer::options().concurrency(threads)).bind(any_port(), echo).unwrap();
    while_serving(&server, || {
        let mut first = connect(&server);
        ask(&mut first);
        let others: Vec<_> = (0..5).map(|_| connect(&server)).collect();
        wait_until("the others are refused", || server.statistics().rejected == 5);
        drop(others);
        wait_until("all are reported", || {
            assert_eq!(read_to_end(&mut connect(&server)), "");
            reported(&log) == server.statistics().rejected
        });
        assert_eq!(log.entries().first(), Some(&Trouble::Refused { clients: 1 }));
    });
}

/// How many refused clients were reported.
fn reported(log: &Log) -> u64 {
    let clients = |trouble: &Trouble| match trouble {
        Trouble::Refused { clients } => *clients,
        other => panic!("unexpected trouble: {other:?}"),
    };
    log.entries().iter().map(clients).sum()
}

/// A `get_request` that fails for the first clients, in two ways.
struct FailsTwice {
    log: Log,
    tries: AtomicUsize,
}

impl Hooks for FailsTwice {
    fn get_request(&self, server: &Server, socket: &Arc<Socket>) -> Result<Request> {
        match self.tries.fetch_add(1, Ordering::SeqCst) {
            0 => Err(Error::Os(libc::ECONNABORTED)),
            1 => panic!("on purpose"),
            _ => server.default_get_request(socket),
        }
    }

    fn handle_trouble(&self, _: &Server, trouble: &Trouble) {
        self.log.0.lock().unwrap().push(trouble.clone());
        panic!("a hook that fails harms nobody");
    }
}

#[test]
fn an_accept_that_fails_is_counted_and_reported() {
    in_own_process(|| {
        let log = Log::default();
        let hooks = FailsTwice { log: log.clone(), tries: AtomicUsize::new(0) };
        let server = TcpServer::options().hooks(hooks).bind(any_port(), echo).unwrap();
        while_serving(&server, || ask(&mut connect(&server)));
        assert_eq!(server.statistics().accepts_failed, 2);
        let first = Trouble::AcceptFailed { error: Error::Os(libc::ECONNABORTED), times: 1 };
        assert_eq!(log.entries().first(), Some(&first));
        let error = Error::Os(libc::ECONNABORTED);
        assert_eq!(first.to_string(), format!("taking a request failed (1 since the last report): {error}"));
    });
}

/// What Windows reports for a socket of UDP whose last datagram nobody has received.
struct NobodyThere(AtomicUsize);

impl Hooks for NobodyThere {
    fn get_request(&self, server: &Server, socket: &Arc<Socket>) -> Result<Request> {
        let tried = self.0.fetch_add(1, Ordering::SeqCst);
        if tried < 100 { Err(Error::Os(libc::ECONNRESET)) } else { server.default_get_request(socket) }
    }
}

#[test]
fn a_client_that_receives_no_answer_is_no_trouble() {
    let server = UdpServer::options().hooks(NobodyThere(AtomicUsize::new(0)));
    let server = server.bind(any_port(), |request: &Request| request.reply(b"answer")).unwrap();
    let client = UdpSocket::bind(any_port()).unwrap();
    while_serving(&server, || {
        client.send_to(b"hello", SocketAddr::try_from(server.server_address()).unwrap()).unwrap();
        assert_eq!(client.recv(&mut [0; 10]).unwrap(), 6);
    });
    assert_eq!(server.statistics().accepts_failed, 0);
}

#[test]
fn a_listening_socket_that_fails_is_reported_before_the_loop_ends() {
    let log = Log::default();
    let server = log.of(TcpServer::options()).bind(any_port(), echo).unwrap();
    server.socket().shutdown(tabi::SHUT_RDWR).unwrap();
    let error = server.serve_forever().unwrap_err();
    assert_eq!(log.entries(), [Trouble::ListenerFailed(error)]);
}

#[test]
fn the_bytes_of_connections_that_have_ended_are_counted_on_request() {
    let server =
        TcpServer::options().max_threads(2).count_bytes(true).bind(any_port(), |request: &Request| {
            let mut asked = [0; 1000];
            assert_eq!(request.socket().recv_exactly(&mut asked), Ok(1000));
            request.reply(&asked.repeat(3))?;
            request.reply(b"end")
        });
    let server = server.unwrap();
    while_serving(&server, || {
        for clients in 1..3 {
            let mut client = connect(&server);
            client.write_all(&[b'x'; 1000]).unwrap();
            assert_eq!(read_to_end(&mut client).len(), 3003);
            drop(client);
            wait_until("the request has ended", || server.statistics().finished == clients);
            let statistics = server.statistics();
            assert_eq!((statistics.bytes_received, statistics.bytes_sent), (1000 * clients, 3003 * clients));
        }
    });
    let quiet = TcpServer::new(any_port(), echo).unwrap();
    while_serving(&quiet, || ask(&mut connect(&quiet)));
    assert_eq!(quiet.statistics().bytes_received, 0, "nobody has asked for it");
}

#[test]
fn bytes_that_nobody_can_count_are_refused() {
    let refused =
        |options: ServerOptions, address: &str| match options.count_bytes(true).bind((address, 0), echo) {
            Err(Error::Value(text)) => text.to_string(),
            other => panic!("{other:?}"),
        };
    let is_for_tcp = "count_bytes is for TCP sockets, and the server has others";
    assert_eq!(refused(UdpServer::options(), "127.0.0.1"), is_for_tcp);
    let forks =
        refusal_of_forks("count_bytes is not for forking servers, whose children have the connections");
    assert_eq!(refused(forking_options(), "127.0.0.1"), forks);
}
