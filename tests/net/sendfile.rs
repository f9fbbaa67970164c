//! Sending files over a socket: the peer receives exactly the sent bytes, however the call ends.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::thread;

use crate::support::{self, ThreadId};
use tabi::constants::SO_SNDBUF;
use tabi::{
    AF_INET, AF_UNIX, Error, Limit, SHUT_WR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SendallError, Socket,
    socketpair,
};

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

fn file_of(bytes: &[u8]) -> File {
    let path = support::temporary_path();
    let mut file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn pair() -> (Socket, Socket) {
    Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).unwrap()
}

fn read_all(socket: &Socket) -> Vec<u8> {
    let mut all = Vec::new();
    socket.makefile_reader().read_to_end(&mut all).unwrap();
    all
}

/// The modes of a socket, which choose different ways in the code.
fn modes() -> [fn(&Socket, &Socket); 4] {
    [
        |_, _| {},
        |one, _| one.settimeout(30.0).unwrap(),
        |one, _| one.set_shared(),
        |one, _| {
            one.settimeout(30.0).unwrap();
            one.set_shared();
        },
    ]
}

#[test]
fn whole_files_arrive_in_every_mode_and_family() {
    let bytes = pattern(3_000_000);
    for family in [AF_UNIX, AF_INET] {
        for mode in modes() {
            let mut file = file_of(&bytes);
            let (one, other) = socketpair(family, SOCK_STREAM, 0).unwrap();
            mode(&one, &other);
            thread::scope(|scope| {
                let reader = scope.spawn(|| read_all(&other));
                assert_eq!(one.sendfile(&file, 0, None).unwrap(), bytes.len());
                one.shutdown(SHUT_WR).unwrap();
                assert!(reader.join().unwrap() == bytes);
            });
            assert_eq!(file.stream_position().unwrap(), bytes.len() as u64, "the file's position is behind");
        }
    }
}

#[test]
fn a_part_of_a_file_arrives() {
    let bytes = pattern(10_000);
    let mut file = file_of(&bytes);
    let (one, other) = pair();
    file.seek(std::io::SeekFrom::Start(77)).unwrap();
    assert_eq!(one.sendfile(&file, 5000, Some(100)).unwrap(), 100, "from the offset, not from the position");
    assert_eq!(other.recv(1000).unwrap(), &bytes[5000..5100]);
    assert_eq!(file.stream_position().unwrap(), 5100);
    assert_eq!(one.sendfile(&file, 9990, Some(100)).unwrap(), 10, "the file ends");
    assert_eq!(other.recv(1000).unwrap(), &bytes[9990..]);
    assert_eq!(one.sendfile(&file, 10_000, None).unwrap(), 0);
    assert_eq!(one.sendfile(&file, 1 << 40, None).unwrap(), 0);
    assert_eq!(file.stream_position().unwrap(), 10_000, "what sends nothing moves nothing");
    assert_eq!(one.sendfile(file_of(b""), 0, None).unwrap(), 0, "an empty file");
}

#[test]
fn files_that_the_system_cannot_send_are_copied() {
    let (one, other) = pair();
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(b"through a pipe").unwrap();
    drop(writer);
    assert_eq!(one.sendfile(&reader, 0, None).unwrap(), 14);
    assert_eq!(other.recv(100).unwrap(), b"through a pipe");
    let refused = one.sendfile(&reader, 5, None);
    assert_eq!(
        refused,
        Err(SendallError { sent: 0, error: Error::Os(libc::ESPIPE) }),
        "a pipe has no offset"
    );
    let status = File::open("/proc/self/status").unwrap();
    let sent = one.sendfile(&status, 0, Some(5)).unwrap();
    assert_eq!((sent, other.recv(100).unwrap()), (5, b"Name:".to_vec()));
    let sent = one.sendfile(&status, 3, Some(3)).unwrap();
    assert_eq!((sent, other.recv(100).unwrap()), (3, b"e:\t".to_vec()), "from the offset on");
    let (source, mut feeder) = std::os::unix::net::UnixStream::pair().unwrap();
    feeder.write_all(b"from a socket").unwrap();
    assert_eq!(one.sendfile(&source, 0, Some(13)).unwrap(), 13);
    assert_eq!(other.recv(100).unwrap(), b"from a socket");
}

#[test]
fn bad_arguments_send_nothing() {
    let value = |result: Result<usize, SendallError>, text: &str| {
        let partial = result.unwrap_err();
        assert!(matches!(partial.error, Error::Value(_)) && partial.sent == 0, "{partial:?}");
        assert!(partial.error.to_string().contains(text), "{partial}");
    };
    let (one, other) = pair();
    let file = file_of(b"bytes");
    value(one.sendfile(&file, 0, Some(0)), "got 0");
    one.setblocking(false).unwrap();
    value(one.sendfile(&file, 0, None), "non-blocking");
    one.setblocking(true).unwrap();
    let (datagram, _) = Socket::socketpair(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    value(datagram.sendfile(&file, 0, None), "SOCK_STREAM");
    let overflow = one.sendfile(&file, 1 << 63, None).unwrap_err();
    assert!(matches!(overflow.error, Error::Overflow(_)));
    let directory = one.sendfile(File::open("/").unwrap(), 0, None).unwrap_err();
    assert_eq!(directory.error, Error::Os(libc::EISDIR));
    let write_only = File::options().write(true).open("/dev/null").unwrap();
    assert_eq!(one.sendfile(&write_only, 0, None).unwrap_err().error, Error::Os(libc::EBADF));
    other.setblocking(false).unwrap();
    assert!(other.recv(1).unwrap_err().would_block());
    one.close().unwrap();
    assert_eq!(one.sendfile(&file, 0, None).unwrap_err().error, Error::Closed);
}

#[test]
fn a_timeout_reports_what_was_sent() {
    let bytes = pattern(5_000_000);
    for shared in [false, true] {
        let file = file_of(&bytes);
        let (one, other) = pair();
        one.setsockopt(SOL_SOCKET, SO_SNDBUF, 8192).unwrap();
        one.settimeout(0.05).unwrap();
        if shared {
            one.set_shared();
        }
        let partial = one.sendfile(&file, 0, None).unwrap_err();
        assert_eq!(partial.error, Error::Timeout);
        assert!(partial.sent > 0 && partial.sent < bytes.len());
        assert_eq!((&file).stream_position().unwrap(), partial.sent as u64);
        one.shutdown(SHUT_WR).unwrap();
        assert!(read_all(&other) == bytes[..partial.sent]);
    }
}

#[test]
fn a_deadline_ends_a_call_on_a_blocking_socket() {
    let file = file_of(&pattern(5_000_000));
    let (one, other) = pair();
    let limit = Limit::after(std::time::Duration::from_millis(50));
    let partial = one.sendfile_until(&file, 0, None, limit).unwrap_err();
    assert_eq!(partial.error, Error::Timeout);
    one.shutdown(SHUT_WR).unwrap();
    assert_eq!(read_all(&other).len(), partial.sent);
}

#[test]
fn a_timeout_holds_although_another_owner_makes_the_descriptor_block() {
    let file = file_of(&pattern(5_000_000));
    let (one, _other) = pair();
    let copy = one.dup().unwrap();
    one.settimeout(0.05).unwrap();
    copy.settimeout(None).unwrap();
    assert_eq!(one.sendfile(&file, 0, None).unwrap_err().error, Error::Timeout);
}

#[test]
fn close_ends_a_blocked_call() {
    for mode in modes() {
        let file = file_of(&pattern(2_000_000));
        let (one, other) = pair();
        mode(&one, &other);
        thread::scope(|scope| {
            let (send_id, id) = std::sync::mpsc::channel();
            let (one, file) = (&one, &file);
            let sender = scope.spawn(move || {
                send_id.send(ThreadId::current()).unwrap();
                one.sendfile(file, 0, None)
            });
            id.recv().unwrap().wait_until_blocked();
            one.close().unwrap();
            assert_eq!(sender.join().unwrap().unwrap_err().error, Error::Closed);
        });
    }
}

/// Whether SIGPIPE is blocked, and whether one is pending, in this thread.
fn sigpipe() -> (bool, bool) {
    // SAFETY: the sets consist of integers, which the calls fill.
    unsafe {
        let (mut mask, mut pending): (libc::sigset_t, libc::sigset_t) =
            (std::mem::zeroed(), std::mem::zeroed());
        libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &mut mask);
        libc::sigpending(&mut pending);
        (libc::sigismember(&mask, libc::SIGPIPE) == 1, libc::sigismember(&pending, libc::SIGPIPE) == 1)
    }
}

#[test]
fn a_vanished_peer_is_an_error_and_no_signal() {
    let bytes = pattern(3_000_000);
    let file = file_of(&bytes);
    let (one, other) = pair();
    support::end(other);
    assert_eq!(one.sendfile(&file, 0, None), Err(SendallError { sent: 0, error: Error::Os(libc::EPIPE) }));
    assert_eq!(sigpipe(), (false, false), "none is left behind, and none is held back");
    // This peer closes its connection in the middle of the call.
    let (one, other) = pair();
    thread::scope(|scope| {
        scope.spawn(|| {
            other.recv_exactly(&mut vec![0; 1_000_000]).unwrap();
            support::end(other);
        });
        let partial = one.sendfile(&file, 0, None).unwrap_err();
        assert!(matches!(partial.error, Error::Os(libc::EPIPE | libc::ECONNRESET)), "{partial}");
        assert!(partial.sent >= 1_000_000);
    });
    assert_eq!(sigpipe(), (false, false));
}

#[test]
fn a_sigpipe_that_was_pending_stays() {
    let file = file_of(b"bytes");
    let (one, other) = pair();
    support::end(other);
    // SAFETY: the set consists of integers, for which zero is a valid value.
    let mut pipe = unsafe { std::mem::zeroed() };
    // SAFETY: the calls only read and fill the set; the signal goes to this thread only.
    unsafe {
        libc::sigemptyset(&mut pipe);
        libc::sigaddset(&mut pipe, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, std::ptr::null_mut());
        libc::pthread_kill(libc::pthread_self(), libc::SIGPIPE);
    }
    assert_eq!(sigpipe(), (true, true));
    assert_eq!(one.sendfile(&file, 0, None).unwrap_err().error, Error::Os(libc::EPIPE));
    assert_eq!(sigpipe(), (true, true), "it was not the call's own");
    let mut taken = 0;
    // SAFETY: the calls only read the set, and take the signal that this thread has blocked and that is pending.
    unsafe {
        assert_eq!((libc::sigwait(&pipe, &mut taken), taken), (0, libc::SIGPIPE));
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &pipe, std::ptr::null_mut());
    }
}
