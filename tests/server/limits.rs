//! Limits: what happens when threads, connections or time run out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::serving::{StopServing, any_port, ask, connect, connect_to, echo, while_serving};
use crate::support::{HANG, libc, wait_until};
use tabi::server::{
    Failure, HandlerResult, Hooks, Request, Server, ServerOptions, TcpServer, ThreadingTcpServer, Threads,
    WhenFull,
};
use tabi::{
    AF_INET6, CreateServerOptions, Error, Result, create_server, create_server_with, has_dualstack_ipv6,
};

pub(crate) fn threads(max_threads: usize, when_full: WhenFull) -> ServerOptions {
    let threads = Threads::default().max_threads(max_threads).when_full(when_full);
    TcpServer::options().concurrency(threads)
}

fn is_closed(client: &mut TcpStream) -> bool {
    matches!(client.read(&mut [0; 1]), Ok(0)) || {
        client.write_all(b"x").and_then(|()| client.read(&mut [0; 1])).is_err()
    }
}

/// Serves in a thread while `clients` runs, and then closes the server. No thread may be left.
pub(crate) fn until_closed(server: &Server, clients: impl FnOnce()) {
    while_serving(server, clients);
    server.server_close(Some(Duration::ZERO));
    assert_eq!(server.server_close(Some(HANG)).left, 0);
}

#[test]
fn wait_leaves_clients_in_the_kernels_queue() {
    let server = threads(2, WhenFull::Wait).bind(any_port(), echo).unwrap();
    until_closed(&server, || {
        let mut first = [connect(&server), connect(&server)];
        first.iter_mut().for_each(ask);
        let mut waiting: Vec<_> = (0..10).map(|_| connect(&server)).collect();
        first.iter_mut().for_each(ask);
        assert_eq!(server.statistics().accepted, 2, "the loop does not accept what nobody can serve");
        drop(first);
        for client in &mut waiting {
            ask(client);
            client.shutdown(std::net::Shutdown::Both).unwrap();
        }
        assert_eq!(server.statistics().threads, 2);
    });
    assert_eq!(server.statistics().accepted, 12);
}

#[test]
fn queue_accepts_up_to_its_length_more() {
    let server = threads(1, WhenFull::Queue(3)).bind(any_port(), echo).unwrap();
    until_closed(&server, || {
        let mut first = connect(&server);
        ask(&mut first);
        let mut queued: Vec<_> = (0..6).map(|_| connect(&server)).collect();
        wait_until("three are queued", || server.statistics().accepted == 4);
        ask(&mut first);
        assert_eq!(server.statistics().accepted, 4);
        drop(first);
        for client in &mut queued {
            ask(client);
            client.shutdown(std::net::Shutdown::Both).unwrap();
        }
    });
}

#[test]
fn refuse_closes_at_once_and_counts() {
    let server = threads(1, WhenFull::Refuse).bind(any_port(), echo).unwrap();
    until_closed(&server, || {
        let mut first = connect(&server);
        ask(&mut first);
        let mut second = connect(&server);
        assert!(is_closed(&mut second));
        assert_eq!(server.statistics().rejected, 1);
        ask(&mut first);
        drop(first);
        wait_until("the thread is free", || server.statistics().idle_threads == 1);
        ask(&mut connect(&server));
    });
}

#[test]
fn connections_are_limited_in_all_and_for_each_host() {
    let both: [fn(ServerOptions) -> ServerOptions; 2] =
        [|options| options.max_connections(2), |options| options.max_connections_per_address(2)];
    for limited in both {
        let server = limited(ThreadingTcpServer::options()).bind(any_port(), echo).unwrap();
        until_closed(&server, || {
            let mut first = [connect(&server), connect(&server)];
            first.iter_mut().for_each(ask);
            assert!(is_closed(&mut connect(&server)));
            first.iter_mut().for_each(ask);
            drop(first);
            wait_until("they have left", || server.statistics().active == 0);
            ask(&mut connect(&server));
        });
        assert_eq!(server.statistics().rejected, 1);
    }
}

/// On a dual-stack socket, the address of an IPv4 client is an IPv6 address that contains it.
#[test]
fn a_host_is_the_same_host_on_an_ipv4_and_on_a_dual_stack_socket() {
    if !has_dualstack_ipv6() {
        return eprintln!("skipped: this machine has no IPv6");
    }
    let dual_stack = CreateServerOptions::new().family(AF_INET6).dualstack_ipv6(true);
    let sockets = [create_server(any_port()), create_server_with(("", 0), &dual_stack)].map(Result::unwrap);
    let ports = sockets.each_ref().map(|socket| socket.getsockname().unwrap().port().unwrap());
    let options = ThreadingTcpServer::options().max_connections_per_address(1);
    let server = options.adopt(sockets.into(), echo).unwrap();
    until_closed(&server, || {
        for (first, second) in [(ports[0], ports[1]), (ports[1], ports[0])] {
            let mut served = connect_to(([127, 0, 0, 1], first).into());
            ask(&mut served);
            let mut second = connect_to(([127, 0, 0, 1], second).into());
            assert!(is_closed(&mut second), "one host has two connections");
            drop(served);
            wait_until("the first has left", || server.statistics().active == 0);
        }
    });
    assert_eq!(server.statistics().rejected, 2);
}

#[test]
fn max_threads_makes_a_server_a_threaded_one_and_keeps_its_other_settings() {
    let options = TcpServer::options().concurrency(Threads::default().name("chat")).max_threads(2);
    let text = format!("{options:?}");
    assert!(text.contains("max_threads: Some(2)") && text.contains(r#"name: "chat""#), "{text}");

    let server = TcpServer::options().max_threads(1).bind(any_port(), echo).unwrap();
    until_closed(&server, || {
        let mut first = connect(&server);
        ask(&mut first);
        assert_eq!((server.statistics().threads, server.statistics().idle_threads), (1, 0));
    });
}

#[test]
fn an_idle_client_times_out() {
    let failures = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&failures);
    let server = ThreadingTcpServer::options()
        .request_timeout(0.01)
        .unwrap()
        .on_error(move |_, failure| reported.lock().unwrap().push(failure.to_string()))
        .bind(any_port(), echo)
        .unwrap();
    until_closed(&server, || assert!(is_closed(&mut connect(&server))));
    assert_eq!(*failures.lock().unwrap(), ["timed out"]);
}

#[test]
fn threads_without_work_leave() {
    let brief = Threads::default().idle(Duration::from_millis(10));
    let server = TcpServer::options().concurrency(brief).bind(any_port(), echo).unwrap();
    until_closed(&server, || {
        let mut clients: Vec<_> = (0..20).map(|_| connect(&server)).collect();
        clients.iter_mut().for_each(ask);
        assert_eq!(server.statistics().threads, 20);
        drop(clients);
        wait_until("all have left", || server.statistics().threads == 0);
        ask(&mut connect(&server));
    });
}

#[test]
fn a_server_that_does_not_wait_leaves_running_requests_alone() {
    for threads in [Threads::default().daemon_threads(true), Threads::default().block_on_close(false)] {
        let options = TcpServer::options().concurrency(threads);
        let server = options.bind(any_port(), echo).unwrap();
        thread::scope(|scope| {
            let serving = scope.spawn(|| server.serve_forever());
            let _stop = StopServing(&server);
            let mut client = connect(&server);
            ask(&mut client);
            let report = server.server_close(None);
            assert_eq!((report.finished, report.cut, report.left), (0, 0, 1));
            serving.join().unwrap().unwrap();
            ask(&mut client);
            drop(client);
            wait_until("the thread has left", || server.statistics().threads == 0);
        });
    }
}

#[test]
fn a_handler_that_hangs_does_not_keep_a_server_from_closing() {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(held);
    let server = ThreadingTcpServer::new(any_port(), move |request: &Request| -> HandlerResult {
        request.reply(b"hangs")?;
        let _ = held.lock().unwrap().recv();
        Ok(())
    })
    .unwrap();
    thread::scope(|scope| {
        let serving = scope.spawn(|| server.serve_forever());
        let _stop = StopServing(&server);
        let mut client = connect(&server);
        client.read_exact(&mut [0; 5]).unwrap();
        let report = server.server_close(Some(Duration::ZERO));
        assert_eq!((report.finished, report.cut, report.left), (0, 1, 1));
        serving.join().unwrap().unwrap();
        drop(release);
        wait_until("the thread has left", || server.statistics().threads == 0);
    });
}

#[derive(Default)]
struct Failing {
    refused: AtomicUsize,
    errors: Mutex<Vec<String>>,
}

struct FailingHooks(Arc<Failing>);

impl Hooks for FailingHooks {
    fn get_request(&self, server: &Server, socket: &Arc<tabi::Socket>) -> Result<Request> {
        match self.0.refused.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("on purpose"),
            1 => Err(Error::Os(libc::ECONNABORTED)),
            2 => Err(Error::Os(libc::EMFILE)),
            _ => server.default_get_request(socket),
        }
    }

    fn verify_request(&self, request: &Request) -> HandlerResult<bool> {
        match request.socket().recv(1)?.as_slice() {
            b"p" => panic!("on purpose"),
            b"e" => Err("no such client".into()),
            b"n" => Ok(false),
            _ => Ok(true),
        }
    }

    fn shutdown_request(&self, request: &Request) {
        request.shutdown();
        panic!("on purpose");
    }

    fn handle_error(&self, _: &Request, failure: &Failure) {
        self.0.errors.lock().unwrap().push(failure.to_string());
        panic!("on purpose");
    }
}

#[test]
fn hooks_that_fail_or_panic_harm_only_their_request() {
    let hooks = Arc::new(Failing::default());
    let server =
        ThreadingTcpServer::options().hooks(FailingHooks(Arc::clone(&hooks))).bind(any_port(), echo).unwrap();
    until_closed(&server, || {
        for kind in [b"p", b"e", b"n"] {
            let mut client = connect(&server);
            client.write_all(kind).unwrap();
            assert!(is_closed(&mut client));
        }
        let mut good = connect(&server);
        good.write_all(b"g").unwrap();
        ask(&mut good);
    });
    assert_eq!(*hooks.errors.lock().unwrap(), ["panic: on purpose", "no such client"]);
    assert_eq!(server.statistics().rejected, 1);
}
