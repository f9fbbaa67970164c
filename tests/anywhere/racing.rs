//! Closes at any moment of a call, many times.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{listener, streams};
use tabi::{AF_INET, Error, SOCK_STREAM, Socket};

/// How many closes race against a call: `TABI_CLOSE_RACES`, or few.
pub(super) fn rounds() -> usize {
    std::env::var("TABI_CLOSE_RACES").map_or(200, |text| text.parse().unwrap())
}

/// Lets a call and a close begin at about the same time. A little work lets the close come at another moment in each
/// round.
pub(super) fn race(round: usize, call: impl FnOnce() + Send, close: impl FnOnce()) {
    thread::scope(|scope| {
        scope.spawn(call);
        for _ in 0..round % 200 * 20 {
            std::hint::spin_loop();
        }
        close();
    });
}

#[test]
fn no_receive_survives_a_close() {
    let ended = AtomicUsize::new(0);
    for round in 0..rounds() {
        let (one, other) = streams();
        let call = || {
            assert_eq!(one.recv(1), Err(Error::Closed));
            ended.fetch_add(1, Ordering::Relaxed);
        };
        race(round, call, || one.close().unwrap());
        assert_eq!(other.recv(1).unwrap_or_default(), b"", "no byte was ever sent");
    }
    assert_eq!(ended.into_inner(), rounds());
}

#[test]
fn no_accept_survives_a_close_and_no_client_is_lost() {
    for round in 0..rounds() / 4 {
        let server = listener();
        let address = server.getsockname().unwrap();
        let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        if round % 2 == 0 {
            client.connect(&address).unwrap();
        }
        let call = || loop {
            match server.accept() {
                Ok((peer, _)) => peer.close().unwrap(),
                Err(error) => break assert_eq!(error, Error::Closed),
            }
        };
        race(round, call, || server.close().unwrap());
    }
}

#[test]
fn a_number_is_not_used_after_it_means_another_socket() {
    for round in 0..rounds() / 4 {
        let (one, _other) = streams();
        let (next, peer) = streams();
        let call = || {
            while one.try_send(b"stray").is_ok() {}
        };
        race(round, call, || one.close().unwrap());
        assert!(next.try_recv_into(&mut [0; 8]).unwrap_err().would_block());
        assert!(peer.try_recv_into(&mut [0; 8]).unwrap_err().would_block());
    }
}
