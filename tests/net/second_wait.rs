//! A call with a timeout on a socket whose last call had to wait polls first, in a way of its own. It ends as every other
//! call does.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::{HANG, LOCAL, ThreadId, once_blocked, stream_pair};
use tabi::{AF_INET, Cancel, Error, SHUT_WR, Socket};

const SHORT: Duration = Duration::from_millis(30);

/// A socket whose last receive had to wait, and its peer.
fn after_a_wait(family: tabi::AddressFamily) -> (Socket, Socket) {
    let (socket, peer) = stream_pair(family);
    socket.settimeout(HANG).unwrap();
    assert_eq!(once_blocked(|| peer.sendall(b"first").unwrap(), || socket.recv(5)), Ok(b"first".to_vec()));
    (socket, peer)
}

#[test]
fn it_gets_what_comes_later_and_what_is_there() {
    for family in [LOCAL, AF_INET] {
        let (socket, peer) = after_a_wait(family);
        assert_eq!(
            once_blocked(|| peer.sendall(b"second").unwrap(), || socket.recv(6)),
            Ok(b"second".to_vec())
        );
        peer.sendall(b"third").unwrap();
        assert_eq!(socket.recv(5), Ok(b"third".to_vec()));
    }
}

#[test]
fn its_timeout_passes_and_not_before_its_time() {
    let (socket, _peer) = after_a_wait(LOCAL);
    socket.settimeout(SHORT).unwrap();
    let begin = Instant::now();
    assert_eq!(socket.recv(1), Err(Error::Timeout));
    assert!(begin.elapsed() >= SHORT, "after {:?}", begin.elapsed());
}

#[test]
fn the_end_of_the_stream_and_a_close_end_it() {
    for family in [LOCAL, AF_INET] {
        let (socket, peer) = after_a_wait(family);
        assert_eq!(once_blocked(|| peer.shutdown(SHUT_WR).unwrap(), || socket.recv(1)), Ok(Vec::new()));
        let (socket, _peer) = after_a_wait(family);
        assert_eq!(once_blocked(|| socket.close().unwrap(), || socket.recv(1)), Err(Error::Closed));
    }
}

/// A close must not shut the connection of the duplicate down, so it wakes the call in another way.
#[test]
fn a_close_ends_it_when_the_connection_has_another_owner() {
    let (socket, peer) = after_a_wait(LOCAL);
    let duplicate = socket.dup().unwrap();
    assert_eq!(once_blocked(|| socket.close().unwrap(), || socket.recv(1)), Err(Error::Closed));
    peer.sendall(b"x").unwrap();
    assert_eq!(duplicate.recv(1), Ok(b"x".to_vec()));
}

#[test]
fn a_token_ends_it() {
    let (socket, _peer) = after_a_wait(LOCAL);
    let token = Cancel::new().unwrap();
    socket.set_cancel(Some(&token));
    assert_eq!(once_blocked(|| token.cancel(), || socket.recv(1)), Err(Error::Cancelled));
}

/// Both are woken by one byte, and the one that comes too late waits for the rest of its time.
#[test]
fn a_call_that_another_one_forestalls_goes_on_waiting() {
    let (socket, peer) = after_a_wait(LOCAL);
    for _ in 0..20 {
        thread::scope(|threads| {
            let calls = [(); 2].map(|()| {
                let (tell, told) = std::sync::mpsc::channel();
                let socket = &socket;
                let call = threads.spawn(move || {
                    tell.send(ThreadId::current()).unwrap();
                    socket.recv(1)
                });
                told.recv().unwrap().wait_until_blocked();
                call
            });
            peer.sendall(b"1").unwrap();
            peer.sendall(b"2").unwrap();
            let mut got = calls.map(|call| call.join().unwrap().unwrap());
            got.sort();
            assert_eq!(got, [b"1", b"2"]);
        });
    }
}
