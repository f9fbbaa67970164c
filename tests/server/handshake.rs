//! The hook that prepares a connection before its handler, as a TLS handshake does.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tabi::server::{
    Failure, HandlerResult, Hooks, Job, Next, Phase, Request, RequestHandler, Server, ServerOptions,
    TcpServer, Threads, Trouble, UdpServer,
};
use tabi::{AF_INET, SOCK_STREAM};

use crate::support::serving::{any_port, ask, connect, forks, read_to_end, while_serving};
use crate::support::{HANG, wait_until};

type Notes = Arc<Mutex<Vec<&'static str>>>;

/// The greetings of a protocol that begins with one. A client that says anything else is none.
struct Greeted(Notes);

/// What the handshake leaves in its request.
struct Session {
    name: String,
    notes: Notes,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.notes.lock().unwrap().push("session dropped");
    }
}

impl Hooks for Greeted {
    fn verify_request(&self, request: &Request) -> HandlerResult<bool> {
        self.0.lock().unwrap().push("verify_request");
        Ok(request.data::<Session>().is_none())
    }

    fn handshake(&self, request: &Request) -> HandlerResult {
        self.0.lock().unwrap().push("handshake");
        let greeting = request.socket().recv(100)?;
        let name = String::from_utf8(greeting)?;
        assert_ne!(name, "panic", "the client wanted it");
        let name = name.strip_prefix("I am ").ok_or("no greeting")?.to_owned();
        request.data_or_insert(|| Session { name, notes: Arc::clone(&self.0) });
        Ok(request.reply(b"welcome")?)
    }

    fn finish_request(&self, request: &Request) -> Result<Next, Failure> {
        self.0.lock().unwrap().push("finish_request");
        Server::default_finish_request(request)
    }

    fn handle_error(&self, _: &Request, _: &Failure) {
        self.0.lock().unwrap().push("handle_error");
    }
}

/// Answers each byte with the client's name, and parks.
fn tell_name(request: &Request) -> HandlerResult<Next> {
    if request.socket().recv(1)?.is_empty() {
        return Ok(Next::End);
    }
    request.reply(request.data::<Session>().expect("the handshake has made it").name.as_bytes())?;
    Ok(Next::Park)
}

fn greeted(notes: &Notes) -> ServerOptions {
    TcpServer::options().hooks(Greeted(Arc::clone(notes)))
}

fn hear(client: &mut impl Read, expected: &str) {
    let mut heard = vec![0; expected.len()];
    client.read_exact(&mut heard).unwrap();
    assert_eq!(String::from_utf8_lossy(&heard), expected);
}

#[test]
fn it_runs_once_for_each_connection_and_what_it_makes_is_there_in_every_turn() {
    for options in [TcpServer::options(), TcpServer::options().concurrency(Threads::default())] {
        let notes = Notes::default();
        let server = options.hooks(Greeted(Arc::clone(&notes))).bind(any_port(), tell_name).unwrap();
        while_serving(&server, || {
            let mut client = connect(&server);
            client.write_all(b"I am ann").unwrap();
            hear(&mut client, "welcome");
            for _ in 0..2 {
                client.write_all(b"?").unwrap();
                hear(&mut client, "ann");
            }
            client.shutdown(Shutdown::Write).unwrap();
            assert_eq!(read_to_end(&mut client), "");
        });
        server.server_close(Some(HANG));
        let turns = ["finish_request"; 3];
        let expected = [&["verify_request", "handshake"][..], &turns, &["session dropped"]].concat();
        assert_eq!(*notes.lock().unwrap(), expected);
        assert_eq!((server.statistics().failed, server.statistics().handshake_failed), (0, 0));
    }
}

#[test]
fn a_client_that_fails_it_is_ended_and_counted_and_never_reaches_the_handler() {
    for said in ["GET / HTTP/1.0\r\n\r\n", "", "panic"] {
        let notes = Notes::default();
        let server = greeted(&notes).max_threads(1).bind(any_port(), tell_name).unwrap();
        while_serving(&server, || {
            let mut client = connect(&server);
            client.write_all(said.as_bytes()).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            assert_eq!(read_to_end(&mut client), "");
        });
        server.server_close(Some(HANG));
        assert_eq!(*notes.lock().unwrap(), ["verify_request", "handshake"], "{said:?}");
        let statistics = server.statistics();
        assert_eq!((statistics.handshake_failed, statistics.failed, statistics.finished), (1, 0, 1));
    }
}

#[test]
fn clients_that_say_nothing_hold_neither_others_nor_shutdown() {
    let notes = Notes::default();
    let server = greeted(&notes).concurrency(Threads::default()).bind(any_port(), tell_name).unwrap();
    let mut silent = Vec::new();
    while_serving(&server, || {
        silent.extend((0..50).map(|_| connect(&server)));
        let mut client = connect(&server);
        client.write_all(b"I am bob").unwrap();
        hear(&mut client, "welcome");
        client.write_all(b"?").unwrap();
        hear(&mut client, "bob");
    });
    // The loop has ended, and none of them was cut off for that.
    for client in &silent {
        client.set_nonblocking(true).unwrap();
        let heard = (&mut &*client).read(&mut [0]).unwrap_err();
        assert_eq!(heard.kind(), std::io::ErrorKind::WouldBlock);
    }
    drop(silent);
    let report = server.server_close(Some(HANG));
    assert_eq!((report.cut, report.left), (0, 0));
    assert_eq!(server.statistics().handshake_failed, 50);
}

#[test]
fn its_time_is_limited_over_all_calls_together() {
    let troubles = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&troubles);
    let options = TcpServer::options().concurrency(Threads::default()).handshake_timeout(0.1).unwrap();
    let options = options.on_trouble(move |_, trouble| reported.lock().unwrap().push(trouble.clone()));
    let server = options.hooks(ByteByByte).bind(any_port(), tell_nothing).unwrap();
    while_serving(&server, || {
        let mut silent = connect(&server);
        assert_eq!(read_to_end(&mut silent), "");
        // It is not prolonged by a byte now and then: this handshake would take a second.
        let mut slow = connect(&server);
        while slow.write_all(b".").is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
        // A request may have ended before the thread that has cut it off counts it.
        wait_until("both have ended", || server.statistics().finished == 2);
        wait_until("both are counted", || server.statistics().handshake_cut == 2);
    });
    let statistics = server.statistics();
    assert_eq!((statistics.handshake_cut, statistics.handshake_failed, statistics.failed), (2, 0, 0));
    let first = Trouble::Late { phase: Phase::Handshake, clients: 1 };
    assert_eq!(troubles.lock().unwrap()[0], first);
}

/// Needs a thousand bytes of the client, which it takes one by one.
struct ByteByByte;

impl Hooks for ByteByByte {
    fn handshake(&self, request: &Request) -> HandlerResult {
        for _ in 0..1000 {
            if request.socket().recv(1)?.is_empty() {
                return Err("the client is gone".into());
            }
        }
        Ok(())
    }
}

fn tell_nothing(_: &Request) -> HandlerResult {
    Ok(())
}

#[test]
fn its_time_does_not_count_for_the_request() {
    let notes = Notes::default();
    let options = greeted(&notes).concurrency(Threads::default()).handshake_timeout(0.3).unwrap();
    let (go_on, wait) = std::sync::mpsc::channel();
    let wait = Mutex::new(wait);
    let handler = move |request: &Request| -> HandlerResult {
        wait.lock().unwrap().recv().unwrap();
        Ok(request.reply(b"in peace")?)
    };
    let server = options.bind(any_port(), handler).unwrap();
    while_serving(&server, || {
        // The time is short, so not every machine makes it: the first client that does is the one.
        let mut client = loop {
            let mut client = connect(&server);
            client.write_all(b"I am ann").unwrap();
            if client.read_exact(&mut [0; 7]).is_ok() {
                break client;
            }
        };
        // Another one comes too late meanwhile, and this one is left alone.
        read_to_end(&mut connect(&server));
        go_on.send(()).unwrap();
        assert_eq!(read_to_end(&mut client), "in peace");
    });
}

#[test]
fn a_limit_that_cannot_be_is_refused() {
    let echo = crate::support::serving::echo;
    let refused = |options: ServerOptions| options.bind(any_port(), echo).unwrap_err().to_string();
    let limited = |seconds: f64| TcpServer::options().handshake_timeout(seconds).unwrap();
    assert_eq!(refused(limited(0.0).max_threads(1)), "handshake_timeout must be above 0 seconds, got 0");
    assert_eq!(refused(limited(1.0)), "handshake_timeout needs a server with threads");
    assert!(refused(limited(1.0).concurrency(forks())).contains("handshake_timeout"));
}

#[test]
fn server_close_cuts_off_those_who_are_in_it() {
    let notes = Notes::default();
    let server = greeted(&notes).concurrency(Threads::default()).bind(any_port(), tell_name).unwrap();
    let mut client = None;
    while_serving(&server, || {
        client = Some(connect(&server));
        wait_until("the handshake has begun", || notes.lock().unwrap().len() == 2);
    });
    let report = server.server_close(Some(Duration::ZERO));
    assert_eq!((report.cut, report.left), (1, 0));
    assert_eq!(read_to_end(&mut client.unwrap()), "");
}

/// Refuses to be asked.
struct Never;

impl Hooks for Never {
    fn handshake(&self, _: &Request) -> HandlerResult {
        Err("nothing to prepare".into())
    }
}

struct Ran(Arc<AtomicBool>);

impl Job for Ran {
    fn run(&self, _: &Request) -> HandlerResult<Next> {
        self.0.store(true, Ordering::SeqCst);
        Ok(Next::End)
    }
}

#[test]
fn datagrams_and_jobs_have_none() {
    let echo = |request: &Request| request.reply(request.packet());
    let server = UdpServer::options().hooks(Never).bind(any_port(), echo).unwrap();
    let client = std::net::UdpSocket::bind(any_port()).unwrap();
    client.connect(std::net::SocketAddr::try_from(server.server_address()).unwrap()).unwrap();
    client.set_read_timeout(Some(HANG)).unwrap();
    client.send(b"hello").unwrap();
    server.handle_request().unwrap();
    assert_eq!(client.recv(&mut [0; 10]).unwrap(), 5);
    let ran = Arc::default();
    assert!(server.run_job(Ran(Arc::clone(&ran))));
    assert!(ran.load(Ordering::SeqCst));
    assert_eq!(server.statistics().handshake_failed, 0);
}

/// Greets with the number of the process that does it.
struct TellsProcess;

impl Hooks for TellsProcess {
    fn handshake(&self, request: &Request) -> HandlerResult {
        Ok(request.reply(format!("{}\n", std::process::id()).as_bytes())?)
    }
}

impl RequestHandler for TellsProcess {
    fn handle(&self, request: &Request) -> HandlerResult<Next> {
        request.reply(format!("{}\n", std::process::id()).as_bytes())?;
        Ok(Next::End)
    }
}

#[test]
fn a_forking_server_makes_it_in_the_child() {
    let options = ServerOptions::new(AF_INET, SOCK_STREAM).concurrency(forks());
    let server = options.hooks(TellsProcess).bind(any_port(), TellsProcess).unwrap();
    while_serving(&server, || {
        let text = read_to_end(&mut connect(&server));
        let processes: Vec<&str> = text.lines().collect();
        assert_eq!(processes[0], processes[1]);
        assert_ne!(processes[0], std::process::id().to_string());
    });
    server.server_close(Some(HANG));
}

#[test]
fn without_it_nothing_is_prepared() {
    let server = TcpServer::options().max_threads(1).bind(any_port(), crate::support::serving::echo).unwrap();
    while_serving(&server, || ask(&mut connect(&server)));
    assert_eq!(server.statistics().handshake_failed, 0);
}
