//! Ten thousand descriptors are passed and received. None leaks, whatever goes wrong on the way.
//!
//! This is one test in a process of its own, because it counts all descriptors of the process and uses up all
//! that it may have.
#![allow(unsafe_code)]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::sync::Barrier;

use crate::support::serving::{any_port, echo};
use crate::support::{in_own_process, open_descriptors};
use tabi::constants::{MSG_CTRUNC, MSG_PEEK};
use tabi::server::TcpServer;
use tabi::{
    AF_UNIX, ControlBuffer, ControlData, ControlMessage, Error, IncomingDatagram, SOCK_DGRAM, SOCK_STREAM,
    Socket, cmsg_len, cmsg_space,
};

#[test]
fn descriptors_do_not_leak() {
    in_own_process(|| {
        no_leak("batches of every size", batches_of_every_size);
        no_leak("more than the receiver takes", more_than_the_receiver_takes);
        no_leak("control buffers of every size", control_buffers_of_every_size);
        no_leak("descriptors that nobody takes", descriptors_that_nobody_takes);
        no_leak("descriptors that are never received", descriptors_that_are_never_received);
        no_leak("several messages with descriptors", several_messages_with_descriptors);
        no_leak("more than a message holds", more_than_a_message_holds);
        no_leak("an exhausted table", an_exhausted_table);
        no_leak("peeked descriptors", peeked_descriptors);
        no_leak("a close that meets descriptors", a_close_that_meets_descriptors);
    });
}

/// The descriptors of this process, by number.
fn numbers() -> BTreeSet<RawFd> {
    let directory = std::fs::read_dir("/proc/self/fd").unwrap();
    let names = directory.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap());
    let mut numbers: BTreeSet<RawFd> = names.collect();
    // The one through which the list was read is closed again.
    numbers.retain(|&fd| flags_of(fd) >= 0);
    numbers
}

fn flags_of(fd: RawFd) -> libc::c_int {
    // SAFETY: F_GETFD touches no memory.
    unsafe { libc::fcntl(fd, libc::F_GETFD) }
}

#[test]
fn a_program_that_is_started_inherits_nothing() {
    in_own_process(|| {
        let before = numbers();
        let listener = tabi::create_server(("127.0.0.1", 0)).unwrap();
        let address = listener.getsockname().unwrap();
        let client = tabi::create_connection(("127.0.0.1", address.port().unwrap())).unwrap();
        let accepted = listener.accept().unwrap();
        let copy = client.dup().unwrap();
        // What wakes a call on a descriptor that has several owners.
        copy.settimeout(0.001).unwrap();
        assert_eq!(copy.recv(1), Err(Error::Timeout));
        let (one, other) = pair();
        let passed = {
            one.send_fds(b"x", &[null()], 0).unwrap();
            other.recv_fds(1, 1, 0).unwrap()
        };
        let server = TcpServer::options().loops(2).bind(any_port(), echo).unwrap();
        let opened: Vec<RawFd> = numbers().difference(&before).copied().collect();
        assert!(opened.len() >= 10, "{opened:?}");
        for fd in opened {
            let what = std::fs::read_link(format!("/proc/self/fd/{fd}"));
            assert_eq!(flags_of(fd), libc::FD_CLOEXEC, "{fd}: {what:?}");
        }
        drop((accepted, passed, server));
    });
}

fn no_leak(what: &str, case: fn()) {
    let before = open_descriptors();
    case();
    assert_eq!(open_descriptors(), before, "{what}");
}

fn pair() -> (Socket, Socket) {
    Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).unwrap()
}

fn null() -> File {
    File::open("/dev/null").unwrap()
}

/// Whether the file is `/dev/null`, which can be told apart from others.
fn is_null(fd: &OwnedFd) -> bool {
    let device = |file: &File| file.metadata().unwrap().rdev();
    device(&fd.try_clone().unwrap().into()) == device(&null())
}

fn is_close_on_exec(fd: BorrowedFd<'_>) -> bool {
    flags_of(fd.as_raw_fd()) & libc::FD_CLOEXEC != 0
}

fn batches_of_every_size() {
    let ((one, other), file) = (pair(), null());
    let mut passed = 0;
    let mut size = 0;
    while passed < 10_000 {
        size = size % 253 + 1;
        assert_eq!(one.send_fds(b"x", &vec![&file; size], 0).unwrap(), 1);
        let (bytes, fds, flags, _) = other.recv_fds(10, 253, 0).unwrap();
        assert_eq!((bytes.as_slice(), fds.len(), flags), (&b"x"[..], size, 0));
        assert!(fds.iter().all(|fd| is_close_on_exec(fd.as_fd())));
        assert!(is_null(&fds[size - 1]));
        passed += size;
    }
    assert_eq!(one.send_fds::<File>(b"none", &[], 0).unwrap(), 4);
    let (bytes, fds, ..) = other.recv_fds(10, 253, 0).unwrap();
    assert_eq!((bytes.as_slice(), fds.len()), (&b"none"[..], 0));
}

fn more_than_the_receiver_takes() {
    let ((one, other), file) = (pair(), null());
    for sent in 1..=20 {
        for taken in 0..=20 {
            one.send_fds(b"x", &vec![&file; sent], 0).unwrap();
            let (_, fds, flags, _) = other.recv_fds(10, taken, 0).unwrap();
            assert_eq!(fds.len(), sent.min(taken));
            assert_eq!(flags, if sent > taken { MSG_CTRUNC } else { 0 }, "{taken} of {sent}");
        }
    }
}

fn control_buffers_of_every_size() {
    let ((one, other), file) = (pair(), null());
    for size in 0..=cmsg_space(10 * 4).unwrap() {
        one.send_fds(b"x", &[&file; 10], 0).unwrap();
        let message = other.recvmsg(10, size, 0).unwrap();
        let room = size.saturating_sub(cmsg_len(0).unwrap()) / 4;
        assert_eq!(message.flags & MSG_CTRUNC != 0, room < 10, "{size} bytes of room");
        let received: usize = message
            .ancdata
            .iter()
            .map(|message| match message {
                ControlMessage::Rights(fds) => fds.len(),
                other => panic!("{other:?}"),
            })
            .sum();
        assert_eq!(received, room.min(10), "{size} bytes of room");
    }
}

fn descriptors_that_nobody_takes() {
    let ((one, other), file) = (pair(), null());
    let mut control = ControlBuffer::new(cmsg_space(4 * 8).unwrap()).unwrap();
    for _ in 0..100 {
        one.send_fds(b"x", &[&file; 8], 0).unwrap();
        let before = open_descriptors();
        other.recvmsg_into(&mut [IoSliceMut::new(&mut [0])], &mut control, 0).unwrap();
        // The eight descriptors of the last round were closed when this call began.
        assert!(open_descriptors() <= before + 8);
    }
    let before = open_descriptors();
    control.clear();
    assert_eq!(open_descriptors(), before - 8);
    control.clear();
    assert_eq!(open_descriptors(), before - 8);
    one.send_fds(b"x", &[&file; 8], 0).unwrap();
    other.recvmsg_into(&mut [IoSliceMut::new(&mut [0])], &mut control, 0).unwrap();
    let taken: Vec<_> = control.messages().collect();
    assert!(matches!(taken.as_slice(), [ControlMessage::Rights(fds)] if fds.len() == 8));
    assert_eq!(control.messages().count(), 0, "each message is taken once");
    // `recv` receives a message with descriptors, but it has no place for them.
    one.send_fds(b"x", &[&file; 8], 0).unwrap();
    assert_eq!(other.recv(1).unwrap(), b"x");
}

fn descriptors_that_are_never_received() {
    let ((one, other), file) = (pair(), null());
    one.send_fds(b"x", &[&file; 100], 0).unwrap();
    other.close().unwrap();
}

fn several_messages_with_descriptors() {
    let (one, other) = Socket::socketpair(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    let file = null();
    let mut control = ControlData::new();
    let fds = [file.as_fd(); 3];
    control.fds(&fds).unwrap().fds(&fds).unwrap();
    for _ in 0..4 {
        one.sendmsg(&[IoSlice::new(b"x")], &control, 0).unwrap();
    }
    let mut rooms = [[0u8; 4]; 4];
    let room = || ControlBuffer::new(cmsg_space(4 * 6).unwrap()).unwrap();
    let mut datagrams: Vec<_> =
        rooms.iter_mut().map(|bytes| IncomingDatagram::with_control(bytes, room())).collect();
    assert_eq!(other.recvmany(&mut datagrams, 0).unwrap(), 4);
    for datagram in &mut datagrams {
        let fds: Vec<_> = datagram
            .control()
            .messages()
            .flat_map(|message| match message {
                ControlMessage::Rights(fds) => fds,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(fds.len(), 6);
        assert!(fds.iter().all(|fd| is_close_on_exec(fd.as_fd())));
        datagram.control().clear();
    }
    one.sendmsg(&[IoSlice::new(b"x")], &control, 0).unwrap();
    assert_eq!(other.recvmany(&mut datagrams, 0).unwrap(), 1, "left in the buffer, and closed with it");
}

fn more_than_a_message_holds() {
    let ((one, other), file) = (pair(), null());
    // musl copies control data into a buffer of its own, which has no room for so many.
    let refused = if cfg!(target_env = "musl") { libc::ENOMEM } else { libc::EINVAL };
    assert_eq!(one.send_fds(b"x", &[&file; 254], 0), Err(Error::Os(refused)));
    other.setblocking(false).unwrap();
    assert!(other.recv_fds(1, 300, 0).unwrap_err().would_block());
    // SAFETY: no descriptor with this number is open, so none is used after its close.
    let closed = unsafe { BorrowedFd::borrow_raw(1 << 20) };
    assert_eq!(one.send_fds(b"x", &[closed], 0), Err(Error::Os(libc::EBADF)));
}

fn an_exhausted_table() {
    let ((one, other), file) = (pair(), null());
    one.send_fds(b"x", &[&file; 20], 0).unwrap();
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is writable.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) }, 0);
    let highest = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().parse::<libc::rlim_t>().unwrap())
        .max()
        .unwrap();
    let mut fill = Vec::new();
    let narrow = libc::rlimit { rlim_cur: highest + 6, ..limit };
    // SAFETY: the structure is readable. The test has a process of its own.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &narrow) }, 0);
    while let Ok(copy) = file.try_clone() {
        fill.push(copy);
    }
    fill.truncate(fill.len() - 3);
    let received = other.recv_fds(10, 20, 0);
    // SAFETY: the structure is readable, and the limit of this process is restored.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
    let (bytes, fds, flags, _) = received.unwrap();
    assert_eq!((bytes.as_slice(), fds.len(), flags), (&b"x"[..], 3, MSG_CTRUNC));
}

fn peeked_descriptors() {
    let ((one, other), file) = (pair(), null());
    one.send_fds(b"x", &[&file; 2], 0).unwrap();
    for flags in [MSG_PEEK, MSG_PEEK, 0] {
        let (bytes, fds, ..) = other.recv_fds(10, 2, flags).unwrap();
        assert_eq!((bytes.as_slice(), fds.len()), (&b"x"[..], 2));
    }
}

/// An empty datagram looks like the end of a stream, and so does a close. The descriptors of such a datagram
/// must be closed too.
fn a_close_that_meets_descriptors() {
    let file = null();
    for _ in 0..3000 {
        let (one, other) = Socket::socketpair(AF_UNIX, SOCK_DGRAM, 0).unwrap();
        for _ in 0..8 {
            one.send_fds(b"", &[&file], 0).unwrap();
        }
        let started = Barrier::new(2);
        std::thread::scope(|scope| {
            let receiver = scope.spawn(|| {
                started.wait();
                while other.recv_fds(10, 4, 0).is_ok() {}
            });
            started.wait();
            other.close().unwrap();
            receiver.join().unwrap();
        });
    }
}

#[test]
fn a_bare_number_is_not_sent_as_a_descriptor() {
    let mut control = tabi::socket::ControlData::new();
    let added = control.raw(libc::SOL_SOCKET, libc::SCM_RIGHTS, &3i32.to_ne_bytes()).map(drop);
    let error = "descriptors are added with ControlData::fds, not as raw data";
    assert_eq!(added, Err(tabi::Error::Value(error.into())));
    assert!(control.as_bytes().is_empty(), "nothing was added");
    let (one, other) = pair();
    // SAFETY: three bytes are the number of no descriptor.
    unsafe { control.fd_numbers(&[0; 3]) }.unwrap();
    assert!(one.sendmsg(&[IoSlice::new(b"x")], &control, 0).is_ok(), "no whole descriptor is no descriptor");
    assert_eq!(other.recv_fds(1, 300, 0).unwrap().1.len(), 0);
}
