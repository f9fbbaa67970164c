//! A close from another thread ends every call that waits.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use super::{datagrams, listener, streams};
use tabi::{AF_INET, Error, Limit, Poll, PollEvents, SOCK_DGRAM, SOCK_STREAM, Socket};

/// Closes the socket while another thread is inside a call on it. Returns the result of the call.
fn closed_during<T: Send>(socket: &Socket, call: impl FnOnce(&Socket) -> T + Send) -> T {
    ended_during(socket, call, |socket| socket.close().unwrap())
}

/// Does something to the socket while another thread is inside a call on it. Returns the result of the call.
fn ended_during<T: Send>(
    socket: &Socket,
    call: impl FnOnce(&Socket) -> T + Send,
    end: impl FnOnce(&Socket),
) -> T {
    let begins = Barrier::new(2);
    thread::scope(|scope| {
        let waits = scope.spawn(|| {
            begins.wait();
            call(socket)
        });
        begins.wait();
        // Whether the call has begun to wait or not, it must end.
        thread::sleep(Duration::from_millis(30));
        end(socket);
        waits.join().unwrap()
    })
}

#[test]
fn a_receive_ends() {
    let (one, _other) = streams();
    assert_eq!(closed_during(&one, |socket| socket.recv(1)), Err(Error::Closed));
    let (one, _other) = datagrams();
    assert_eq!(closed_during(&one, |socket| socket.recvfrom(1).map(drop)), Err(Error::Closed));
    let alone = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    alone.bind(("127.0.0.1", 0)).unwrap();
    assert_eq!(closed_during(&alone, |socket| socket.recv(1)), Err(Error::Closed));
}

#[test]
fn a_receive_of_a_duplicate_ends() {
    let (one, _other) = streams();
    let copy = one.dup().unwrap();
    assert_eq!(closed_during(&copy, |socket| socket.recv(1)), Err(Error::Closed));
    assert_eq!(closed_during(&one, |socket| socket.recv(1)), Err(Error::Closed));
}

#[test]
fn an_accept_ends() {
    let server = listener();
    assert_eq!(closed_during(&server, |socket| socket.accept().map(drop)), Err(Error::Closed));
}

#[test]
fn a_send_ends() {
    let (one, _other) = streams();
    let sent = closed_during(&one, |socket| socket.sendall(&vec![0; 50_000_000]));
    assert_eq!(sent.unwrap_err().error, Error::Closed);
}

#[test]
fn a_wait_and_a_poll_end() {
    let (one, _other) = streams();
    let wait = |socket: &Socket| socket.wait(tabi::socket::Interest::Read, Limit::FOREVER);
    assert_eq!(closed_during(&one, wait), Err(Error::Closed));
    let (one, _other) = streams();
    let found = closed_during(&one, |socket| {
        let mut entries = [Poll::socket(socket, PollEvents::IN)];
        tabi::poll(&mut entries, None).map(|count| (count, entries[0].revents()))
    });
    assert_eq!(found, Ok((1, PollEvents::CLOSED)));
}

#[test]
fn a_closed_socket_is_an_error_for_every_call() {
    let (one, other) = streams();
    one.close().unwrap();
    one.close().unwrap();
    assert_eq!(one.recv(1), Err(Error::Closed));
    assert_eq!(one.connect_ex(other.getsockname().unwrap()), Ok(Error::Closed.errno()));
    let expected = if cfg!(windows) { 10038 } else { libc::EBADF };
    assert_eq!(Error::Closed.errno(), expected);
    assert_eq!(other.recv(1).unwrap(), b"", "the peer sees the end");
    assert_eq!(Socket::new(AF_INET, SOCK_STREAM, 0).unwrap().recv(0).unwrap(), b"");
}

#[test]
fn a_shutdown_of_both_directions_ends_a_receive_and_a_poll() {
    let (one, _other) = streams();
    let end = |socket: &Socket| socket.shutdown(tabi::SHUT_RDWR).unwrap();
    let receive = |socket: &Socket| socket.recv(1).map_or(0, |bytes| bytes.len());
    assert_eq!(ended_during(&one, receive, end), 0);
    let (one, _other) = streams();
    let poll = |socket: &Socket| {
        let mut entries = [Poll::socket(socket, PollEvents::IN)];
        tabi::poll(&mut entries, None).map(|count| (count, entries[0].revents().contains(PollEvents::HUP)))
    };
    assert_eq!(ended_during(&one, poll, end), Ok((1, true)));
    assert_eq!(poll(&one), Ok((1, true)), "a poll that begins later");
}
