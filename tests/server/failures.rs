//! The errors of handlers, and what `handle_error` receives of them.

use std::error::Error as _;
use std::fmt;
use std::io::{Read, Write};
use std::num::ParseIntError;
use std::sync::{Arc, Mutex};

use crate::support::serving::{any_port, connect};
use tabi::server::{
    DatagramRequestHandler, Failure, HandlerResult, Hooks, Request, RequestHandler, Server,
    StreamRequestHandler, TcpServer, UdpServer,
};
use tabi::{AF_INET, Error, SOCK_DGRAM, SendallError, Socket};

/// Returns the failure of a handler whose client sends these bytes.
fn failure_of(handler: impl RequestHandler, sent: &[u8]) -> Failure {
    let failures = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&failures);
    // A failure cannot be cloned. A program finds the error in it by its type.
    let server = TcpServer::options()
        .on_error(move |_, failure| {
            let kept = match failure.downcast_ref::<Failed>() {
                Some(failed) => Failure::from(Failed(failed.0.clone())),
                None => Failure::from(failure.to_string()),
            };
            reported.lock().unwrap().push(kept);
        })
        .bind(any_port(), handler)
        .unwrap();
    let mut client = connect(&server);
    client.write_all(sent).unwrap();
    server.handle_request().unwrap();
    assert_eq!(server.statistics().failed, 1);
    failures.lock().unwrap().pop().unwrap()
}

/// An error type of a program, with a cause.
#[derive(Debug)]
struct Failed(ParseIntError);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client sent no number")
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn number_of(request: &Request) -> Result<(), Failed> {
    let text = request.socket().recv(100).unwrap();
    String::from_utf8_lossy(&text).parse::<i32>().map(drop).map_err(Failed)
}

#[test]
fn handle_error_gets_the_error_of_a_handler_whole() {
    let failure = failure_of(number_of, b"seven");
    let failed: &Failed = failure.downcast_ref().unwrap();
    assert_eq!(failed.source().unwrap().to_string(), "invalid digit found in string");
    assert_eq!(failure.to_string(), "the client sent no number");
    assert!(failure.downcast_ref::<Error>().is_none());
}

#[test]
fn errors_of_many_types_leave_one_closure() {
    let handler = |request: &Request| -> HandlerResult {
        let text = String::from_utf8(request.socket().recv(100)?)?;
        match text.parse::<u8>()? {
            0 => Err("nothing to do")?,
            n => request.socket().sendall(&vec![0; n.into()])?,
        }
        Ok(())
    };
    assert_eq!(failure_of(handler, b"\xff").to_string(), "invalid utf-8 sequence of 1 bytes from index 0");
    assert_eq!(failure_of(handler, b"300").to_string(), "number too large to fit in target type");
    assert_eq!(failure_of(handler, b"0").to_string(), "nothing to do");
}

#[test]
fn the_error_of_sendall_leaves_a_closure_as_it_is() {
    let failures = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&failures);
    let server = TcpServer::options()
        .on_error(move |_, failure| {
            reported.lock().unwrap().push(failure.downcast_ref::<SendallError>().cloned());
        })
        .bind(any_port(), |request: &Request| {
            request.socket().close().unwrap();
            request.socket().sendall(b"late")
        })
        .unwrap();
    let _client = connect(&server);
    server.handle_request().unwrap();
    let late = SendallError { sent: 0, error: Error::Closed };
    assert_eq!(*failures.lock().unwrap(), [Some(late)]);
}

#[test]
fn handlers_with_files_fail_with_any_error_too() {
    let handler = StreamRequestHandler::new(|stream| -> Result<(), Failed> {
        let line = stream.rfile.readline(100).unwrap();
        String::from_utf8_lossy(&line).trim_end().parse::<i32>().map(drop).map_err(Failed)
    });
    assert!(failure_of(handler, b"seven\n").downcast_ref::<Failed>().is_some());

    let texts = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&texts);
    let server = UdpServer::options()
        .on_error(move |_, failure| reported.lock().unwrap().push(failure.to_string()))
        .bind(any_port(), DatagramRequestHandler::new(|_| Err("no answer for this")))
        .unwrap();
    let client = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    client.sendto(b"question", server.server_address()).unwrap();
    server.handle_request().unwrap();
    assert_eq!(*texts.lock().unwrap(), ["no answer for this"]);
}

#[test]
fn a_panic_is_a_failure_without_an_error() {
    let seen = Arc::new(Mutex::new(None));
    let reported = Arc::clone(&seen);
    let server = TcpServer::options()
        .on_error(move |_, failure| {
            *reported.lock().unwrap() = Some((failure.to_string(), failure.error().is_none()));
        })
        .bind(any_port(), |_: &Request| -> HandlerResult { panic!("on purpose") })
        .unwrap();
    let _client = connect(&server);
    server.handle_request().unwrap();
    assert_eq!(seen.lock().unwrap().take(), Some(("panic: on purpose".to_owned(), true)));
}

/// Fails after it has accepted a client.
struct LosesItsRequest {
    panics: bool,
}

impl Hooks for LosesItsRequest {
    fn get_request(&self, server: &Server, socket: &Arc<Socket>) -> tabi::Result<Request> {
        let request = server.default_get_request(socket)?;
        assert!(!self.panics, "with {request:?}");
        Err(Error::Value("a client that the hook does not want".into()))
    }
}

#[test]
fn a_request_that_get_request_loses_has_begun_and_ended() {
    for panics in [false, true] {
        let server = TcpServer::options()
            .hooks(LosesItsRequest { panics })
            .bind(any_port(), |_: &Request| -> HandlerResult { Ok(()) })
            .unwrap();
        let mut client = connect(&server);
        server.handle_request().unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        let counts = server.statistics();
        assert_eq!((counts.accepted, counts.active, counts.finished, counts.accepts_failed), (1, 0, 1, 1));
    }
}
