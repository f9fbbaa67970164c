//! The server: it answers requests, can be stopped from everywhere, keeps its threads, and a failure ends
//! only its own request.
#![allow(unsafe_code)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use crate::support::serving::{
    StopServing, any_port, ask, connect, echo, hear_back, read_to_end, stop_is_requested, while_serving,
};
use crate::support::{HANG, wait_until};
use tabi::server::{
    BaseRequestHandler, Concurrency, HandlerResult, Hooks, Next, PerRequest, Request, RequestHandler, Server,
    TcpServer, ThreadingTcpServer, Threads,
};
use tabi::{Error, Result};

#[test]
fn a_closure_answers_many_clients_at_once() {
    let server = ThreadingTcpServer::new(any_port(), |request: &Request| -> HandlerResult {
        let sk = request.socket();
        let mut line = [0; 1024];
        loop {
            match sk.recv_into(&mut line)? {
                0 => return Ok(()),
                n => sk.sendall(&line[..n])?,
            }
        }
    })
    .unwrap();
    while_serving(&server, || {
        let mut clients: Vec<_> = (0..50).map(|_| connect(&server)).collect();
        for (number, client) in clients.iter_mut().enumerate() {
            hear_back(client, number.to_string().as_bytes());
        }
        assert_eq!(server.statistics().active, 50);
        assert_eq!(server.statistics().threads, 50);
    });
    server.server_close(Some(HANG));
    assert_eq!(server.statistics().finished, 50);
    assert_eq!(server.statistics().threads, 0);
}

#[test]
fn one_thread_serves_clients_that_come_one_after_the_other() {
    let server = ThreadingTcpServer::new(any_port(), echo).unwrap();
    while_serving(&server, || {
        for _ in 0..200 {
            let mut client = connect(&server);
            ask(&mut client);
            client.shutdown(std::net::Shutdown::Write).unwrap();
            assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
            // The thread that served is idle again a moment after its client has seen the end.
            wait_until("the thread is idle", || server.statistics().idle_threads == 1);
        }
        assert_eq!(server.statistics().threads, 1);
    });
}

struct Recorder(Mutex<Vec<&'static str>>, Option<&'static str>);

impl Recorder {
    fn step(&self, name: &'static str) -> HandlerResult {
        self.0.lock().unwrap().push(name);
        match self.1 {
            Some("panic") if name == "handle" => panic!("on purpose"),
            Some(failing) if failing == name => Err(format!("{name} failed").into()),
            _ => Ok(()),
        }
    }
}

struct Steps(Arc<Recorder>);

impl RequestHandler for Steps {
    fn setup(&self, _: &Request) -> HandlerResult {
        self.0.step("setup")
    }

    fn handle(&self, _: &Request) -> HandlerResult<Next> {
        self.0.step("handle").map(Next::from)
    }

    fn finish(&self, _: &Request) -> HandlerResult {
        self.0.step("finish")
    }
}

fn steps_when(failing: Option<&'static str>) -> (Vec<&'static str>, Vec<String>) {
    let recorder = Arc::new(Recorder(Mutex::default(), failing));
    let failures = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&failures);
    let server = TcpServer::options()
        .on_error(move |_, failure| reported.lock().unwrap().push(failure.to_string()))
        .bind(any_port(), Steps(Arc::clone(&recorder)))
        .unwrap();
    let mut client = connect(&server);
    server.handle_request().unwrap();
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0, "the connection has ended");
    assert_eq!(server.statistics().failed, failures.lock().unwrap().len() as u64);
    let steps = recorder.0.lock().unwrap().clone();
    (steps, failures.lock().unwrap().clone())
}

#[test]
fn finish_runs_after_a_handle_that_fails_but_not_after_a_setup_that_fails() {
    let error = |step| vec![format!("{step} failed")];
    assert_eq!(steps_when(None), (vec!["setup", "handle", "finish"], vec![]));
    assert_eq!(steps_when(Some("setup")), (vec!["setup"], error("setup")));
    assert_eq!(steps_when(Some("handle")), (vec!["setup", "handle", "finish"], error("handle")));
    assert_eq!(steps_when(Some("finish")), (vec!["setup", "handle", "finish"], error("finish")));
    let panicked = vec!["panic: on purpose".to_owned()];
    assert_eq!(steps_when(Some("panic")), (vec!["setup", "handle", "finish"], panicked));
}

#[derive(Default)]
struct Counter(usize);

impl BaseRequestHandler for Counter {
    fn setup(&mut self, _: &Request) -> HandlerResult {
        self.0 += 1;
        Ok(())
    }

    fn handle(&mut self, request: &Request) -> HandlerResult<Next> {
        self.0 += 1;
        request.reply(&[self.0 as u8])?;
        Ok(Next::End)
    }
}

#[test]
fn each_request_has_a_handler_object_of_its_own() {
    let server = TcpServer::new(any_port(), PerRequest(|_: &Request| Counter::default())).unwrap();
    for _ in 0..2 {
        let mut client = connect(&server);
        server.handle_request().unwrap();
        let mut count = [0];
        client.read_exact(&mut count).unwrap();
        assert_eq!(count, [2]);
    }
}

#[test]
fn a_handler_that_panics_or_hangs_harms_only_its_own_request() {
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(Some(held));
    let server = ThreadingTcpServer::new(any_port(), move |request: &Request| {
        match request.socket().recv(1)?.as_slice() {
            b"p" => panic!("on purpose"),
            b"h" => {
                let held = held.lock().unwrap().take().unwrap();
                let _ = held.recv();
                Ok(())
            }
            _ => request.reply(b"fine"),
        }
    })
    .unwrap();
    while_serving(&server, || {
        connect(&server).write_all(b"h").unwrap();
        for _ in 0..20 {
            let mut panicking = connect(&server);
            panicking.write_all(b"p").unwrap();
            assert_eq!(panicking.read(&mut [0; 1]).unwrap(), 0);
            let mut good = connect(&server);
            good.write_all(b"g").unwrap();
            let answer = read_to_end(&mut good);
            assert_eq!(answer, "fine");
        }
        assert_eq!(server.statistics().failed, 20);
        drop(release);
    });
    server.server_close(None);
}

#[test]
fn server_close_in_a_handler_ends_the_loop_and_closes_the_sockets() {
    for concurrency in [Concurrency::Inline, Concurrency::Threads(Threads::default())] {
        let server = TcpServer::options()
            .concurrency(concurrency)
            .bind(any_port(), |request: &Request| {
                request.server().server_close(Some(Duration::ZERO));
                request.reply(b"closed")
            })
            .unwrap();
        let mut client = connect(&server);
        thread::scope(|scope| {
            let serving = scope.spawn(|| server.serve_forever());
            let _stop = StopServing(&server);
            let answer = read_to_end(&mut client);
            assert_eq!(answer, "closed");
            wait_until("the loop ends", || serving.is_finished());
            serving.join().unwrap().unwrap();
        });
        assert_eq!(server.fileno(), crate::support::fd::NONE);
    }
}

#[test]
fn shutdown_in_a_handler_returns_and_ends_the_loop() {
    for concurrency in [Concurrency::Inline, Concurrency::Threads(Threads::default())] {
        let server = TcpServer::options()
            .concurrency(concurrency)
            .bind(any_port(), |request: &Request| {
                request.server().shutdown();
                request.server().shutdown();
                request.reply(b"stopped")
            })
            .unwrap();
        let mut client = connect(&server);
        server.serve_forever().unwrap();
        let answer = read_to_end(&mut client);
        assert_eq!(answer, "stopped");
    }
}

#[test]
fn shutdown_before_serving_makes_the_next_serve_forever_return_at_once() {
    let server = TcpServer::new(any_port(), echo).unwrap();
    server.shutdown();
    server.serve_forever().unwrap();
    while_serving(&server, || {
        let mut client = connect(&server);
        ask(&mut client);
    });
}

/// A round of the loop that goes on for a moment after the stop was asked for, unless `shutdown` has returned by then.
struct LastRound {
    begun: mpsc::Sender<()>,
    has_returned: Mutex<mpsc::Receiver<()>>,
    tell: mpsc::Sender<Result<(), mpsc::RecvTimeoutError>>,
}

impl Hooks for LastRound {
    fn service_actions(&self, server: &Server) -> Result<()> {
        self.begun.send(()).unwrap();
        wait_until("a stop is requested", || stop_is_requested(server));
        let returned = self.has_returned.lock().unwrap().recv_timeout(Duration::from_millis(50));
        self.tell.send(returned).unwrap();
        Ok(())
    }
}

#[test]
fn shutdown_returns_when_the_loop_has_ended() {
    let (begun, has_begun) = mpsc::channel();
    let (return_, has_returned) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    let hooks = LastRound { begun, has_returned: Mutex::new(has_returned), tell };
    let server = TcpServer::options().hooks(hooks).bind(any_port(), echo).unwrap();
    thread::scope(|scope| {
        let serving = scope.spawn(|| server.serve_forever_every(0.001));
        has_begun.recv_timeout(HANG).unwrap();
        server.shutdown();
        return_.send(()).unwrap();
        serving.join().unwrap().unwrap();
    });
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [Err(mpsc::RecvTimeoutError::Timeout)]);
}

#[test]
fn shutdown_from_many_threads_under_load_never_waits_for_ever() {
    let server = ThreadingTcpServer::new(any_port(), echo).unwrap();
    let address = SocketAddr::try_from(server.server_address()).unwrap();
    let rounds = 1000;
    let stopping = AtomicUsize::new(0);
    let barrier = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while stopping.load(Ordering::SeqCst) < rounds {
                    // Between two rounds nobody accepts, so the connection waits in the kernel's queue, after
                    // the last round for ever.
                    let answered = TcpStream::connect(address).and_then(|mut client| {
                        client.set_read_timeout(Some(HANG))?;
                        client.write_all(b"x").and_then(|()| client.read_exact(&mut [0; 1]))
                    });
                    assert!(answered.is_ok() || stopping.load(Ordering::SeqCst) == rounds);
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..rounds {
                    barrier.wait();
                    server.shutdown();
                    barrier.wait();
                }
            });
        }
        for _ in 0..rounds {
            let serving = scope.spawn(|| server.serve_forever());
            barrier.wait();
            barrier.wait();
            serving.join().unwrap().unwrap();
            stopping.fetch_add(1, Ordering::SeqCst);
        }
        server.server_close(Some(HANG));
    });
    let statistics = server.statistics();
    assert_eq!((statistics.active, statistics.threads), (0, 0));
    assert_eq!(statistics.accepted, statistics.finished);
}

#[test]
fn shutdown_in_handlers_and_by_the_wake_descriptor_under_load_never_waits_for_ever() {
    use crate::support::fd::{BorrowedFd, Writer};
    let server = ThreadingTcpServer::new(any_port(), |request: &Request| -> HandlerResult {
        let mut byte = [0];
        while request.socket().recv_into(&mut byte)? > 0 {
            if byte == *b"s" {
                request.server().shutdown();
            }
            request.socket().sendall(&byte)?;
        }
        Ok(())
    })
    .unwrap();
    // SAFETY: the server owns the descriptor, and exists longer than this borrow.
    let wake = unsafe { BorrowedFd::borrow_raw(server.wake_fd()) }.try_clone_to_owned().unwrap();
    let mut wake = Writer::from(wake);
    let address = SocketAddr::try_from(server.server_address()).unwrap();
    // A call takes many times as long under Wine.
    let (rounds, done) = (if cfg!(windows) { 100 } else { 1000 }, AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while done.load(Ordering::SeqCst) < rounds {
                    let answered = TcpStream::connect(address).and_then(|mut client| {
                        client.set_read_timeout(Some(HANG))?;
                        client.write_all(b"x").and_then(|()| client.read_exact(&mut [0; 1]))
                    });
                    assert!(answered.is_ok() || done.load(Ordering::SeqCst) == rounds);
                }
            });
        }
        for round in 0..rounds {
            let serving = scope.spawn(|| server.serve_forever_every(None));
            if round % 2 == 0 {
                wake.write_all(b"x").unwrap();
            } else {
                hear_back(&mut connect(&server), b"s");
            }
            serving.join().unwrap().unwrap();
            done.fetch_add(1, Ordering::SeqCst);
        }
        server.server_close(Some(HANG));
    });
}

#[test]
fn any_bytes_to_the_wake_descriptor_stop_the_loop_once() {
    use crate::support::fd::{BorrowedFd, Writer};
    let server = TcpServer::new(any_port(), echo).unwrap();
    // SAFETY: the server owns the descriptor, and exists longer than this borrow.
    let wake = unsafe { BorrowedFd::borrow_raw(server.wake_fd()) }.try_clone_to_owned().unwrap();
    let mut wake = Writer::from(wake);
    for bytes in [&b"x"[..], &[0], &1u64.to_ne_bytes(), &[7; 1000]] {
        thread::scope(|scope| {
            let serving = scope.spawn(|| server.serve_forever_every(None));
            wake.write_all(bytes).unwrap();
            serving.join().unwrap().unwrap();
        });
        while_serving(&server, || ask(&mut connect(&server)));
    }
}

#[test]
fn serving_twice_and_after_the_end_are_errors() {
    struct ServesAgain(mpsc::Sender<Result<()>>);
    impl Hooks for ServesAgain {
        fn service_actions(&self, server: &Server) -> Result<()> {
            self.0.send(server.serve_forever()).unwrap();
            server.shutdown();
            Ok(())
        }
    }
    let (sender, second) = mpsc::channel();
    let server = TcpServer::options().hooks(ServesAgain(sender)).bind(any_port(), echo).unwrap();
    server.serve_forever_every(0.0).unwrap();
    assert!(matches!(second.recv().unwrap(), Err(Error::Value(text)) if text.contains("serving already")));
    server.server_close(None);
    server.server_close(None);
    assert_eq!(server.serve_forever(), Err(Error::Closed));
    assert_eq!(server.handle_request(), Err(Error::Closed));
    assert_eq!(server.fileno(), crate::support::fd::NONE);
}

#[test]
fn drain_reports_what_finished_and_what_was_cut() {
    let server = ThreadingTcpServer::new(any_port(), echo).unwrap();
    while_serving(&server, || {
        let mut stays: Vec<_> = (0..30).map(|_| connect(&server)).collect();
        let mut leaves: Vec<_> = (0..20).map(|_| connect(&server)).collect();
        for client in stays.iter_mut().chain(&mut leaves) {
            ask(client);
        }
        thread::scope(|scope| {
            let closing = scope.spawn(|| server.server_close(Some(Duration::from_secs(5))));
            wait_until("the server takes no more clients", || server.fileno() == crate::support::fd::NONE);
            drop(leaves);
            let report = closing.join().unwrap();
            assert_eq!((report.finished, report.cut, report.left), (20, 30, 0));
        });
        for client in &mut stays {
            assert_eq!(client.read(&mut [0; 1]).unwrap(), 0, "a client that was cut sees the end");
        }
    });
    assert_eq!(server.statistics().threads, 0);
}
