//! Threads that end, threads that the system refuses, and what a drain reports about their clients.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::serving::{
    StopServing, any_port, connect, read_to_end, stop_is_requested, while_serving,
};
use crate::support::{HANG, in_own_process, wait_until};
use tabi::Result;
use tabi::server::{Hooks, Request, Server, ServerOptions, TcpServer, ThreadingTcpServer, Threads, WhenFull};
use tabi::socket::Socket;

fn threads(threads: Threads) -> ServerOptions {
    TcpServer::options().concurrency(threads)
}

fn greet(request: &Request) -> Result<()> {
    request.reply(b"hello")
}

fn is_greeted(client: &mut TcpStream) {
    let mut greeting = [0; 5];
    client.read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"hello");
}

/// Threads that end slowly after their last request.
struct SlowEnd {
    ending: Sender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl Hooks for SlowEnd {
    fn thread_main(&self, _: &str, body: &mut dyn FnMut()) {
        body();
        self.ending.send(()).unwrap();
        // This returns when the test has dropped its sender.
        let _ = self.go_on.lock().unwrap().recv();
    }
}

#[test]
fn a_client_that_comes_while_the_last_thread_leaves_is_served() {
    for when_full in [WhenFull::Wait, WhenFull::Queue(1), WhenFull::Refuse] {
        let (ending, has_ended) = channel();
        let (stays, go_on) = channel::<()>();
        let limits = Threads::default().max_threads(1).idle(Duration::ZERO).when_full(when_full);
        let hooks = SlowEnd { ending, go_on: Mutex::new(go_on) };
        let server = threads(limits).hooks(hooks).bind(any_port(), greet).unwrap();
        thread::scope(|scope| {
            // Only the client wakes the loop.
            scope.spawn(|| server.serve_forever_every(None).unwrap());
            let _stop = StopServing(&server);
            is_greeted(&mut connect(&server));
            has_ended.recv_timeout(HANG).unwrap();
            is_greeted(&mut connect(&server));
            drop(stays);
            server.shutdown();
        });
        assert_eq!(server.server_close(None).left, 0);
    }
}

/// Takes a client only after a stop of the loop was requested.
struct AfterTheStop {
    asked: Sender<()>,
}

impl Hooks for AfterTheStop {
    fn get_request(&self, server: &Server, socket: &Arc<Socket>) -> Result<Request> {
        self.asked.send(()).unwrap();
        wait_until("a stop is requested", || stop_is_requested(server));
        server.default_get_request(socket)
    }
}

#[test]
fn a_drain_counts_clients_that_came_while_the_loop_ended() {
    let (asked, is_asked) = channel();
    let server = threads(Threads::default()).hooks(AfterTheStop { asked }).bind(any_port(), greet).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        let _stop = StopServing(&server);
        let mut client = connect(&server);
        is_asked.recv_timeout(HANG).unwrap();
        let report = server.server_close(Some(HANG));
        assert_eq!((report.finished, report.cut, report.left), (1, 0, 0));
        is_greeted(&mut client);
    });
}

#[derive(Clone, Default)]
struct CountsEnds(Arc<AtomicUsize>);

impl Hooks for CountsEnds {
    fn shutdown_request(&self, request: &Request) {
        self.0.fetch_add(1, Ordering::SeqCst);
        request.shutdown();
        self.close_request(request);
    }
}

#[test]
fn clients_that_are_still_queued_at_the_end_of_a_drain_end_as_others_do() {
    let limits = Threads::default().max_threads(1).when_full(WhenFull::Queue(2));
    let hooks = CountsEnds::default();
    let quiet = |request: &Request| request.socket().recv_into(&mut [0; 1]).map(drop);
    let server = threads(limits).hooks(hooks.clone()).bind(any_port(), quiet).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        let _stop = StopServing(&server);
        let _clients: Vec<_> = (0..3).map(|_| connect(&server)).collect();
        wait_until("one is handled and two are queued", || server.statistics().accepted == 3);
        let report = server.server_close(Some(Duration::ZERO));
        assert_eq!((report.finished, report.cut, report.left), (0, 3, 0));
    });
    assert_eq!(hooks.0.load(Ordering::SeqCst), 3, "shutdown_request runs for each");
    assert_eq!(server.statistics().rejected, 2);
}

#[test]
fn a_handler_has_room_for_ordinary_locals() {
    in_own_process(|| {
        let server = ThreadingTcpServer::new(any_port(), |request: &Request| {
            let mut locals = [1u8; 700_000];
            let locals = std::hint::black_box(&mut locals);
            locals[0] = request.socket().recv(1)?[0];
            request.reply(&locals[..1])
        })
        .unwrap();
        while_serving(&server, || {
            let mut client = connect(&server);
            client.write_all(b"x").unwrap();
            assert_eq!(read_to_end(&mut client), "x");
        });
    });
}
