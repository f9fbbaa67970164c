//! What happens to connections while they wait without a thread.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use tabi::server::{
    HandlerResult, Job, Next, Request, RequestHandler, Server, ServerOptions, TcpServer, ThreadingTcpServer,
};
use tabi::{Error, SOCK_STREAM, Socket};

use crate::support::fd::{BorrowedFd, OwnedFd};
use crate::support::limits::allow_descriptors;
use crate::support::serving::{any_port, ask, connect, hear_back, read_to_end, while_serving};
use crate::support::{HANG, in_own_process, pair, wait_until};

/// Sends back what is there and parks. Counts the connections that have finished.
#[derive(Clone, Default)]
struct Echo(Arc<AtomicUsize>);

impl Echo {
    fn finished(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl RequestHandler for Echo {
    fn handle(&self, request: &Request) -> HandlerResult<Next> {
        let bytes = request.socket().recv(1024)?;
        if bytes.is_empty() {
            return Ok(Next::End);
        }
        request.reply(&bytes)?;
        Ok(Next::Park)
    }

    fn finish(&self, _: &Request) -> HandlerResult {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn threads(most: usize) -> ServerOptions {
    ThreadingTcpServer::options().max_threads(most)
}

/// Waits until this number of connections are parked.
fn are_parked(server: &Server, count: u64) {
    wait_until("connections are parked", || server.statistics().parked == count);
}

/// Waits until no request is active.
fn nobody_is_left(server: &Server) {
    wait_until("no request is active", || server.statistics().active == 0);
}

/// A server that parks one client, which has been answered once.
fn one_parked(server: &Server) -> TcpStream {
    let mut client = connect(server);
    ask(&mut client);
    are_parked(server, 1);
    client
}

#[test]
fn many_connections_share_a_few_threads() {
    let server = threads(2).bind(any_port(), Echo::default()).unwrap();
    while_serving(&server, || {
        let mut clients: Vec<_> = (0..50).map(|_| connect(&server)).collect();
        clients.iter_mut().for_each(ask);
        are_parked(&server, 50);
        clients.iter_mut().rev().for_each(ask);
        ask(&mut connect(&server));
        let statistics = server.statistics();
        assert!(statistics.threads <= 2, "{statistics:?}");
        assert!(statistics.woken >= 50, "{statistics:?}");
    });
    server.server_close(Some(HANG));
}

#[test]
fn an_in_line_server_serves_many_connections_in_turns() {
    let server = TcpServer::new(any_port(), Echo::default()).unwrap();
    let mut clients: Vec<_> = (0..20).map(|_| connect(&server)).collect();
    while_serving(&server, || {
        for _ in 0..3 {
            clients.iter_mut().for_each(ask);
        }
        are_parked(&server, 20);
    });
    assert_eq!(server.server_close(Some(HANG)).parked, 20);
    assert_eq!(server.statistics().active, 0);
}

#[test]
fn handle_request_takes_up_a_parked_connection() {
    let server = TcpServer::new(any_port(), Echo::default()).unwrap();
    let mut client = connect(&server);
    client.write_all(b"hello").unwrap();
    server.handle_request().unwrap();
    thread::scope(|scope| {
        let serving = scope.spawn(|| (server.handle_request(), server.handle_request()));
        ask_after_hello(&mut client);
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(serving.join().unwrap(), (Ok(()), Ok(())));
    });
    assert_eq!(server.statistics().active, 0);
}

/// Receives the answer to an earlier hello, and then asks again.
fn ask_after_hello(client: &mut TcpStream) {
    let mut answer = [0; 5];
    std::io::Read::read_exact(client, &mut answer).unwrap();
    ask(client);
}

#[test]
fn parked_connections_wait_for_the_next_serve_forever() {
    let server = threads(2).bind(any_port(), Echo::default()).unwrap();
    let mut client = None;
    while_serving(&server, || client = Some(one_parked(&server)));
    let mut client = client.unwrap();
    client.write_all(b"hello").unwrap();
    while_serving(&server, || ask_after_hello(&mut client));
    server.server_close(Some(HANG));
}

#[test]
fn a_connection_that_always_has_more_lets_others_have_the_thread() {
    let served = Arc::new(AtomicBool::new(false));
    let handler = {
        let served = Arc::clone(&served);
        move |request: &Request| -> HandlerResult<Next> {
            if request.data::<()>().is_none() && request.socket().recv(1)? == b"o" {
                served.store(true, Ordering::SeqCst);
                return Ok(Next::End);
            }
            request.data_or_insert(|| ());
            Ok(if served.load(Ordering::SeqCst) { Next::End } else { Next::Again })
        }
    };
    let server = threads(1).bind(any_port(), handler).unwrap();
    while_serving(&server, || {
        let mut busy = connect(&server);
        busy.write_all(b"b").unwrap();
        wait_until("it has the thread", || server.statistics().accepted == 1);
        let mut other = connect(&server);
        other.write_all(b"o").unwrap();
        assert_eq!((read_to_end(&mut other), read_to_end(&mut busy)), (String::new(), String::new()));
    });
    server.server_close(Some(HANG));
}

#[test]
fn connections_that_always_talk_do_not_keep_a_new_client_out() {
    let server = threads(1).bind(any_port(), Echo::default()).unwrap();
    let done = AtomicBool::new(false);
    while_serving(&server, || {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut client = connect(&server);
                    while !done.load(Ordering::SeqCst) {
                        ask(&mut client);
                    }
                });
            }
            wait_until("they talk", || server.statistics().woken > 100);
            ask(&mut connect(&server));
            done.store(true, Ordering::SeqCst);
        });
    });
    server.server_close(Some(HANG));
}

#[test]
fn a_client_that_only_sends_no_more_still_gets_its_answer() {
    let echo = Echo::default();
    let server = threads(2).bind(any_port(), echo.clone()).unwrap();
    while_serving(&server, || {
        let mut client = one_parked(&server);
        client.write_all(b"last").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&mut client), "last");
        nobody_is_left(&server);
    });
    assert_eq!((echo.finished(), server.statistics().failed), (1, 0));
    server.server_close(Some(HANG));
}

#[test]
fn a_reset_wakes_a_parked_connection_which_then_ends() {
    let echo = Echo::default();
    let server = threads(2).bind(any_port(), echo.clone()).unwrap();
    while_serving(&server, || {
        let client = Socket::from(OwnedFd::from(one_parked(&server)));
        client.set_linger(Some(std::time::Duration::ZERO)).unwrap();
        drop(client);
        nobody_is_left(&server);
    });
    assert_eq!(echo.finished(), 1);
    server.server_close(Some(HANG));
}

/// Gives the test the socket of its client, and then echoes as [`Echo`] does.
struct Shows(Sender<Arc<Socket>>, Echo);

impl RequestHandler for Shows {
    fn setup(&self, request: &Request) -> HandlerResult {
        Ok(self.0.send(Arc::clone(request.shared_socket()))?)
    }

    fn handle(&self, request: &Request) -> HandlerResult<Next> {
        self.1.handle(request)
    }

    fn finish(&self, request: &Request) -> HandlerResult {
        self.1.finish(request)
    }
}

/// A server whose failures and sockets the test gets.
fn showing() -> (Server, Receiver<Arc<Socket>>, Receiver<Error>, Echo) {
    let ((show, shown), (fail, failed)) = (mpsc::channel(), mpsc::channel());
    let echo = Echo::default();
    let server = threads(2)
        .on_error(move |_, failure| fail.send(failure.downcast_ref::<Error>().unwrap().clone()).unwrap())
        .bind(any_port(), Shows(show, echo.clone()))
        .unwrap();
    (server, shown, failed, echo)
}

#[test]
fn closing_the_socket_of_a_parked_connection_ends_it() {
    let (server, shown, failed, echo) = showing();
    while_serving(&server, || {
        let mut client = one_parked(&server);
        shown.recv_timeout(HANG).unwrap().close().unwrap();
        assert_eq!(read_to_end(&mut client), "");
        assert_eq!(failed.recv_timeout(HANG), Ok(Error::Closed), "the handler finds out");
        nobody_is_left(&server);
    });
    assert_eq!(echo.finished(), 1);
    server.server_close(Some(HANG));
}

#[test]
fn a_socket_that_is_detached_while_parked_belongs_to_its_new_owner() {
    let (server, shown, failed, _echo) = showing();
    while_serving(&server, || {
        let mut client = one_parked(&server);
        let taken = Socket::from(shown.recv_timeout(HANG).unwrap().detach().unwrap());
        taken.settimeout(HANG).unwrap();
        client.write_all(b"for the new owner").unwrap();
        assert_eq!(failed.recv_timeout(HANG), Ok(Error::Closed), "the handler reads nothing");
        nobody_is_left(&server);
        assert_eq!(taken.recv(100).unwrap(), b"for the new owner");
        taken.sendall(b"answer").unwrap();
        drop(taken);
        assert_eq!(read_to_end(&mut client), "answer");
    });
    server.server_close(Some(HANG));
}

#[test]
fn the_end_of_a_connection_with_another_owner_is_forgotten() {
    let (server, shown, _failed, _echo) = showing();
    while_serving(&server, || {
        let mut client = one_parked(&server);
        let copy = shown.recv_timeout(HANG).unwrap().dup().unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&mut client), "");
        nobody_is_left(&server);
        // The next connection has the slot of the first one, whose copy is still readable.
        let mut next = connect(&server);
        ask(&mut next);
        are_parked(&server, 1);
        let woken = server.statistics().woken;
        ask(&mut next);
        are_parked(&server, 1);
        assert!(server.statistics().woken <= woken + 1, "the copy wakes nobody");
        drop(copy);
    });
    server.server_close(Some(HANG));
}

#[test]
fn a_handler_that_always_parks_gets_one_last_turn_when_the_server_is_closed() {
    let turns = Arc::new(AtomicUsize::new(0));
    let stubborn = {
        let turns = Arc::clone(&turns);
        move |request: &Request| -> HandlerResult<Next> {
            turns.fetch_add(1, Ordering::SeqCst);
            request.reply(b"hello").or(Ok::<(), Error>(()))?;
            Ok(Next::Park)
        }
    };
    let server = threads(2).bind(any_port(), stubborn).unwrap();
    while_serving(&server, || {
        let mut client = connect(&server);
        std::io::Read::read_exact(&mut client, &mut [0; 5]).unwrap();
        are_parked(&server, 1);
        server.shutdown();
        let report = server.server_close(Some(HANG));
        assert_eq!((report.parked, report.finished, report.cut, report.left), (1, 0, 0, 0));
        assert_eq!(turns.load(Ordering::SeqCst), 2);
    });
}

/// `TABI_MANY=1` has about 10,000 connections.
#[test]
fn closing_ends_all_parked_connections_at_once() {
    in_own_process(|| {
        let most = allow_descriptors(u64::MAX);
        let many = std::env::var_os("TABI_MANY").is_some();
        close_with_parked(if many { 10_000.min(most / 2 - 100) } else { 200 });
    });
}

fn close_with_parked(count: usize) {
    let echo = Echo::default();
    let server = threads(4).bind(any_port(), echo.clone()).unwrap();
    let mut clients: Vec<_> = Vec::new();
    while_serving(&server, || {
        // Each is asked at once: a client that says nothing holds a thread until it speaks.
        clients.extend((0..count).map(|_| {
            let mut client = connect(&server);
            ask(&mut client);
            client
        }));
        are_parked(&server, count as u64);
    });
    let report = server.server_close(Some(HANG));
    assert_eq!((report.parked, report.finished, report.cut, report.left), (count, 0, 0, 0));
    assert_eq!(echo.finished(), count);
    assert!(clients.iter_mut().all(|client| read_to_end(client).is_empty()));
}

#[cfg(unix)]
#[test]
fn after_a_hand_over_parked_connections_are_answered_once_more() {
    let echo = Echo::default();
    let server = threads(2).bind(any_port(), echo.clone()).unwrap();
    let (mut talks, mut silent) = (connect(&server), connect(&server));
    while_serving(&server, || {
        ask(&mut talks);
        ask(&mut silent);
        are_parked(&server, 2);
    });
    server.pass_to(&mut std::process::Command::new("true"), "socket").unwrap();
    thread::scope(|scope| {
        let closing = scope.spawn(|| server.server_close(Some(HANG)));
        wait_until("the close has begun", || server.socket().is_closed());
        ask(&mut talks);
        assert_eq!(read_to_end(&mut talks), "", "it is not parked again");
        assert!(!closing.is_finished(), "the other one has time");
        silent.shutdown(Shutdown::Write).unwrap();
        let report = closing.join().unwrap();
        assert_eq!((report.parked, report.finished, report.cut, report.left), (0, 2, 0, 0));
    });
    assert_eq!(echo.finished(), 2);
}

#[cfg(unix)]
#[test]
fn after_a_hand_over_parked_connections_are_cut_off_when_the_time_is_over() {
    let echo = Echo::default();
    let server = threads(2).bind(any_port(), echo.clone()).unwrap();
    let mut client = None;
    while_serving(&server, || client = Some(one_parked(&server)));
    server.pass_to(&mut std::process::Command::new("true"), "socket").unwrap();
    let report = server.server_close(Some(std::time::Duration::from_millis(1)));
    assert_eq!((report.parked, report.finished, report.cut, report.left), (0, 0, 1, 0));
    assert_eq!(read_to_end(&mut client.unwrap()), "");
    // The client of a connection that is cut off sees the end before its handler does.
    wait_until("finish has run", || echo.finished() == 1);
}

#[test]
fn the_last_handle_of_a_server_takes_its_parked_connections_along() {
    struct Noted(Sender<()>);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }
    let (dropped, was_dropped) = mpsc::channel();
    let dropped = Mutex::new(dropped);
    let handler = move |request: &Request| -> HandlerResult<Next> {
        request.data_or_insert(|| Noted(dropped.lock().unwrap().clone()));
        Echo::default().handle(request)
    };
    let server = threads(2).bind(any_port(), handler).unwrap();
    let mut client = None;
    while_serving(&server, || client = Some(one_parked(&server)));
    drop(server);
    assert_eq!(read_to_end(&mut client.unwrap()), "");
    was_dropped.recv_timeout(HANG).unwrap();
}

#[test]
fn a_job_may_wait_for_its_first_byte() {
    struct First(Socket, Sender<Vec<u8>>);
    impl Job for First {
        fn run(&self, _: &Request) -> HandlerResult<Next> {
            self.1.send(self.0.recv(100)?)?;
            Ok(Next::End)
        }
        fn fd(&self) -> Option<BorrowedFd<'_>> {
            self.0.try_as_fd().ok()
        }
        fn wait_for_first_byte(&self) -> bool {
            true
        }
    }
    let server = threads(2).bind(any_port(), Echo::default()).unwrap();
    let (own, peer) = pair(SOCK_STREAM);
    let (got, gets) = mpsc::channel();
    while_serving(&server, || {
        assert!(server.run_job(First(own, got)));
        let statistics = server.statistics();
        assert_eq!((statistics.parked, statistics.threads), (1, 0));
        peer.sendall(b"hello").unwrap();
        assert_eq!(gets.recv_timeout(HANG).unwrap(), b"hello");
    });
    server.server_close(Some(HANG));
}

#[test]
fn connections_come_and_go_from_all_sides_at_once() {
    let server = threads(3).bind(any_port(), Echo::default()).unwrap();
    while_serving(&server, || {
        thread::scope(|scope| {
            for number in 0..6 {
                let server = &server;
                scope.spawn(move || {
                    for round in 0..60 {
                        let mut client = connect(server);
                        for message in 0..(round + number) % 4 {
                            hear_back(&mut client, &[round as u8, message as u8]);
                            if message == 1 {
                                thread::yield_now();
                            }
                        }
                    }
                });
            }
        });
        // Some clients have gone before they were accepted.
        wait_until("all have ended", || server.statistics().finished == 360);
    });
    let report = server.server_close(Some(HANG));
    assert_eq!((report.cut, report.left), (0, 0));
    let statistics = server.statistics();
    assert_eq!((statistics.accepted, statistics.active, statistics.failed), (360, 0, 0));
}

#[test]
fn a_server_may_be_closed_while_connections_are_being_parked() {
    for round in 0..20 {
        let server = threads(3).bind(any_port(), Echo::default()).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| server.serve_forever());
            let clients: Vec<_> = (0..4)
                .map(|_| {
                    let mut client = connect(&server);
                    scope.spawn(move || {
                        // The close comes at some moment, and ends this.
                        while client.write_all(b"x").is_ok()
                            && matches!(std::io::Read::read(&mut client, &mut [0; 8]), Ok(1..))
                        {
                        }
                    })
                })
                .collect();
            wait_until("they talk", || server.statistics().woken > round);
            let report = server.server_close(Some(HANG));
            assert_eq!(report.left, 0);
            for client in clients {
                client.join().unwrap();
            }
        });
        assert_eq!(server.statistics().active, 0);
    }
}
