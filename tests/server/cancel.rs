//! Tokens and servers: whoever serves under a token, and handlers under that of their server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use crate::support::limits::limit;
use crate::support::serving::{any_port, ask, connect, echo, read_to_end, while_serving};
use crate::support::{in_own_process, libc, once_blocked, pair, wait_until};
use tabi::server::{Request, Server, ServerOptions, TcpServer, ThreadingTcpServer};
use tabi::{Cancel, Error};

/// Makes a call in this thread, and triggers the token when this thread is blocked in it.
fn cancel_while_blocked<T>(token: &Cancel, call: impl FnOnce() -> T) -> T {
    once_blocked(|| token.cancel(), call)
}

/// Keeps the failures of handlers.
fn reporting(options: ServerOptions) -> (ServerOptions, Arc<Mutex<Vec<String>>>) {
    let failures = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&failures);
    let options = options.on_error(move |_, failure| kept.lock().unwrap().push(failure.to_string()));
    (options, failures)
}

#[test]
fn a_thread_that_serves_ends_and_may_serve_again() {
    for loops in [1, 3] {
        let server = TcpServer::options().max_threads(2).loops(loops).bind(any_port(), echo).unwrap();
        let token = Cancel::new().unwrap();
        let scope = token.scope().unwrap();
        assert_eq!(cancel_while_blocked(&token, || server.serve_forever()), Err(Error::Cancelled));
        assert_eq!(server.serve_forever(), Err(Error::Cancelled), "once more");
        assert_eq!(server.handle_request(), Err(Error::Cancelled));
        drop(scope);
        while_serving(&server, || ask(&mut connect(&server)));
    }
}

#[test]
fn handle_request_ends() {
    let server = TcpServer::new(any_port(), echo).unwrap();
    let token = Cancel::new().unwrap();
    let _scope = token.scope().unwrap();
    assert_eq!(cancel_while_blocked(&token, || server.handle_request()), Err(Error::Cancelled));
}

#[test]
fn a_busy_server_ends_too() {
    let token = Cancel::new().unwrap();
    let trigger = token.clone();
    let served = AtomicUsize::new(0);
    let server = TcpServer::new(any_port(), move |request: &Request| {
        // After the fiftieth client there are always more.
        if served.fetch_add(1, Ordering::Relaxed) == 50 {
            trigger.cancel();
        }
        request.reply(b"x")
    })
    .unwrap();
    let address = std::net::SocketAddr::try_from(server.server_address()).unwrap();
    let clients = (0..100).map(|_| std::net::TcpStream::connect(address).unwrap()).collect::<Vec<_>>();
    let _scope = token.scope().unwrap();
    assert_eq!(server.serve_forever(), Err(Error::Cancelled));
    drop(clients);
}

/// In an in-line server, handlers are in the scope of the thread that serves.
#[test]
fn a_handler_in_the_serving_thread_ends_with_it() {
    let token = Cancel::new().unwrap();
    let (options, failures) = reporting(TcpServer::options());
    let server = options.bind(any_port(), echo).unwrap();
    let client = connect(&server);
    let _scope = token.scope().unwrap();
    assert_eq!(cancel_while_blocked(&token, || server.serve_forever()), Err(Error::Cancelled));
    assert_eq!(*failures.lock().unwrap(), ["the call was cancelled"]);
    drop(client);
}

#[test]
fn handlers_are_under_the_token_of_their_server_which_goes_on() {
    let token = Cancel::new().unwrap();
    let (options, failures) = reporting(ThreadingTcpServer::options().cancel(&token));
    let server = options.bind(any_port(), echo).unwrap();
    while_serving(&server, || {
        let mut clients: Vec<_> = (0..5).map(|_| connect(&server)).collect();
        clients.iter_mut().for_each(ask);
        token.cancel();
        for client in &mut clients {
            assert_eq!(read_to_end(client), "", "the connection ends");
        }
        wait_until("all have failed", || server.statistics().failed == 5);
        // The server still accepts, and its handlers fail at once.
        assert_eq!(read_to_end(&mut connect(&server)), "");
        // A failure is counted before it is reported.
        wait_until("the last failure is reported", || failures.lock().unwrap().len() == 6);
    });
    assert_eq!(*failures.lock().unwrap(), ["the call was cancelled"; 6]);
    assert_eq!(server.server_close(None).left, 0);
}

#[test]
fn a_job_is_under_the_token_of_its_server() {
    let token = Cancel::new().unwrap();
    let (options, failures) = reporting(ThreadingTcpServer::options().cancel(&token));
    let server = options.bind(any_port(), echo).unwrap();
    let (socket, _peer) = pair(tabi::SOCK_STREAM);
    assert!(server.run_job(move |_: &Request| Ok(socket.recv(10).map(drop)?)));
    wait_until("the job runs", || server.statistics().active == 1);
    token.cancel();
    // A failure is counted before it is reported.
    wait_until("the failure is reported", || failures.lock().unwrap().len() == 1);
    assert_eq!(*failures.lock().unwrap(), ["the call was cancelled"]);
}

/// A server with a handler that does not end until the result is dropped, and a client of it.
fn stuck() -> (Server, std::net::TcpStream, mpsc::Sender<()>) {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let server = ThreadingTcpServer::new(any_port(), move |_: &Request| {
        // This handler does not use its socket, so no cut ends it.
        let _ = released.lock().unwrap().recv();
        Ok::<(), Error>(())
    })
    .unwrap();
    let client = connect(&server);
    (server.into(), client, release)
}

#[test]
fn a_close_under_a_triggered_token_closes_and_does_not_wait() {
    let (server, mut client, release) = stuck();
    thread::scope(|threads| {
        let serving = threads.spawn(|| server.serve_forever());
        wait_until("the handler runs", || server.statistics().active == 1);
        let token = Cancel::new().unwrap();
        let _scope = token.scope().unwrap();
        let report = cancel_while_blocked(&token, || server.server_close(None));
        assert_eq!((report.finished, report.left, report.interrupted), (0, 1, false));
        assert_eq!(read_to_end(&mut client), "", "the request was cut off");
        assert_eq!(serving.join().unwrap(), Ok(()));
        assert!(server.sockets().iter().all(|socket| socket.is_closed()));
        drop(release);
        wait_until("the handler has ended", || server.statistics().active == 0);
    });
}

#[test]
fn a_shutdown_under_a_triggered_token_stops_and_does_not_wait() {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let server = TcpServer::new(any_port(), move |_: &Request| {
        let _ = released.lock().unwrap().recv();
        Ok::<(), Error>(())
    })
    .unwrap();
    let client = connect(&server);
    thread::scope(|threads| {
        let serving = threads.spawn(|| server.serve_forever());
        wait_until("the handler runs in the loop's own thread", || server.statistics().active == 1);
        let token = Cancel::new().unwrap();
        let _scope = token.scope().unwrap();
        cancel_while_blocked(&token, || server.shutdown());
        drop(release);
        assert_eq!(serving.join().unwrap(), Ok(()), "the stop was requested");
    });
    drop(client);
}

#[test]
fn without_a_descriptor_for_its_token_nobody_serves() {
    in_own_process(|| {
        let server = TcpServer::new(any_port(), echo).unwrap();
        let token = Cancel::new().unwrap();
        let scope = token.scope().unwrap();
        let before = limit(libc::RLIMIT_NOFILE, 64);
        let kept: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
        assert_eq!(server.serve_forever(), Err(Error::Os(libc::EMFILE)));
        assert_eq!(server.handle_request(), Err(Error::Os(libc::EMFILE)));
        drop(kept);
        limit(libc::RLIMIT_NOFILE, before);
        assert_eq!(cancel_while_blocked(&token, || server.serve_forever()), Err(Error::Cancelled));
        drop(scope);
    });
}
