//! Sending files over a socket: the peer receives exactly the sent bytes, however the call ends.

use std::io::{Read, Seek, Write};
use std::thread;

#[cfg(target_pointer_width = "32")]
use crate::support::is_emulated;
use crate::support::{LOCAL, ThreadId, file_of, pair, pattern};
use tabi::constants::SO_SNDBUF;
use tabi::{
    AF_INET, Error, Limit, SHUT_WR, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SendallError, Socket, socketpair,
};

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
    for family in [LOCAL, AF_INET] {
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
    let (one, other) = pair(SOCK_STREAM);
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
fn a_part_behind_4_gib_is_sent_by_the_system_and_by_copying() {
    const PLACE: u64 = (1 << 32) + 5;
    let mut file = file_of(b"");
    file.seek(std::io::SeekFrom::Start(PLACE)).unwrap();
    file.write_all(b"far away").unwrap();
    for mode in modes() {
        let (one, other) = pair(SOCK_STREAM);
        mode(&one, &other);
        assert_eq!(one.sendfile(&file, PLACE + 4, Some(100)).unwrap(), 4);
        assert_eq!(other.recv(100).unwrap(), b"away");
        assert_eq!(file.stream_position().unwrap(), PLACE + 8);
    }
}

/// The result of the C function has 32 bits and a sign there.
#[test]
#[cfg(target_pointer_width = "32")]
fn a_call_sends_no_more_than_its_result_can_say() {
    const MOST: usize = i32::MAX as usize;
    // An emulator takes minutes to copy so much.
    if is_emulated() {
        return;
    }
    let file = file_of(b"");
    file.set_len(MOST as u64 + 3).unwrap();
    let (one, other) = pair(SOCK_STREAM);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut all, mut buffer) = (0, vec![0; 1 << 20]);
            loop {
                match other.recv_into(&mut buffer).unwrap() {
                    0 => return all,
                    n => all += n,
                }
            }
        });
        assert_eq!(one.sendfile(&file, 0, None).unwrap(), MOST);
        assert_eq!(one.sendfile(&file, MOST as u64, None).unwrap(), 3, "the rest");
        one.shutdown(SHUT_WR).unwrap();
        assert_eq!(reader.join().unwrap(), MOST + 3);
    });
}

#[test]
fn bad_arguments_send_nothing() {
    let value = |result: Result<usize, SendallError>, text: &str| {
        let partial = result.unwrap_err();
        assert!(matches!(partial.error, Error::Value(_)) && partial.sent == 0, "{partial:?}");
        assert!(partial.error.to_string().contains(text), "{partial}");
    };
    let (one, other) = pair(SOCK_STREAM);
    let file = file_of(b"bytes");
    value(one.sendfile(&file, 0, Some(0)), "got 0");
    one.setblocking(false).unwrap();
    value(one.sendfile(&file, 0, None), "non-blocking");
    one.setblocking(true).unwrap();
    let (datagram, _) = pair(SOCK_DGRAM);
    value(datagram.sendfile(&file, 0, None), "SOCK_STREAM");
    let overflow = one.sendfile(&file, 1 << 63, None).unwrap_err();
    assert!(matches!(overflow.error, Error::Overflow(_)));
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
        let (one, other) = pair(SOCK_STREAM);
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
    let (one, other) = pair(SOCK_STREAM);
    let limit = Limit::after(std::time::Duration::from_millis(50));
    let partial = one.sendfile_until(&file, 0, None, limit).unwrap_err();
    assert_eq!(partial.error, Error::Timeout);
    one.shutdown(SHUT_WR).unwrap();
    assert_eq!(read_all(&other).len(), partial.sent);
}

#[test]
fn a_timeout_holds_although_another_owner_makes_the_descriptor_block() {
    let file = file_of(&pattern(5_000_000));
    let (one, _other) = pair(SOCK_STREAM);
    let copy = one.dup().unwrap();
    one.settimeout(0.05).unwrap();
    copy.settimeout(None).unwrap();
    assert_eq!(one.sendfile(&file, 0, None).unwrap_err().error, Error::Timeout);
}

#[test]
fn close_ends_a_blocked_call() {
    for mode in modes() {
        let file = file_of(&pattern(20_000_000));
        let (one, other) = pair(SOCK_STREAM);
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
