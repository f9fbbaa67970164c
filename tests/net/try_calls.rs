//! Calls that never wait: they do what is possible at once, whatever the timeout of the socket is. Otherwise
//! they fail with EAGAIN.

use crate::support::{HANG, end, libc, temporary_path};
use tabi::constants::SO_SNDBUF;
use tabi::{AF_INET, AF_UNIX, Error, Limit, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, Socket};

/// No timeout, a long timeout, and non-blocking. A call that waited would hang in the first two modes.
const MODES: [Option<f64>; 3] = [None, Some(1e6), Some(0.0)];

fn pair(kind: tabi::SocketKind, timeout: Option<f64>) -> (Socket, Socket) {
    let (one, other) = crate::support::pair(kind);
    for socket in [&one, &other] {
        match timeout {
            Some(seconds) => socket.settimeout(seconds).unwrap(),
            None => socket.setblocking(true).unwrap(),
        }
    }
    (one, other)
}

#[test]
fn nothing_to_receive_is_eagain_in_every_mode() {
    for timeout in MODES {
        let (one, other) = pair(SOCK_STREAM, timeout);
        let mut buffer = [7; 8];
        assert_eq!(one.try_recv_into(&mut buffer), Err(Error::Os(libc::EAGAIN)), "{timeout:?}");
        assert_eq!(one.try_recvfrom_into(&mut buffer).unwrap_err(), Error::Os(libc::EAGAIN), "{timeout:?}");
        assert_eq!(buffer, [7; 8]);
        other.sendall(b"here").unwrap();
        assert_eq!(one.try_recv_into(&mut buffer), Ok(4), "{timeout:?}");
        assert_eq!(one.gettimeout().map(|timeout| timeout.as_secs_f64()), timeout, "the mode is as it was");
    }
}

#[test]
fn the_end_of_a_stream_is_zero_bytes() {
    let (one, other) = pair(SOCK_STREAM, None);
    end(other);
    assert_eq!(one.try_recv_into(&mut [0; 8]), Ok(0));
}

#[test]
fn a_full_buffer_is_eagain_and_the_sent_bytes_are_counted() {
    for timeout in MODES {
        let (one, other) = pair(SOCK_STREAM, timeout);
        one.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096).unwrap();
        let bytes = vec![1; 1 << 20];
        let mut sent = one.try_send(&bytes).unwrap();
        assert!(0 < sent && sent < bytes.len(), "{timeout:?}: a part, got {sent}");
        let full = loop {
            match one.try_send(&bytes) {
                Ok(more) => sent += more,
                Err(error) => break error,
            }
        };
        assert_eq!(full, Error::Os(libc::EAGAIN), "{timeout:?}");
        let mut buffer = vec![0; 1 << 20];
        let mut received = 0;
        while received < sent {
            received += other.try_recv_into(&mut buffer).unwrap();
        }
        assert_eq!(received, sent, "{timeout:?}");
    }
}

#[test]
fn datagrams_carry_their_sender() {
    let server = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    let client = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    for socket in [&server, &client] {
        socket.bind(("127.0.0.1", 0)).unwrap();
    }
    assert_eq!(client.try_sendto(b"hello", server.getsockname().unwrap()).unwrap(), 5);
    server.wait(tabi::Interest::Read, Limit::after(HANG)).unwrap();
    let mut buffer = [0; 8];
    let (n, sender) = server.try_recvfrom_into(&mut buffer).unwrap();
    assert_eq!((&buffer[..n], sender), (&b"hello"[..], client.getsockname().unwrap()));
}

#[test]
fn a_full_queue_of_datagrams_is_eagain() {
    let path = temporary_path();
    let server = Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    server.bind(path.as_path()).unwrap();
    let client = Socket::new(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    let full = loop {
        if let Err(error) = client.try_sendto(b"hello", path.as_path()) {
            break error;
        }
    };
    std::fs::remove_file(&path).unwrap();
    assert_eq!(full, Error::Os(libc::EAGAIN));
}

#[test]
fn a_closed_socket_is_closed() {
    let (one, _other) = pair(SOCK_STREAM, None);
    one.close().unwrap();
    assert_eq!(one.try_recv_into(&mut [0; 8]), Err(Error::Closed));
    assert_eq!(one.try_send(b"x"), Err(Error::Closed));
}

#[test]
fn a_duplicate_changes_nothing() {
    let (one, other) = pair(SOCK_STREAM, None);
    let copy = one.dup().unwrap();
    assert_eq!(one.try_recv_into(&mut [0; 8]), Err(Error::Os(libc::EAGAIN)));
    assert_eq!(copy.try_recv_into(&mut [0; 8]), Err(Error::Os(libc::EAGAIN)));
    other.sendall(b"x").unwrap();
    assert_eq!(copy.try_recv_into(&mut [0; 8]), Ok(1));
}

#[test]
fn waiting_until_now_does_not_wait() {
    let (one, other) = pair(SOCK_STREAM, None);
    assert_eq!(one.wait(tabi::Interest::Read, Limit::Now), Err(Error::Timeout));
    other.sendall(b"x").unwrap();
    one.wait(tabi::Interest::Read, Limit::Now).unwrap();
}

#[test]
fn msg_dontwait_does_not_wait_on_a_socket_with_a_duplicate() {
    let (one, other) = pair(SOCK_STREAM, None);
    let copy = one.dup().unwrap();
    for socket in [&one, &copy] {
        assert_eq!(socket.recv_with_flags(8, libc::MSG_DONTWAIT), Err(Error::Os(libc::EAGAIN)));
        let received = socket.recvfrom_into_with_flags(&mut [0; 8], libc::MSG_DONTWAIT);
        assert_eq!(received.unwrap_err(), Error::Os(libc::EAGAIN));
    }
    let bytes = vec![0; 1 << 20];
    let full = loop {
        if let Err(error) = copy.send_with_flags(&bytes, libc::MSG_DONTWAIT) {
            break error;
        }
    };
    assert_eq!(full, Error::Os(libc::EAGAIN));
    drop(other);
}
