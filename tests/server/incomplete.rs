//! A request may come in pieces: between them, its handler answers `Next::More` and has no thread.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use tabi::server::{BaseRequestHandler, HandlerResult, Next, PerRequest, Request, Server, ServerOptions};
use tabi::{AF_INET, SOCK_STREAM};

use crate::support::serving::{any_port, connect, hear_back, while_serving};
use crate::support::wait_until;

/// Sends lines back that are complete.
#[derive(Default)]
struct Line(Vec<u8>);

impl BaseRequestHandler for Line {
    fn handle(&mut self, request: &Request) -> HandlerResult<Next> {
        let piece = request.socket().recv(100)?;
        if piece.is_empty() {
            return Ok(Next::End);
        }
        self.0.extend(piece);
        if !self.0.ends_with(b"\n") {
            return Ok(Next::More);
        }
        request.reply(&std::mem::take(&mut self.0))?;
        Ok(Next::Park)
    }
}

/// A server with one thread.
fn server(options: impl FnOnce(ServerOptions) -> ServerOptions) -> Server {
    let options = options(ServerOptions::new(AF_INET, SOCK_STREAM).max_threads(1));
    options.bind(any_port(), PerRequest(|_: &Request| Line::default())).unwrap()
}

#[test]
fn it_keeps_nobody_waiting() {
    let server = server(|options| options);
    while_serving(&server, || {
        let (mut slow, mut other) = (connect(&server), connect(&server));
        for piece in ["a ", "slow ", "line\n"] {
            slow.write_all(piece.as_bytes()).unwrap();
            hear_back(&mut other, b"quick\n");
        }
        let mut answer = [0; 12];
        slow.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"a slow line\n");
    });
}

/// Sends a byte at a time until the server ends the connection.
fn trickle(server: &Server) {
    let mut client = connect(server);
    client.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    // Windows calls it a timeout.
    let nothing = |error: std::io::Error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
    while client.write_all(b"x").is_ok() && client.read(&mut [0]).is_err_and(nothing) {}
}

#[test]
fn its_deadline_is_not_prolonged() {
    let server = server(|options| options.request_deadline(1.0).unwrap().idle_timeout(60.0).unwrap());
    while_serving(&server, || {
        trickle(&server);
        hear_back(&mut connect(&server), b"line\n");
        wait_until("it is counted", || server.statistics().request_cut == 1);
    });
}

#[test]
fn a_client_that_sends_no_more_is_cut_off_too() {
    let server = server(|options| options.request_deadline(0.05).unwrap());
    while_serving(&server, || {
        let mut client = connect(&server);
        client.write_all(b"no line").unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        wait_until("it is counted", || server.statistics().request_cut == 1);
    });
}

#[test]
fn without_a_deadline_the_connection_is_idle_when_nothing_more_comes() {
    let server = server(|options| options.idle_timeout(0.05).unwrap());
    while_serving(&server, || {
        let mut client = connect(&server);
        client.write_all(b"no line").unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        wait_until("it is counted", || server.statistics().idle_cut == 1);
    });
}
