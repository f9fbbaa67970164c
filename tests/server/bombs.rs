//! Values of the program whose `drop` panics: what they belong to is harmed, and nothing else.

use std::fmt;
use std::panic::panic_any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tabi::server::{HandlerResult, Next, Request, Server, ServerOptions};
use tabi::{AF_INET, SOCK_STREAM};

use crate::support::serving::{any_port, connect, hear_back, read_to_end, while_serving};
use crate::support::{HANG, wait_until};

/// Panics when it is dropped.
#[derive(Debug)]
struct Bomb(Arc<AtomicUsize>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a value that panics when it is dropped");
    }
}

impl fmt::Display for Bomb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bomb")
    }
}

impl std::error::Error for Bomb {}

/// Servers that handle requests in the thread that serves, and in threads of their own.
fn servers(handler: impl Fn() -> Box<dyn Fn(&Request) -> HandlerResult<Next> + Send + Sync>) -> [Server; 2] {
    [0, 1].map(|threads| {
        let options = ServerOptions::new(AF_INET, SOCK_STREAM);
        let options = if threads == 0 { options } else { options.max_threads(threads) };
        options.bind(any_port(), handler()).unwrap()
    })
}

/// A client that sends `bomb` meets one, and all others are served before and after.
fn harms_its_own_request_only(
    bomb: impl Fn(&Request, Bomb) -> HandlerResult<Next> + Copy + Send + Sync + 'static,
) {
    let dropped = Arc::new(AtomicUsize::new(0));
    let handler = || {
        let dropped = Arc::clone(&dropped);
        let answer = move |request: &Request| -> HandlerResult<Next> {
            let word = request.socket().recv(4)?;
            if word == b"bomb" {
                return bomb(request, Bomb(Arc::clone(&dropped)));
            }
            request.reply(&word)?;
            Ok(Next::End)
        };
        Box::new(answer) as Box<dyn Fn(&Request) -> HandlerResult<Next> + Send + Sync>
    };
    for (number, server) in servers(handler).into_iter().enumerate() {
        while_serving(&server, || {
            for _ in 0..2 {
                hear_back(&mut connect(&server), b"good");
                let mut client = connect(&server);
                std::io::Write::write_all(&mut client, b"bomb").unwrap();
                read_to_end(&mut client);
            }
            hear_back(&mut connect(&server), b"good");
            wait_until("all have ended", || server.statistics().active == 0);
        });
        assert_eq!(dropped.load(Ordering::SeqCst), 2 * (number + 1));
        assert_eq!(server.statistics().finished, server.statistics().accepted);
        server.server_close(Some(HANG));
    }
}

#[test]
fn as_the_payload_of_a_panic() {
    harms_its_own_request_only(|_, bomb| panic_any(bomb));
}

#[test]
fn as_an_error() {
    harms_its_own_request_only(|_, bomb| Err(Box::new(bomb)));
}

#[test]
fn as_what_a_request_carries() {
    harms_its_own_request_only(|request, bomb| {
        request.data_or_insert(|| bomb);
        Ok(Next::End)
    });
}

#[test]
fn as_a_job() {
    harms_its_own_request_only(|request, bomb| {
        let job = move |_: &Request| -> HandlerResult { Err(format!("{bomb}").into()) };
        request.server().run_job(job);
        Ok(Next::End)
    });
}
