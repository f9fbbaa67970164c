//! Buffered readers and writers: whatever interrupts them, no byte is lost and no byte is sent twice.

use std::io::{BufRead, ErrorKind, Read, Write};
use std::sync::Arc;
use std::thread;

use crate::support::{end, libc};
use tabi::constants::SO_SNDBUF;
use tabi::{Error, SHUT_WR, SOCK_STREAM, SOL_SOCKET, Socket, SocketReader, SocketWriter};

fn pair() -> (Socket, Socket) {
    crate::support::pair(SOCK_STREAM)
}

/// A pattern of bytes in which a lost, doubled or swapped byte is found.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

#[test]
fn lines_are_read_as_python_reads_them() {
    let (one, other) = pair();
    one.sendall(b"first\n\nlong line\nlast").unwrap();
    one.shutdown(SHUT_WR).unwrap();
    let mut reader = other.makefile_reader();
    assert_eq!(reader.readline(100).unwrap(), b"first\n");
    assert_eq!(reader.readline(100).unwrap(), b"\n");
    assert_eq!(reader.readline(0).unwrap(), b"", "no byte was asked for");
    assert_eq!(other.makefile_reader().read(&mut []).unwrap(), 0, "which needs no waiting");
    assert_eq!(reader.readline(5).unwrap(), b"long ", "the limit cuts a line");
    assert_eq!(reader.readline(5).unwrap(), b"line\n", "a newline at the limit belongs to the line");
    assert_eq!(reader.readline(100).unwrap(), b"last");
    assert_eq!(reader.readline(100).unwrap(), b"", "the end of the stream");
}

#[test]
fn lines_longer_than_the_buffer_are_whole() {
    let (one, other) = pair();
    let mut line = vec![b'x'; 50_000];
    line.push(b'\n');
    thread::scope(|scope| {
        scope.spawn(|| one.sendall(&line.repeat(3)).unwrap());
        let mut small = SocketReader::with_capacity(70, &other);
        assert!(small.readline(usize::MAX).unwrap() == line);
        let mut buffer = vec![0; 60_000];
        assert_eq!(small.readline_into(&mut buffer).unwrap(), line.len());
        assert!(buffer[..line.len()] == line);
    });
}

#[test]
fn no_byte_is_read_ahead_without_a_buffer() {
    let (one, other) = pair();
    one.sendall(b"line\nrest").unwrap();
    let mut reader = SocketReader::with_capacity(0, &other);
    assert_eq!(reader.readline(100).unwrap(), b"line\n");
    assert_eq!(other.recv(100).unwrap(), b"rest");
}

#[test]
fn a_timeout_within_a_line_loses_nothing() {
    let (one, other) = pair();
    other.settimeout(0.01).unwrap();
    let mut reader = other.makefile_reader();
    one.sendall(b"begin").unwrap();
    assert_eq!(reader.readline(100), Err(Error::Timeout));
    assert_eq!(reader.readline_into(&mut [0; 100]), Err(Error::Timeout));
    assert_eq!(reader.buffer(), b"begin");
    one.sendall(b" end\nnext\n").unwrap();
    assert_eq!(reader.readline(100).unwrap(), b"begin end\n");
    assert_eq!(reader.readline(100).unwrap(), b"next\n");
}

#[test]
fn a_long_line_that_comes_in_pieces_survives_many_timeouts() {
    let (one, other) = pair();
    other.setblocking(false).unwrap();
    let mut reader = SocketReader::with_capacity(16, &other);
    let line = vec![b'y'; 5000];
    for piece in line.chunks(100) {
        one.sendall(piece).unwrap();
        assert!(reader.readline(10_000).unwrap_err().would_block());
    }
    one.sendall(b"\n").unwrap();
    assert_eq!(reader.readline(10_000).unwrap().len(), 5001);
    assert!(reader.buffer().is_empty());
}

#[test]
fn an_exact_read_that_fails_gives_everything_back() {
    let (one, other) = pair();
    other.settimeout(0.01).unwrap();
    let mut reader = other.makefile_reader();
    let bytes = pattern(20_000);
    one.sendall(&bytes[..15_000]).unwrap();
    let mut buffer = vec![0; 20_000];
    assert_eq!(reader.read_exact(&mut buffer).unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(reader.buffer() == &bytes[..15_000]);
    one.sendall(&bytes[15_000..]).unwrap();
    let mut buffer = vec![0; 20_000];
    reader.read_exact(&mut buffer).unwrap();
    assert!(buffer == bytes);
}

#[test]
fn an_exact_read_beyond_the_end_keeps_the_bytes_before_it() {
    let (one, other) = pair();
    one.sendall(b"short").unwrap();
    drop(one);
    let mut reader = other.makefile_reader();
    let error = reader.read_exact(&mut [0; 10]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(error.to_string(), "the stream ended after 5 of 10 bytes");
    let mut buffer = [0; 10];
    assert_eq!(reader.readinto(&mut buffer).unwrap(), 5, "fewer only at the end of the stream");
    assert_eq!(reader.readinto(&mut buffer).unwrap(), 0);
}

#[test]
fn large_and_small_reads_may_be_mixed() {
    let (one, other) = pair();
    let bytes = pattern(300_000);
    thread::scope(|scope| {
        scope.spawn(|| {
            one.sendall(&bytes).unwrap();
            one.shutdown(SHUT_WR).unwrap();
        });
        let mut reader = SocketReader::with_capacity(4096, &other);
        let mut all = Vec::new();
        for size in [1, 5000, 3, 4096, 100_000, 17] {
            let mut part = vec![0; size];
            assert_eq!(reader.readinto(&mut part).unwrap(), size);
            all.extend(part);
            let peeked = reader.fill_buf().unwrap()[0];
            let mut next = [0];
            assert_eq!(reader.readinto1(&mut next).unwrap(), 1);
            assert_eq!(next[0], peeked);
            all.extend(next);
        }
        reader.read_to_end(&mut all).unwrap();
        assert!(all == bytes);
    });
}

#[test]
fn readers_and_writers_may_share_a_socket_across_threads() {
    let (one, other) = pair();
    let one = Arc::new(one);
    let (mut reader, mut writer) = (SocketReader::new(Arc::clone(&one)), SocketWriter::new(one));
    let echo = thread::spawn(move || {
        let (mut reader, mut writer) = (other.makefile_reader(), other.makefile_writer());
        let line = reader.readline(100).unwrap();
        writer.write_all(&line).unwrap();
    });
    writer.write_all(b"ping\n").unwrap();
    Write::flush(&mut writer).unwrap();
    let read = thread::spawn(move || reader.readline(100).unwrap());
    assert_eq!(read.join().unwrap(), b"ping\n");
    echo.join().unwrap();
}

#[test]
fn small_writes_go_out_together() {
    let (one, other) = pair();
    let mut writer = one.makefile_writer();
    assert_eq!(writer.write(b"one ").unwrap(), 4);
    assert_eq!(writer.write(b"two").unwrap(), 3);
    other.setblocking(false).unwrap();
    assert!(other.recv(100).unwrap_err().would_block(), "nothing is sent before the flush");
    writer.flush().unwrap();
    assert_eq!(other.recv(100).unwrap(), b"one two");
    writer.flush().unwrap();
    assert!(other.recv(100).unwrap_err().would_block(), "nothing is sent twice");
}

#[test]
fn a_writer_without_a_buffer_sends_at_once() {
    let (one, other) = pair();
    let mut writer = SocketWriter::with_capacity(0, &one);
    assert_eq!(writer.write(b"now").unwrap(), 3);
    assert_eq!(other.recv(100).unwrap(), b"now");
    assert_eq!(writer.write(b"").unwrap(), 0);
}

#[test]
fn a_dropped_writer_sends_what_it_kept() {
    let (one, other) = pair();
    one.makefile_writer().write_all(b"kept").unwrap();
    assert_eq!(other.recv(100).unwrap(), b"kept");
}

/// Writes all bytes through a full connection with `write`. Whenever the write is refused, the peer reads a
/// little.
fn write_against_a_slow_reader(
    one: &Socket,
    other: &Socket,
    capacity: usize,
    is_refusal: fn(&Error) -> bool,
) {
    one.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096).unwrap();
    let bytes = pattern(400_000);
    let mut writer = SocketWriter::with_capacity(capacity, one);
    let (mut taken, mut arrived, mut refusals) = (0, Vec::new(), 0);
    while taken < bytes.len() {
        let end = (taken + 3000).min(bytes.len());
        match writer.write(&bytes[taken..end]) {
            Ok(n) => taken += n,
            Err(error) => {
                assert!(is_refusal(&error), "{error:?}");
                refusals += 1;
                arrived.extend(other.recv(5000).unwrap());
            }
        }
    }
    while let Err(error) = writer.flush() {
        assert!(is_refusal(&error), "{error:?}");
        arrived.extend(other.recv(5000).unwrap());
    }
    one.shutdown(SHUT_WR).unwrap();
    other.makefile_reader().read_to_end(&mut arrived).unwrap();
    assert!(refusals > 0, "the connection was never full");
    assert!(arrived == bytes, "{} of {} bytes, or others", arrived.len(), bytes.len());
}

#[test]
fn writes_on_a_full_non_blocking_connection_arrive_once() {
    for capacity in [0, 100, 8192, 50_000] {
        let (one, other) = pair();
        one.setblocking(false).unwrap();
        write_against_a_slow_reader(&one, &other, capacity, Error::would_block);
    }
}

#[test]
fn writes_that_time_out_arrive_once() {
    let (one, other) = pair();
    one.settimeout(0.001).unwrap();
    write_against_a_slow_reader(&one, &other, 8192, |error| *error == Error::Timeout);
}

#[test]
fn a_vanished_reader_is_an_error_and_no_signal() {
    let (one, other) = pair();
    let mut writer = one.makefile_writer();
    writer.write(b"for nobody").unwrap();
    end(other);
    assert_eq!(writer.flush(), Err(Error::Os(libc::EPIPE)));
    assert_eq!(writer.buffer(), b"for nobody", "what was not sent is kept");
}
