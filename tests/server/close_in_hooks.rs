//! `server_close` in the hooks of the serve loop: it does not wait for the request that the hook itself has.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::{Arc, mpsc};
use std::thread;

use crate::support::HANG;
use crate::support::serving::{any_port, connect};
use tabi::server::{
    Concurrency, DrainReport, HandlerResult, Hooks, ProxyProtocol, Request, Server, TcpServer, Threads,
};
use tabi::{Result, Socket};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    GetRequest,
    VerifyRequest,
    BeforeProcess,
    AfterProcess,
}

/// Closes the server in one step.
struct Closes {
    step: Step,
    closed: mpsc::Sender<(DrainReport, u64)>,
}

impl Closes {
    fn at(&self, step: Step, server: &Server) {
        if step == self.step {
            let report = server.server_close(None);
            self.closed.send((report, server.statistics().active)).unwrap();
        }
    }
}

impl Hooks for Closes {
    fn get_request(&self, server: &Server, socket: &Arc<Socket>) -> Result<Request> {
        let request = server.default_get_request(socket)?;
        self.at(Step::GetRequest, server);
        Ok(request)
    }

    fn verify_request(&self, request: &Request) -> HandlerResult<bool> {
        self.at(Step::VerifyRequest, request.server());
        Ok(true)
    }

    fn process_request(&self, request: Request) {
        let server = request.server().clone();
        self.at(Step::BeforeProcess, &server);
        Server::default_process_request(request);
        self.at(Step::AfterProcess, &server);
    }
}

/// Lets a server answer one client, and closes it in this step. Returns how many requests were active when the server was
/// closed, and what the client has heard.
fn closed_in(step: Step, concurrency: Concurrency, proxy: Option<ProxyProtocol>) -> (u64, String) {
    let (closed, hear) = mpsc::channel();
    let mut options = TcpServer::options().concurrency(concurrency).hooks(Closes { step, closed });
    if let Some(proxy) = proxy {
        options = options.proxy_protocol(proxy);
    }
    let server = options
        .bind(any_port(), |request: &Request| -> HandlerResult {
            while !request.socket().recv(100)?.is_empty() {}
            Ok(request.reply(b"answer")?)
        })
        .unwrap();
    let mut client = connect(&server);
    client.write_all(b"PROXY UNKNOWN\r\nhello").unwrap();
    let serving = thread::spawn({
        let server = server.clone();
        move || server.serve_forever()
    });
    // Fails if the client has been refused meanwhile.
    let _ = client.shutdown(Shutdown::Write);
    let (report, active) =
        hear.recv_timeout(HANG).expect("server_close waits for the request that its hook has");
    assert_eq!((report.cut, report.left), (0, 0), "{step:?}");
    serving.join().unwrap().unwrap();
    let mut heard = String::new();
    // A client that is refused has sent what nobody reads, so its connection may be reset.
    let _ = client.read_to_string(&mut heard);
    server.server_close(Some(HANG));
    let counts = server.statistics();
    assert_eq!((counts.accepted, counts.active, counts.finished, counts.threads), (1, 0, 1, 0), "{step:?}");
    assert_eq!(counts.rejected, u64::from(heard.is_empty()), "{step:?}");
    (active, heard)
}

#[test]
fn server_close_does_not_wait_for_the_request_that_its_hook_has() {
    for behind_proxy in [false, true] {
        let proxy = || behind_proxy.then(|| ProxyProtocol::trusting(["127.0.0.1"]).unwrap());
        for step in [Step::GetRequest, Step::VerifyRequest, Step::BeforeProcess] {
            let of_inline = closed_in(step, Concurrency::Inline, proxy());
            assert_eq!(of_inline, (1, "answer".into()), "{step:?}");
            // The threads take no requests any more.
            let of_threads = closed_in(step, Threads::default().into(), proxy());
            assert_eq!(of_threads, (1, String::new()), "{step:?}");
        }
    }
}

#[test]
fn server_close_waits_for_the_request_that_its_hook_has_given_away() {
    for concurrency in [Concurrency::Inline, Threads::default().into()] {
        assert_eq!(closed_in(Step::AfterProcess, concurrency, None), (0, "answer".into()));
    }
}
