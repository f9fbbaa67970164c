//! Calls with a limit of their own, and the meaning of a limit for calls that make several system calls.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::fd::OwnedFd;
use crate::support::{HANG, LOCAL, libc, pair, stream_pair, temporary_path};
use tabi::{
    AF_INET, AF_UNIX, ControlBuffer, ControlData, Deadline, Error, Limit, SOCK_DGRAM, SOCK_STREAM, Socket,
};

const SHORT: Duration = Duration::from_millis(30);

/// No timeout, a long timeout, and non-blocking. A limit of a call holds in each of these modes.
const MODES: [Option<Duration>; 3] = [None, Some(HANG), Some(Duration::ZERO)];

#[test]
fn every_receiving_call_keeps_a_limit_of_its_own_in_every_mode() {
    for mode in MODES {
        let (one, other) = pair(SOCK_DGRAM);
        let listener = tabi::create_server(("127.0.0.1", 0)).unwrap();
        other.settimeout(mode).unwrap();
        listener.settimeout(mode).unwrap();
        let mut buffer = [0; 16];
        let into = |limit| other.recv_into_until(&mut [0; 16], 0, limit).map(|_| ());
        let from = |limit| other.recvfrom_into_until(&mut [0; 16], 0, limit).map(|_| ());
        let message = |limit| other.recvmsg_until(16, 0, 0, limit).map(|_| ());
        let message_into = |limit| {
            let mut buffers = [IoSliceMut::new(&mut buffer)];
            other.recvmsg_into_until(&mut buffers, &mut ControlBuffer::default(), 0, limit).map(|_| ())
        };
        let exactly = |limit| Ok(other.recv_exactly_until(&mut [0; 4], 0, limit).map(|_| ())?);
        let accept = |limit| listener.accept_until(limit).map(|_| ());
        type Call<'a> = Box<dyn FnMut(Limit) -> tabi::Result<()> + 'a>;
        let calls: [(&str, Call<'_>); 6] = [
            ("recv_into_until", Box::new(into)),
            ("recvfrom_into_until", Box::new(from)),
            ("recvmsg_until", Box::new(message)),
            ("recvmsg_into_until", Box::new(message_into)),
            ("recv_exactly_until", Box::new(exactly)),
            ("accept_until", Box::new(accept)),
        ];
        for (name, mut call) in calls {
            let begin = Instant::now();
            assert_eq!(call(Limit::after(SHORT)), Err(Error::Timeout), "{name} {mode:?}");
            assert!(begin.elapsed() >= SHORT, "{name} {mode:?}: never before its time");
            assert_eq!(call(Limit::Now), Err(Error::Os(libc::EAGAIN)), "{name} {mode:?}");
            assert_eq!(call(Limit::Until(Deadline::now())), Err(Error::Timeout), "{name} {mode:?}");
            let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
            if name == "accept_until" {
                client.connect(listener.getsockname().unwrap()).unwrap();
            } else {
                one.send(b"four").unwrap();
            }
            assert_eq!(call(Limit::FOREVER), Ok(()), "{name} {mode:?}");
        }
    }
}

#[test]
fn a_message_is_sent_within_its_limit() {
    let (one, other) = stream_pair(LOCAL);
    let chunk = vec![1; 1 << 16];
    let send = |limit| one.sendmsg_until(&[IoSlice::new(&chunk)], &ControlData::new(), 0, limit);
    while send(Limit::Now).is_ok() {}
    assert_eq!(send(Limit::after(SHORT)), Err(Error::Timeout));
    while other.try_recv_into(&mut [0; 1 << 16]).is_ok() {}
    assert!(send(Limit::FOREVER).unwrap() > 0);
}

/// A socket that sends unix datagrams polls as ready even while its receiver has no place for another
/// datagram.
#[test]
fn a_send_to_a_full_receiver_ends_in_time() {
    let receiver = Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    receiver.bind(temporary_path().as_path()).unwrap();
    let address = receiver.getsockname().unwrap();
    let sender = Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    sender.settimeout(0.0).unwrap();
    while sender.sendto(b"x", &address).is_ok() {}
    sender.settimeout(SHORT).unwrap();
    let (end, ended) = mpsc::channel();
    let begin = Instant::now();
    thread::spawn(move || end.send(sender.sendto(b"x", &address)).unwrap());
    assert_eq!(ended.recv_timeout(HANG).expect("it ends"), Err(Error::Timeout));
    assert!(begin.elapsed() >= SHORT, "never before its time");
}

/// With MSG_TRUNC, a TCP socket on Linux counts bytes that it does not write.
#[test]
#[cfg(target_os = "linux")]
fn no_byte_is_handed_out_that_nobody_wrote() {
    use tabi::constants::MSG_TRUNC;

    const SIZE: usize = 100;
    type Receive = fn(&Socket) -> Vec<u8>;
    let receive: [(&str, Receive); 3] = [
        ("recv", |socket| socket.recv_with_flags(SIZE, MSG_TRUNC).unwrap()),
        ("recvfrom", |socket| socket.recvfrom_with_flags(SIZE, MSG_TRUNC).unwrap().0),
        ("recvmsg", |socket| socket.recvmsg(SIZE, 0, MSG_TRUNC).unwrap().data),
    ];
    for (name, receive) in receive {
        let (one, other) = stream_pair(AF_INET);
        one.sendall(&[1; SIZE]).unwrap();
        other.wait(tabi::Interest::Read, Limit::after(HANG)).unwrap();
        // Memory that the receiver may get had other content before, which must not be returned.
        drop(std::hint::black_box(vec![0x5a; SIZE]));
        assert_eq!(receive(&other), [0; SIZE], "{name}");
    }
}

/// Sends one byte after the other, slowly, until the socket is closed. The line ends when the test counts as hung.
fn drip(peer: Socket) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let begin = Instant::now();
        while begin.elapsed() < HANG {
            if peer.send(b"x").is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = peer.send(b"\n");
    })
}

#[test]
fn a_timeout_limits_a_line_as_a_whole() {
    let (socket, peer) = stream_pair(LOCAL);
    socket.settimeout(0.1).unwrap();
    let dripping = drip(peer);
    let mut reader = socket.makefile_reader();
    assert_eq!(reader.readline(1000), Err(Error::Timeout));
    assert_eq!(reader.readline_into(&mut [0; 1000]), Err(Error::Timeout));
    assert_eq!(reader.readinto(&mut [0; 1000]), Err(Error::Timeout));
    // The failed calls have lost no byte.
    socket.settimeout(HANG).unwrap();
    let mut first = [0; 3];
    reader.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"xxx");
    socket.close().unwrap();
    dripping.join().unwrap();
}

/// The peer takes bytes so often that no part waits for as long as the timeout, but not so fast that all bytes are
/// sent within it.
#[test]
fn a_timeout_limits_all_parts_of_sendall_together() {
    const TIMEOUT: Duration = Duration::from_millis(200);
    const PART: usize = 1 << 16;
    let (socket, peer) = stream_pair(LOCAL);
    socket.settimeout(TIMEOUT).unwrap();
    let bytes = vec![1; 100 * PART];
    let (end, ended) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| end.send(socket.sendall(&bytes)).unwrap());
        let result = loop {
            match ended.recv_timeout(TIMEOUT / 20) {
                Ok(result) => break result,
                // Nothing is there while the sender gets no time of the processor.
                Err(_) => peer.try_recv_into(&mut [0; PART]).unwrap_or(0),
            };
        };
        let partial = result.unwrap_err();
        assert_eq!(partial.error, Error::Timeout);
        assert!((1..bytes.len()).contains(&partial.sent), "{} bytes were sent", partial.sent);
    });
}

#[test]
fn a_reader_keeps_a_limit_of_its_own() {
    let (socket, peer) = stream_pair(LOCAL);
    let dripping = drip(peer);
    let mut reader = socket.makefile_reader();
    let limit = || Limit::after(SHORT);
    assert_eq!(reader.readline_until(1000, limit()), Err(Error::Timeout));
    assert_eq!(reader.readline_into_until(&mut [0; 1000], limit()), Err(Error::Timeout));
    assert_eq!(reader.readinto_until(&mut [0; 1000], limit()), Err(Error::Timeout));
    assert_ne!(reader.readinto1_until(&mut [0; 1000], Limit::FOREVER), Ok(0));
    socket.close().unwrap();
    dripping.join().unwrap();
}

#[test]
fn all_slices_go_in_one_message() {
    let (one, other) = pair(SOCK_DGRAM);
    let slices = [IoSlice::new(b"head "), IoSlice::new(b""), IoSlice::new(b"body")];
    assert_eq!((&one).write_vectored(&slices).unwrap(), 9);
    let (mut head, mut body) = ([0; 5], [0; 10]);
    let mut buffers = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
    assert_eq!((&other).read_vectored(&mut buffers).unwrap(), 9);
    assert_eq!((&head, &body[..4]), (b"head ", &b"body"[..]));
    // A system call does not take so many slices, so only a part of them is sent, which `write_vectored` may
    // do.
    let many: Vec<_> = (0..5000).map(|_| IoSlice::new(b"x")).collect();
    let (stream, _peer) = pair(SOCK_STREAM);
    assert_eq!((&stream).write_vectored(&many).unwrap(), 1024);
}

#[test]
fn a_closed_socket_lends_and_gives_no_descriptor() {
    let (socket, _peer) = stream_pair(LOCAL);
    assert!(socket.try_as_fd().is_ok());
    socket.close().unwrap();
    assert_eq!(socket.try_as_fd().unwrap_err(), Error::Closed);
    assert_eq!(OwnedFd::try_from(socket).unwrap_err(), Error::Closed);
}
