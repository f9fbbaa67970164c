//! What is parked is the parent's: a forked child neither takes it up nor disturbs it.

use std::net::TcpStream;
use std::thread;

use tabi::server::{HandlerResult, Next, Request, Server, ThreadingTcpServer};

use crate::fork::{child, ended_well};
use crate::support::serving::{any_port, ask, connect, while_serving};
use crate::support::{HANG, in_own_process, wait_until};

fn echo_once(request: &Request) -> HandlerResult<Next> {
    let bytes = request.socket().recv(100)?;
    request.reply(&bytes)?;
    Ok(if bytes.is_empty() { Next::End } else { Next::Park })
}

/// A server that does not serve at the moment, with a client that is parked.
fn with_one_parked() -> (Server, TcpStream) {
    let server = ThreadingTcpServer::options().max_threads(2).bind(any_port(), echo_once).unwrap();
    let mut client = connect(&server);
    while_serving(&server, || {
        ask(&mut client);
        wait_until("it is parked", || server.statistics().parked == 1);
    });
    (server, client)
}

#[test]
fn a_child_that_serves_has_a_waiting_room_of_its_own() {
    in_own_process(|| {
        let (server, mut client) = with_one_parked();
        ended_well(child(|| {
            thread::scope(|scope| {
                let serving = scope.spawn(|| server.serve_forever());
                let mut own = connect(&server);
                ask(&mut own);
                wait_until("it is parked", || server.statistics().parked == 1);
                ask(&mut own);
                server.shutdown();
                serving.join().unwrap()
            })?;
            server.server_close(Some(HANG));
            assert_eq!(server.statistics().active, 0);
            Ok(())
        }));
        while_serving(&server, || ask(&mut client));
        assert_eq!(server.server_close(Some(HANG)).left, 0);
    });
}

#[test]
fn a_child_that_drops_the_server_leaves_the_parked_connections_alone() {
    in_own_process(|| {
        let (server, mut client) = with_one_parked();
        // The child has the only handle that it knows of.
        let only = std::mem::ManuallyDrop::new(server.clone());
        ended_well(child(|| {
            // SAFETY: neither of the two handles is used in the child afterwards.
            #[allow(unsafe_code)]
            let handles = unsafe { (std::ptr::read(&server), std::ptr::read(&*only)) };
            drop(handles);
            Ok(())
        }));
        while_serving(&server, || ask(&mut client));
        drop(std::mem::ManuallyDrop::into_inner(only));
        assert_eq!(server.server_close(Some(HANG)).left, 0);
    });
}
