//! Descriptors that are no sockets, where a socket or a file is wanted.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, FromRawFd};

use crate::support::{in_own_process, open_descriptors};
use tabi::{AF_UNIX, Error, Poll, PollEvents, SOCK_STREAM, SendallError, Socket, fromfd, poll};

fn pair() -> (Socket, Socket) {
    Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).unwrap()
}

#[test]
fn none_becomes_a_socket() {
    in_own_process(|| {
        let before = open_descriptors();
        let file = || File::open("/dev/null").unwrap();
        let adopted = Socket::from_fd(file().into(), None, None, None);
        assert_eq!(adopted.unwrap_err(), Error::Os(libc::ENOTSOCK));
        assert_eq!(fromfd(file(), None, None, None).unwrap_err(), Error::Os(libc::ENOTSOCK));
        assert_eq!(open_descriptors(), before, "none is left open");
    });
}

/// A pipe: its end to read and its end to write.
fn pipe() -> (File, File) {
    let mut ends = [0; 2];
    // SAFETY: pipe writes two descriptors.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    // SAFETY: both descriptors are new and have no other owner.
    unsafe { (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1])) }
}

#[test]
fn a_descriptor_that_is_no_socket_is_polled_too() {
    let (reader, mut writer) = pipe();
    let mut entries = [Poll::fd(reader.as_fd(), PollEvents::IN), Poll::fd(writer.as_fd(), PollEvents::OUT)];
    assert_eq!(poll(&mut entries, 0.0), Ok(1));
    assert_eq!(entries.each_ref().map(Poll::revents), [PollEvents::default(), PollEvents::OUT]);
    assert_eq!(entries.each_ref().map(Poll::events), [PollEvents::IN, PollEvents::OUT]);
    writer.write_all(b"x").unwrap();
    let mut entries = [Poll::fd(reader.as_fd(), PollEvents::IN)];
    assert_eq!(poll(&mut entries, None), Ok(1));
    assert_eq!(entries[0].revents(), PollEvents::IN);
    drop(writer);
    entries[0].set_events(PollEvents::default());
    assert_eq!(poll(&mut entries, None), Ok(1));
    assert_eq!(entries[0].revents(), PollEvents::HUP);
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
fn a_file_that_cannot_be_read_is_not_sent() {
    let (one, _other) = pair();
    let directory = one.sendfile(File::open("/").unwrap(), 0, None).unwrap_err();
    assert_eq!(directory.error, Error::Os(libc::EISDIR));
    let write_only = File::options().write(true).open("/dev/null").unwrap();
    assert_eq!(one.sendfile(&write_only, 0, None).unwrap_err().error, Error::Os(libc::EBADF));
}
