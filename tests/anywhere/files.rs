//! Files over streams.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::{HANG, streams};
use tabi::{Cancel, Error, Limit, SHUT_WR, SendallError, Socket};

/// More than the system keeps for a peer that does not read.
const MUCH: usize = 20_000_000;

/// The byte at a position of the file.
fn byte(position: usize) -> u8 {
    (position % 251) as u8
}

/// A file with this many bytes, which is removed in the end.
struct Temporary {
    path: PathBuf,
    file: Option<File>,
}

impl Temporary {
    fn new(len: usize) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tabi-anywhere-{}-{number}", std::process::id()));
        let bytes: Vec<u8> = (0..len).map(byte).collect();
        File::create(&path).unwrap().write_all(&bytes).unwrap();
        let file = File::open(&path).unwrap();
        Temporary { path, file: Some(file) }
    }

    fn file(&self) -> &File {
        self.file.as_ref().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        self.file = None;
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Receives to the end of the stream, and checks that the bytes are those of the file from a position on. Returns how many
/// they were.
fn receive_all(socket: &Socket, from: usize) -> usize {
    let mut received = Vec::new();
    let mut socket = socket;
    socket.read_to_end(&mut received).unwrap();
    assert!(received.iter().enumerate().all(|(index, &found)| found == byte(from + index)));
    received.len()
}

#[test]
fn a_part_of_a_file_is_sent_and_the_position_is_behind_it() {
    let (one, other) = streams();
    let ten = Temporary::new(10);
    assert_eq!(one.sendfile(ten.file(), 2, Some(5)).unwrap(), 5);
    assert_eq!(other.recv(100).unwrap(), [2, 3, 4, 5, 6]);
    let mut rest = Vec::new();
    ten.file().read_to_end(&mut rest).unwrap();
    assert_eq!(rest, [7, 8, 9]);
    // At the end there is less, and behind it nothing.
    assert_eq!(one.sendfile(ten.file(), 8, Some(5)).unwrap(), 2);
    assert_eq!(one.sendfile(ten.file(), 10, None).unwrap(), 0);
    assert_eq!(one.sendfile(ten.file(), 1 << 40, Some(1)).unwrap(), 0);
    assert_eq!(other.recv(100).unwrap(), [8, 9]);
}

#[test]
fn a_large_file_arrives_whole_and_in_order_also_after_the_peer_has_ended_its_own_stream() {
    let (one, other) = streams();
    let large = Temporary::new(MUCH);
    other.shutdown(SHUT_WR).unwrap();
    assert_eq!(one.recv(1).unwrap(), b"");
    thread::scope(|scope| {
        let receiving = scope.spawn(|| receive_all(&other, 7));
        assert_eq!(one.sendfile(large.file(), 7, None).unwrap(), MUCH - 7);
        one.shutdown(SHUT_WR).unwrap();
        assert_eq!(receiving.join().unwrap(), MUCH - 7);
    });
}

#[test]
fn a_large_file_arrives_whole_although_the_peer_ends_its_own_stream_meanwhile() {
    let (one, other) = streams();
    let large = Temporary::new(MUCH);
    thread::scope(|scope| {
        let sending = scope.spawn(|| one.sendfile(large.file(), 0, None));
        assert_eq!(other.recv(1).unwrap(), [0]);
        other.shutdown(SHUT_WR).unwrap();
        let receiving = scope.spawn(|| receive_all(&other, 1));
        assert_eq!(sending.join().unwrap().unwrap(), MUCH);
        one.shutdown(SHUT_WR).unwrap();
        assert_eq!(receiving.join().unwrap(), MUCH - 1);
    });
}

#[test]
fn a_deadline_and_a_token_end_it_and_the_error_says_how_much_was_sent() {
    let large = Temporary::new(MUCH);
    let soon = Duration::from_millis(100);
    let late = |socket: &Socket| {
        socket.settimeout(soon).unwrap();
        socket.sendfile(large.file(), 0, None)
    };
    let until = |socket: &Socket| socket.sendfile_until(large.file(), 0, None, Limit::after(soon));
    let now = |socket: &Socket| socket.sendfile_until(large.file(), 0, None, Limit::Now);
    let cancelled = |socket: &Socket| {
        let token = Cancel::new().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(soon);
                token.cancel();
            });
            let _scope = token.scope().unwrap();
            socket.sendfile(large.file(), 0, None)
        })
    };
    type Sending<'a> = &'a dyn Fn(&Socket) -> Result<usize, SendallError>;
    let cases: [(&str, Sending<'_>); 4] =
        [("timeout", &late), ("deadline", &until), ("at once", &now), ("token", &cancelled)];
    for (name, sending) in cases {
        let (one, other) = streams();
        let partial = sending(&one).unwrap_err();
        match name {
            "token" => assert_eq!(partial.error, Error::Cancelled),
            "at once" => assert!(partial.error.would_block(), "{partial}"),
            _ => assert_eq!(partial.error, Error::Timeout, "{name}"),
        }
        assert!(partial.sent > 0 && partial.sent < MUCH, "{name}: {}", partial.sent);
        one.shutdown(SHUT_WR).unwrap();
        assert_eq!(receive_all(&other, 0), partial.sent, "{name}");
    }
}

#[test]
fn a_close_from_another_thread_ends_it() {
    let large = Temporary::new(MUCH);
    let (one, other) = streams();
    thread::scope(|scope| {
        let sending = scope.spawn(|| one.sendfile(large.file(), 0, None));
        // It has begun, and cannot end: nobody reads the rest.
        assert_eq!(other.recv(1).unwrap().len(), 1);
        one.close().unwrap();
        let partial = sending.join().unwrap().unwrap_err();
        assert_eq!(partial.error, Error::Closed);
        assert!(partial.sent < MUCH);
    });
}

#[test]
fn a_peer_that_goes_ends_it() {
    let large = Temporary::new(MUCH);
    let (one, other) = streams();
    thread::scope(|scope| {
        let sending = scope.spawn(|| one.sendfile(large.file(), 0, None));
        assert_eq!(other.recv(1).unwrap().len(), 1);
        other.close().unwrap();
        let partial = sending.join().unwrap().unwrap_err();
        assert!(matches!(partial.error, Error::Os(_)), "{partial}");
        assert!(partial.sent < MUCH);
    });
    let partial = one.sendfile(large.file(), 0, None).unwrap_err();
    assert!(matches!(partial.error, Error::Os(_)) && partial.sent == 0, "it had gone before: {partial}");
}

#[test]
fn a_peer_that_has_gone_is_an_error_for_short_files_too() {
    let ten = Temporary::new(10);
    let (one, other) = streams();
    other.close().unwrap();
    // The system takes the bytes until the peer has answered that it has gone.
    while one.sendfile(ten.file(), 0, None).is_ok() {}
}

#[test]
fn closes_at_any_moment_end_it() {
    let large = Temporary::new(MUCH);
    for round in 0..super::racing::rounds() / 10 {
        let (one, _other) = streams();
        super::racing::race(
            round,
            || assert_eq!(one.sendfile(large.file(), 0, None).unwrap_err().error, Error::Closed),
            || one.close().unwrap(),
        );
    }
}

#[test]
fn what_is_wrong_is_an_error_and_sends_nothing() {
    let (one, other) = streams();
    let ten = Temporary::new(10);
    let unconnected = tabi::Socket::new(tabi::AF_INET, tabi::SOCK_STREAM, 0).unwrap();
    let partial = unconnected.sendfile(ten.file(), 0, None).unwrap_err();
    assert_eq!(partial.sent, 0);
    let closed = one.dup().unwrap();
    closed.close().unwrap();
    assert_eq!(closed.sendfile(ten.file(), 0, None).unwrap_err().error, Error::Closed);
    let own = Temporary::new(0);
    let write_only = File::create(own.path.with_extension("out")).unwrap();
    let refused = one.sendfile(&write_only, 0, None);
    drop(write_only);
    std::fs::remove_file(own.path.with_extension("out")).unwrap();
    assert!(matches!(refused, Ok(0) | Err(SendallError { sent: 0, error: Error::Os(_) })), "{refused:?}");
    one.settimeout(HANG).unwrap();
    assert!(other.try_recv_into(&mut [0]).unwrap_err().would_block());
}
