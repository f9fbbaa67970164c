//! Timeouts, calls that do not wait, and tokens that cancel.

use std::thread;
use std::time::{Duration, Instant};

use super::{HANG, datagrams, listener, streams};
use tabi::{Cancel, Error, Limit};

const SHORT: Duration = Duration::from_millis(60);

#[test]
fn every_wait_ends_at_its_deadline_and_not_before() {
    let (stream, _peer) = streams();
    let (datagram, _other) = datagrams();
    let server = listener();
    for socket in [&stream, &datagram, &server] {
        socket.settimeout(SHORT).unwrap();
    }
    type Wait<'a> = &'a dyn Fn() -> Result<(), Error>;
    let waits: [(&str, Wait<'_>); 4] = [
        ("recv", &|| stream.recv(1).map(drop)),
        ("recvfrom", &|| datagram.recvfrom(1).map(drop)),
        ("accept", &|| server.accept().map(drop)),
        ("sendall", &|| Ok(stream.sendall(&vec![0; 50_000_000])?)),
    ];
    for (name, wait) in waits {
        let begin = Instant::now();
        assert_eq!(wait(), Err(Error::Timeout), "{name}");
        assert!(begin.elapsed() >= SHORT, "{name} ended after {:?}", begin.elapsed());
    }
}

#[test]
fn a_socket_that_must_not_wait_says_so() {
    let (one, other) = streams();
    one.setblocking(false).unwrap();
    assert!(one.recv(1).unwrap_err().would_block());
    let server = listener();
    server.setblocking(false).unwrap();
    assert!(server.accept().unwrap_err().would_block());
    // In every mode, a call may be told not to wait.
    assert!(other.try_recv_into(&mut [0]).unwrap_err().would_block());
    one.settimeout(None).unwrap();
    other.sendall(b"x").unwrap();
    assert_eq!(one.recv(1).unwrap(), b"x");
}

#[test]
fn a_deadline_holds_for_all_parts_of_a_call() {
    let (one, other) = streams();
    let limit = Limit::after(SHORT);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..3 {
                thread::sleep(SHORT / 3);
                let _ = other.sendall(b"x");
            }
        });
        let mut bytes = [0; 100];
        let received = one.recv_exactly_until(&mut bytes, 0, limit);
        assert_eq!(Error::from(received.unwrap_err()), Error::Timeout);
    });
}

#[test]
fn a_limit_of_the_system_holds_without_a_timeout() {
    let (one, _other) = streams();
    one.set_read_timeout(Some(SHORT)).unwrap();
    let late = if cfg!(windows) { 10060 } else { libc::EAGAIN };
    assert_eq!(one.recv(1), Err(Error::Os(late)));
}

#[test]
fn a_token_cancels_a_call_and_leaves_the_socket_usable() {
    let (one, other) = streams();
    one.settimeout(HANG).unwrap();
    let token = Cancel::new().unwrap();
    thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let _scope = token.scope().unwrap();
            one.recv(1)
        });
        thread::sleep(SHORT);
        token.cancel();
        assert!(waits.join().unwrap().is_err());
    });
    other.sendall(b"x").unwrap();
    assert_eq!(one.recv(1).unwrap(), b"x");
}
