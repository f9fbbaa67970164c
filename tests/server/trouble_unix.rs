//! Errors of listening sockets and of `poll`, and processes that the system refuses.
#![allow(unsafe_code)]

use std::fs::File;
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use crate::support::limits::{become_nobody, limit};
use crate::support::serving::{StopServing, any_port, ask, connect, echo, forking, while_serving};
use crate::support::waiting::call_numbers::POLL;
use crate::support::{ThreadId, in_own_process, temporary_path, wait_until};
use tabi::server::{Hooks, Request, Server, ServerOptions, TcpServer, ThreadingTcpServer};
use tabi::{AF_INET, AF_UNIX, Error, Result, SHUT_RDWR, SOCK_STREAM, Socket};

/// Does something to the server's socket, and lets a client connect afterwards. Returns the error with which
/// `serve_forever` ends.
fn end_after(server: &Server, client: impl FnOnce(), happens: impl FnOnce(&Socket)) -> Error {
    client();
    happens(server.socket());
    server.serve_forever().unwrap_err()
}

#[test]
fn a_socket_that_does_not_listen_any_more_ends_the_server() {
    let tcp = TcpServer::new(any_port(), echo).unwrap();
    let shut = |socket: &Socket| socket.shutdown(SHUT_RDWR).unwrap();
    assert_eq!(end_after(&tcp, || (), shut), Error::Os(libc::EINVAL));

    let path = temporary_path();
    let unix = ServerOptions::new(AF_UNIX, SOCK_STREAM).bind(&*path, echo).unwrap();
    let client = Socket::new(AF_UNIX, SOCK_STREAM, 0).unwrap();
    let queued = || client.connect(&*path).unwrap();
    // A client in the queue is still taken; after it the loop ends.
    let end = end_after(&unix, queued, |socket| {
        client.close().unwrap();
        shut(socket);
    });
    assert_eq!(end, Error::Os(libc::EINVAL));

    let idle = ServerOptions::new(AF_INET, SOCK_STREAM).prepare(any_port(), echo).unwrap();
    idle.server_bind().unwrap();
    assert_eq!(idle.serve_forever().unwrap_err(), Error::Os(libc::EINVAL), "it was never activated");
}

#[test]
fn a_poll_that_fails_does_not_end_a_server() {
    in_own_process(|| {
        // This server has service_actions, for which the loop wakes up by itself.
        let ticks = Ticks(Arc::default());
        let server = ThreadingTcpServer::options().hooks(ticks).bind(any_port(), echo).unwrap();
        let mut early = connect(&server);
        let address = early.peer_addr().unwrap();
        thread::scope(|scope| {
            let serving = scope.spawn(|| server.serve_forever_every(0.001));
            let _stop = StopServing(&server);
            ask(&mut early);
            // The loop polls more descriptors than the process may have, so the system reports EINVAL.
            let tasks = std::fs::read_dir("/proc/self/task").unwrap();
            let threads: Vec<_> =
                tasks.map(|task| File::open(task.unwrap().path().join("syscall")).unwrap()).collect();
            let before = limit(libc::RLIMIT_NOFILE, 1);
            wait_until("the poll has failed", || serving.is_finished() || one_polls_one_descriptor(&threads));
            assert!(!serving.is_finished());
            limit(libc::RLIMIT_NOFILE, before);
            let mut late = TcpStream::connect(address).unwrap();
            ask(&mut late);
            server.shutdown();
            serving.join().unwrap().unwrap();
        });
    });
}

/// Whether one of these threads polls a single descriptor, as a loop does that cannot poll all of its own.
fn one_polls_one_descriptor(threads: &[File]) -> bool {
    threads.iter().any(|thread| {
        let mut bytes = [0; 200];
        let read = thread.read_at(&mut bytes, 0).unwrap_or(0);
        let call = String::from_utf8_lossy(&bytes[..read]).into_owned();
        let mut words = call.split(' ');
        words.next().and_then(|number| number.parse().ok()).is_some_and(|number| POLL.contains(number))
            && words.nth(1) == Some("0x1")
    })
}

/// Counts how often `service_actions` runs.
struct Ticks(Arc<AtomicUsize>);

impl Hooks for Ticks {
    fn service_actions(&self, _: &Server) -> Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn nothing_wakes_an_idle_server_that_has_no_service_actions() {
    let idle = TcpServer::new(any_port(), echo).unwrap();
    let ticks = Arc::new(AtomicUsize::new(0));
    let ticking = TcpServer::options().hooks(Ticks(Arc::clone(&ticks))).bind(any_port(), echo).unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            sender.send(ThreadId::current()).unwrap();
            idle.serve_forever_every(0.001)
        });
        let _stop_idle = StopServing(&idle);
        let thread = receiver.recv().unwrap();
        thread.wait_until_blocked();
        let before = thread.switches();
        scope.spawn(|| ticking.serve_forever_every(0.001));
        let _stop_ticking = StopServing(&ticking);
        wait_until("the other server has been woken", || ticks.load(Ordering::SeqCst) >= 100);
        assert_eq!(thread.switches(), before);
        ticking.shutdown();
        idle.shutdown();
    });
}

/// Echoes once and returns. A child process has copies of the sockets of all clients, so no client would see
/// the end of its connection.
fn echo_once(request: &Request) -> Result<()> {
    request.reply(&request.socket().recv(1024)?)
}

#[test]
fn clients_for_whom_the_system_has_no_process_wait_for_one() {
    in_own_process(|| {
        let server = forking(echo_once).unwrap();
        while_serving(&server, || {
            ask(&mut connect(&server));
            become_nobody();
            let before = limit(libc::RLIMIT_NPROC, 0);
            let mut clients: Vec<_> = (0..6).map(|_| connect(&server)).collect();
            wait_until("a process is refused", || server.statistics().accepted >= 2);
            wait_until("the first client has left", || server.statistics().children == 0);
            limit(libc::RLIMIT_NPROC, before);
            clients.iter_mut().for_each(ask);
        });
        server.server_close(None);
        let statistics = server.statistics();
        assert_eq!((statistics.accepted, statistics.finished, statistics.failed), (7, 7, 0));
    });
}

#[test]
fn clients_that_wait_for_a_process_do_not_delay_the_close() {
    in_own_process(|| {
        let server = forking(echo).unwrap();
        while_serving(&server, || {
            become_nobody();
            limit(libc::RLIMIT_NPROC, 0);
            let _client = connect(&server);
            wait_until("the client is accepted", || server.statistics().accepted == 1);
            let report = server.server_close(None);
            assert_eq!((report.finished, report.cut, report.left), (0, 1, 0));
        });
        assert_eq!((server.statistics().rejected, server.statistics().active), (1, 0));
    });
}
