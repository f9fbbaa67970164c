//! Errors after which a serve loop goes on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::support::serving::{any_port, ask, connect, echo, while_serving};
use crate::support::{in_own_process, libc, wait_until};
use tabi::server::{Hooks, Request, Server, TcpServer, ThreadingTcpServer};
use tabi::{Error, Result, Socket};

/// A `get_request` whose first tries fail with the errors of a socket that cannot be used, although the
/// server's socket can.
struct Blames(AtomicUsize);

impl Hooks for Blames {
    fn get_request(&self, server: &Server, socket: &Arc<Socket>) -> Result<Request> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Err(Error::Os(libc::EINVAL)),
            1 => Err(Error::Os(libc::EBADF)),
            2 => Err(Error::Os(libc::ENOTSOCK)),
            3 => Err(Error::Closed),
            _ => server.default_get_request(socket),
        }
    }
}

#[test]
fn a_get_request_that_fails_does_not_end_a_server_whose_socket_is_sound() {
    let server = TcpServer::options().hooks(Blames(AtomicUsize::new(0))).bind(any_port(), echo).unwrap();
    while_serving(&server, || ask(&mut connect(&server)));
}

#[test]
fn data_of_a_request_that_panics_when_it_is_dropped_harms_nobody() {
    struct Explosive;
    impl Drop for Explosive {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    in_own_process(|| {
        let server = TcpServer::options()
            .max_threads(1)
            .bind(any_port(), |request: &Request| {
                request.data_or_insert(|| Explosive);
                echo(request)
            })
            .unwrap();
        while_serving(&server, || {
            for _ in 0..3 {
                ask(&mut connect(&server));
            }
            wait_until("the requests have ended", || server.statistics().active == 0);
        });
        assert_eq!((server.statistics().finished, server.statistics().failed), (3, 0));
    });
}

#[test]
fn another_owner_that_makes_the_socket_block_does_not_stop_the_loop() {
    let owner = Arc::new(OnceLock::<Socket>::new());
    let blocks = Arc::clone(&owner);
    let server = ThreadingTcpServer::new(any_port(), move |request: &Request| {
        blocks.get().expect("the owner is there before clients").setblocking(true)?;
        echo(request)
    })
    .unwrap();
    owner.set(server.socket().dup().unwrap()).unwrap();
    // Clients who wait already make the loop try to accept more of them without asking first whether there are any.
    let mut clients = [connect(&server), connect(&server), connect(&server)];
    while_serving(&server, || clients.iter_mut().for_each(ask));
}
