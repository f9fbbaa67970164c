//! A handler answers what is there and gives its connection back; it is called again when there is more.

use std::io::Write;
use std::net::Shutdown;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use tabi::server::{
    BaseRequestHandler, HandlerResult, Job, Next, PerRequest, Request, RequestHandler, StreamRequestHandler,
    ThreadingTcpServer, UdpServer,
};
use tabi::{SOCK_STREAM, Socket};

use crate::support::serving::{any_port, ask, connect, forking, hear_back, read_to_end, while_serving};
use crate::support::{HANG, in_own_process};

/// Sends back what is there, and parks.
fn echo_once(request: &Request) -> HandlerResult<Next> {
    let bytes = request.socket().recv(1024)?;
    if bytes.is_empty() {
        return Ok(Next::End);
    }
    request.reply(&bytes)?;
    Ok(Next::Park)
}

#[test]
fn a_parked_connection_is_answered_again_and_again() {
    let server = ThreadingTcpServer::new(any_port(), echo_once).unwrap();
    while_serving(&server, || {
        let mut client = connect(&server);
        for _ in 0..3 {
            ask(&mut client);
        }
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&mut client), "");
    });
    let report = server.server_close(Some(HANG));
    assert_eq!((report.cut, report.left), (0, 0));
    let statistics = server.statistics();
    assert_eq!((statistics.accepted, statistics.finished, statistics.failed), (1, 1, 0));
}

/// Notes each of its steps, and parks after each of its answers.
struct Steps(Arc<Mutex<Vec<&'static str>>>);

impl Steps {
    fn note(&self, step: &'static str) -> HandlerResult {
        self.0.lock().unwrap().push(step);
        Ok(())
    }
}

impl RequestHandler for Steps {
    fn setup(&self, _: &Request) -> HandlerResult {
        self.note("setup")
    }

    fn handle(&self, request: &Request) -> HandlerResult<Next> {
        self.note("handle")?;
        echo_once(request)
    }

    fn finish(&self, _: &Request) -> HandlerResult {
        self.note("finish")
    }
}

#[test]
fn setup_and_finish_run_once_for_each_connection() {
    let steps = Arc::default();
    let server = ThreadingTcpServer::new(any_port(), Steps(Arc::clone(&steps))).unwrap();
    while_serving(&server, || {
        let mut client = connect(&server);
        ask(&mut client);
        ask(&mut client);
        client.shutdown(Shutdown::Write).unwrap();
        read_to_end(&mut client);
    });
    server.server_close(Some(HANG));
    assert_eq!(*steps.lock().unwrap(), ["setup", "handle", "handle", "handle", "finish"]);
}

#[derive(Default)]
struct Counter {
    turns: u8,
}

impl BaseRequestHandler for Counter {
    fn handle(&mut self, request: &Request) -> HandlerResult<Next> {
        if request.socket().recv(1)?.is_empty() {
            return Ok(Next::End);
        }
        self.turns += 1;
        request.reply(&[self.turns])?;
        Ok(Next::Park)
    }
}

#[test]
fn the_object_of_a_request_stays_with_its_connection() {
    let server = ThreadingTcpServer::new(any_port(), PerRequest(|_: &Request| Counter::default())).unwrap();
    while_serving(&server, || {
        let (mut one, mut other) = (connect(&server), connect(&server));
        hear_back(&mut one, &[1]);
        hear_back(&mut other, &[1]);
        hear_back(&mut one, &[2]);
        hear_back(&mut one, &[3]);
        hear_back(&mut other, &[2]);
    });
    server.server_close(Some(HANG));
}

#[test]
fn bytes_that_were_read_ahead_are_more() {
    let line = StreamRequestHandler::new(|stream| -> HandlerResult<Next> {
        let line = stream.rfile.readline(100)?;
        if line.is_empty() {
            return Ok(Next::End);
        }
        stream.wfile.write_all(&line)?;
        Ok(Next::Park)
    });
    let server = ThreadingTcpServer::new(any_port(), line.wbufsize(100)).unwrap();
    while_serving(&server, || {
        let mut client = connect(&server);
        hear_back(&mut client, b"one\ntwo\nthree\n");
        hear_back(&mut client, b"four\n");
    });
    server.server_close(Some(HANG));
}

#[test]
fn bytes_that_are_given_back_are_more() {
    let halves = |request: &Request| -> HandlerResult<Next> {
        let mut bytes = [0; 10];
        let n = request.rfile()?.readinto1(&mut bytes)?;
        if n == 0 {
            return Ok(Next::End);
        }
        request.rfile()?.unread(&bytes[n.div_ceil(2)..n])?;
        request.reply(&bytes[..n.div_ceil(2)])?;
        Ok(Next::Park)
    };
    let server = ThreadingTcpServer::new(any_port(), halves).unwrap();
    while_serving(&server, || hear_back(&mut connect(&server), b"0123456789"));
    server.server_close(Some(HANG));
}

#[test]
fn a_handler_that_fails_after_parking_fails_once_and_finishes() {
    struct FailsLater(mpsc::Sender<()>);
    impl RequestHandler for FailsLater {
        fn handle(&self, request: &Request) -> HandlerResult<Next> {
            match request.socket().recv(1)?.as_slice() {
                b"e" => Err("on purpose".into()),
                b"p" => panic!("on purpose"),
                bytes => {
                    request.reply(bytes)?;
                    Ok(Next::Park)
                }
            }
        }
        fn finish(&self, _: &Request) -> HandlerResult {
            Ok(self.0.send(())?)
        }
    }
    let (finished, has_finished) = mpsc::channel();
    let server = ThreadingTcpServer::new(any_port(), FailsLater(finished)).unwrap();
    while_serving(&server, || {
        for last in [b"e", b"p"] {
            let mut client = connect(&server);
            hear_back(&mut client, b"x");
            client.write_all(last).unwrap();
            assert_eq!(read_to_end(&mut client), "");
            has_finished.recv_timeout(HANG).unwrap();
        }
    });
    server.server_close(Some(HANG));
    assert_eq!(server.statistics().failed, 2);
    assert!(has_finished.try_recv().is_err(), "finish ran once for each connection");
}

#[test]
fn again_calls_the_handler_without_waiting() {
    let countdown = |request: &Request| -> HandlerResult<Next> {
        let turns = request.data_or_insert(|| AtomicUsize::new(3));
        request.reply(b"x")?;
        Ok(if turns.fetch_sub(1, Ordering::SeqCst) > 1 { Next::Again } else { Next::End })
    };
    let server = ThreadingTcpServer::new(any_port(), countdown).unwrap();
    while_serving(&server, || assert_eq!(read_to_end(&mut connect(&server)), "xxx"));
    server.server_close(Some(HANG));
}

/// A job that sends back one message in each run.
struct Echo(Socket);

impl Job for Echo {
    fn run(&self, _: &Request) -> HandlerResult<Next> {
        let bytes = self.0.recv(100)?;
        if bytes.is_empty() {
            return Ok(Next::End);
        }
        self.0.sendall(&bytes)?;
        Ok(Next::Park)
    }

    fn fd(&self) -> Option<crate::support::fd::BorrowedFd<'_>> {
        self.0.try_as_fd().ok()
    }
}

#[test]
fn a_job_parks_on_its_descriptor() {
    let server = ThreadingTcpServer::new(any_port(), echo_once).unwrap();
    let (own, peer) = crate::support::pair(SOCK_STREAM);
    peer.settimeout(HANG).unwrap();
    while_serving(&server, || {
        assert!(server.run_job(Echo(own)));
        for _ in 0..3 {
            peer.sendall(b"hello").unwrap();
            assert_eq!(peer.recv(100).unwrap(), b"hello");
        }
        peer.close().unwrap();
    });
    server.server_close(Some(HANG));
    assert_eq!(server.statistics().finished, 1);
}

/// The failure that a server reports, as text.
fn reports(failures: &Arc<Mutex<Vec<String>>>) -> impl Fn(&Request, &tabi::server::Failure) + use<> {
    let failures = Arc::clone(failures);
    move |_, failure| failures.lock().unwrap().push(failure.to_string())
}

#[test]
fn a_datagram_and_a_job_without_a_descriptor_cannot_be_parked() {
    let failures = Arc::default();
    let server = UdpServer::options()
        .on_error(reports(&failures))
        .bind(any_port(), |_: &Request| -> HandlerResult<Next> { Ok(Next::Park) })
        .unwrap();
    let client = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    client.send_to(b"x", std::net::SocketAddr::try_from(server.server_address()).unwrap()).unwrap();
    server.handle_request().unwrap();
    server.run_job(|_: &Request| -> HandlerResult<Next> { Ok(Next::Park) });
    assert_eq!(
        *failures.lock().unwrap(),
        ["a datagram cannot be parked", "a job without a descriptor cannot be parked"]
    );
}

#[test]
fn a_forking_server_cannot_park() {
    in_own_process(|| {
        let server = forking(echo_once).unwrap();
        while_serving(&server, || {
            let mut client = connect(&server);
            ask(&mut client);
            assert_eq!(read_to_end(&mut client), "");
        });
        server.server_close(Some(HANG));
        assert_eq!(server.statistics().failed, 1);
    });
}
