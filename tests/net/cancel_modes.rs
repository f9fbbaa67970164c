//! Calls under tokens beside calls that are not, on the same socket, and tokens that are replaced during a call.

use std::fs::File;
use std::io::Write;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::support::limits::limit;
use crate::support::{
    HANG, LOCAL, OWN_TIMEOUT, ThreadId, in_own_process, libc, stream_pair, temporary_path, wait_until,
};
use tabi::constants::MSG_WAITALL;
use tabi::{Cancel, Deadline, Error, Poll, PollEvents, RecvExactlyError, SendallError, Socket};

/// More than the buffers of a connection hold.
const LARGE: usize = 32 << 20;

fn large_file() -> File {
    let path = temporary_path();
    let mut file = File::options().create_new(true).read(true).write(true).open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    file.write_all(&vec![7; LARGE]).unwrap();
    file
}

/// A token that ends a call which should have ended long before.
fn safeguard() -> Cancel {
    Cancel::until(Deadline::after(HANG)).unwrap()
}

/// Makes a call in another thread, and waits until it is blocked.
fn blocked<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> (JoinHandle<T>, ThreadId) {
    let (tell, told) = mpsc::channel();
    let running = thread::spawn(move || {
        tell.send(ThreadId::current()).unwrap();
        call()
    });
    let thread = told.recv().unwrap();
    thread.wait_until_blocked();
    (running, thread)
}

fn ended<T>(call: JoinHandle<T>) -> T {
    wait_until("the call has ended", || call.is_finished());
    call.join().unwrap()
}

#[test]
fn a_receive_waits_for_all_its_bytes_while_another_socket_has_a_token() {
    let (socket, peer) = stream_pair(LOCAL);
    let (other, _other_peer) = stream_pair(LOCAL);
    other.set_cancel(Some(&Cancel::new().unwrap()));
    peer.sendall(b"ab").unwrap();
    let (call, _) = blocked(move || socket.recv_with_flags(4, MSG_WAITALL));
    peer.sendall(b"cd").unwrap();
    assert_eq!(ended(call).unwrap(), b"abcd");
}

#[test]
fn a_call_waits_while_another_one_on_its_socket_is_under_a_token() {
    let (socket, peer) = stream_pair(LOCAL);
    let socket = Arc::new(socket);
    let token = Cancel::new().unwrap();
    // sendfile has no flag that keeps it from blocking, so the descriptor does not block meanwhile.
    let (sending, _) = {
        let (socket, token) = (Arc::clone(&socket), token.clone());
        blocked(move || {
            let _scope = token.scope().unwrap();
            socket.sendfile(large_file(), 0, None)
        })
    };
    let (receiving, _) = blocked(move || socket.recv(10));
    token.cancel();
    let error = ended(sending).unwrap_err();
    assert_eq!(error.error, Error::Cancelled);
    peer.sendall(b"hello").unwrap();
    assert_eq!(ended(receiving).unwrap(), b"hello");
}

/// Lets a call that is blocked on a socket with a token go on after the token was removed, until it blocks again. Then
/// the token is triggered.
fn trigger_after_removal<T: Send + 'static>(
    call: impl FnOnce(&Socket) -> T + Send + 'static,
    let_go_on: impl FnOnce(&Socket),
) -> T {
    let (socket, peer) = stream_pair(LOCAL);
    let socket = Arc::new(socket);
    let token = Cancel::new().unwrap();
    socket.set_cancel(Some(&token));
    let (running, thread) = {
        let socket = Arc::clone(&socket);
        blocked(move || call(&socket))
    };
    socket.set_cancel(None);
    thread.blocks_again_after(|| let_go_on(&peer));
    token.cancel();
    ended(running)
}

/// Receives a part of the bytes: all that were there, and not all that will be sent.
fn drain(peer: &Socket) {
    for _ in 0..10 {
        let _ = peer.try_recv_into(&mut vec![0; LARGE / 40]);
    }
}

#[test]
fn a_sendall_stays_under_the_token_that_it_began_with() {
    let result = trigger_after_removal(|socket| socket.sendall(&vec![0; LARGE]), drain);
    assert!(matches!(result, Err(SendallError { sent: 1.., error: Error::Cancelled })), "{result:?}");
}

#[test]
fn a_sendfile_stays_under_the_token_that_it_began_with() {
    let result = trigger_after_removal(|socket| socket.sendfile(large_file(), 0, None), drain);
    assert!(matches!(result, Err(SendallError { sent: 1.., error: Error::Cancelled })), "{result:?}");
}

#[test]
fn a_recv_exactly_stays_under_the_token_that_it_began_with() {
    let result = trigger_after_removal(
        |socket| socket.recv_exactly(&mut [0; 10]),
        |peer| peer.sendall(b"abc").unwrap(),
    );
    assert_eq!(result, Err(RecvExactlyError { received: 3, error: Error::Cancelled }));
}

#[test]
fn the_systems_own_timeout_of_a_socket_holds_under_a_token() {
    let (socket, _peer) = stream_pair(LOCAL);
    socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let token = safeguard();
    let _scope = token.scope().unwrap();
    assert_eq!(socket.recv(10), Err(Error::Os(OWN_TIMEOUT)));
}

#[test]
fn many_scopes_and_many_sockets_of_one_token_need_one_place_among_the_descriptors() {
    in_own_process(|| {
        let (socket, _peer) = stream_pair(LOCAL);
        limit(libc::RLIMIT_NOFILE, 64);
        let token = Cancel::new().unwrap();
        socket.settimeout(0.001).unwrap();
        let scopes: Vec<_> = (0..100).map(|_| token.scope().unwrap()).collect();
        assert_eq!(socket.recv(10), Err(Error::Timeout));
        drop(scopes);
        let mut entries: Vec<_> = (0..40).map(|_| Poll::socket(&socket, PollEvents::IN)).collect();
        socket.set_cancel(Some(&token));
        assert_eq!(tabi::poll(&mut entries, 0.001), Ok(0));
        let _duplicate = socket.dup().unwrap();
        assert_eq!(tabi::poll(&mut entries, 0.001), Ok(0));
        token.cancel();
        assert_eq!(tabi::poll(&mut entries, 0.001), Err(Error::Cancelled));
    });
}
