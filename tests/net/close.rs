//! `close()` from another thread: blocked calls end, other owners keep their connection, and no call uses the
//! number of a descriptor when it may already mean another file.

use std::net::Ipv4Addr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::fd::AsRawFd;
use crate::support::{
    self, HANG, LOCAL, ThreadId, bound, full_listener, in_own_process, libc, pair, stream_pair,
};
use tabi::constants::SOCK_SEQPACKET;
use tabi::{AF_INET, Address, Error, IncomingDatagram, Limit, SOCK_DGRAM, SOCK_STREAM, Socket};

/// Runs `call` in a thread, closes the socket when the thread is blocked in it, and returns the result of the
/// call.
fn close_while_blocked<T: Send + 'static>(
    socket: Socket,
    call: impl FnOnce(&Socket) -> tabi::Result<T> + Send + 'static,
) -> Error {
    let socket = Arc::new(socket);
    let (tell, blocked) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let caller = Arc::clone(&socket);
    let thread = thread::spawn(move || {
        tell.send(ThreadId::current()).unwrap();
        let result = call(&caller).map(drop);
        end.send(result).unwrap();
    });
    blocked.recv().unwrap().wait_until_blocked();
    socket.close().unwrap();
    let result = ended.recv_timeout(HANG).expect("the blocked call ends");
    thread.join().unwrap();
    assert_eq!(socket.fileno(), support::fd::NONE);
    result.expect_err("the call was interrupted")
}

/// The two modes in which a call blocks.
fn modes() -> [Option<Duration>; 2] {
    [None, Some(Duration::from_secs(60))]
}

#[test]
fn ends_a_blocked_recv() {
    for mode in modes() {
        for family in [AF_INET, LOCAL] {
            let (socket, _peer) = stream_pair(family);
            socket.settimeout(mode).unwrap();
            assert_eq!(close_while_blocked(socket, |s| s.recv(10)), Error::Closed, "{family} {mode:?}");
        }
        let (socket, _peer) = pair(SOCK_DGRAM);
        socket.settimeout(mode).unwrap();
        assert_eq!(close_while_blocked(socket, |s| s.recv(10)), Error::Closed);
    }
}

#[test]
fn ends_a_blocked_recvfrom() {
    for mode in modes() {
        for &family in support::FAMILIES {
            let socket = bound(family, SOCK_DGRAM);
            socket.settimeout(mode).unwrap();
            assert_eq!(close_while_blocked(socket, |s| s.recvfrom(10)), Error::Closed, "{family} {mode:?}");
        }
    }
}

#[test]
fn ends_a_blocked_recvmany_without_datagrams_that_nobody_sent() {
    for mode in modes() {
        let socket = bound(AF_INET, SOCK_DGRAM);
        socket.settimeout(mode).unwrap();
        let receive = |s: &Socket| {
            let mut buffers = [[0; 10]; 3];
            s.recvmany(&mut buffers.each_mut().map(|buffer| IncomingDatagram::new(buffer)), 0)
        };
        assert_eq!(close_while_blocked(socket, receive), Error::Closed, "{mode:?}");
    }
}

#[test]
fn ends_a_blocked_accept() {
    for mode in modes() {
        for &family in support::FAMILIES {
            let socket = bound(family, SOCK_STREAM);
            socket.listen(1).unwrap();
            socket.settimeout(mode).unwrap();
            assert_eq!(close_while_blocked(socket, Socket::accept), Error::Closed, "{family} {mode:?}");
        }
    }
}

#[test]
fn ends_a_blocked_sendall_which_reports_the_sent_bytes() {
    for mode in modes() {
        for (socket, _peer) in [stream_pair(AF_INET), stream_pair(LOCAL)] {
            socket.settimeout(mode).unwrap();
            let (tell, told) = mpsc::channel();
            let bytes = vec![7; 64 << 20];
            let error = close_while_blocked(socket, move |s| {
                s.sendall(&bytes).map_err(|partial| {
                    tell.send(partial.sent).unwrap();
                    partial.error
                })
            });
            assert_eq!(error, Error::Closed);
            let sent = told.recv().unwrap();
            assert!(sent > 0 && sent < 64 << 20, "{sent} bytes went out before the buffers were full");
        }
    }
}

#[test]
fn ends_a_blocked_sendall_of_datagrams_and_packets() {
    for mode in modes() {
        for (socket, _peer) in [pair(SOCK_DGRAM), pair(SOCK_SEQPACKET)] {
            socket.settimeout(mode).unwrap();
            let error = close_while_blocked::<()>(socket, |s| {
                loop {
                    s.sendall(&[7; 1000])?;
                }
            });
            assert_eq!(error, Error::Closed);
        }
    }
}

#[test]
fn ends_a_connect_that_waits_for_a_place_in_the_queue() {
    for family in [AF_INET, LOCAL] {
        let (_listener, _queue, address) = full_listener(family);
        for mode in modes() {
            let socket = Socket::new(family, SOCK_STREAM, 0).unwrap();
            socket.settimeout(mode).unwrap();
            let address = address.clone();
            let connect = move |s: &Socket| s.connect(&address);
            assert_eq!(close_while_blocked(socket, connect), Error::Closed, "{family} {mode:?}");
        }
    }
}

#[test]
fn leaves_a_duplicate_its_connection() {
    for mode in modes() {
        for family in [AF_INET, LOCAL] {
            let (socket, peer) = stream_pair(family);
            let duplicate = socket.dup().unwrap();
            socket.settimeout(mode).unwrap();
            duplicate.settimeout(mode).unwrap();
            assert_eq!(close_while_blocked(socket, |s| s.recv(10)), Error::Closed);
            duplicate.sendall(b"still here").unwrap();
            assert_eq!(peer.recv(100).unwrap(), b"still here");
            peer.sendall(b"so am I").unwrap();
            assert_eq!(duplicate.recv(100).unwrap(), b"so am I");
        }
    }
}

#[test]
fn detach_leaves_the_number_to_the_calls_in_flight() {
    let (socket, peer) = stream_pair(LOCAL);
    let number = socket.fileno();
    let (socket, detached) = (Arc::new(socket), mpsc::channel());
    let other = Arc::clone(&socket);
    socket.settimeout(60.0).unwrap();
    let thread = thread::spawn(move || {
        detached.0.send(ThreadId::current()).unwrap();
        other.recv(10)
    });
    detached.1.recv().unwrap().wait_until_blocked();
    let descriptor = socket.detach().unwrap();
    assert_ne!(descriptor.as_raw_fd(), number, "the number still belongs to the blocked call");
    assert_eq!(socket.detach().unwrap_err(), Error::Closed);
    let detached = Socket::from(descriptor);
    peer.sendall(b"a").unwrap();
    // The blocked call or the new owner gets the byte; it is not lost.
    match thread.join().unwrap() {
        Ok(bytes) => assert_eq!(bytes, b"a"),
        Err(error) => {
            assert_eq!(error, Error::Closed);
            detached.settimeout(HANG).unwrap();
            assert_eq!(detached.recv(10).unwrap(), b"a");
        }
    }
    detached.sendall(b"b").unwrap();
    assert_eq!(peer.recv(10).unwrap(), b"b");
}

#[test]
fn detach_ends_a_blocked_call_and_leaves_the_connection_to_the_new_owner() {
    for mode in modes() {
        let (socket, peer) = stream_pair(LOCAL);
        socket.settimeout(mode).unwrap();
        socket.set_shared();
        let socket = Arc::new(socket);
        let ((tell, told), (end, ended)) = (mpsc::channel(), mpsc::channel());
        let blocked = Arc::clone(&socket);
        thread::spawn(move || {
            tell.send(ThreadId::current()).unwrap();
            end.send(blocked.recv(10)).unwrap();
        });
        told.recv().unwrap().wait_until_blocked();
        let detached = Socket::from(socket.detach().unwrap());
        let result = ended.recv_timeout(HANG).expect("the blocked call ends");
        assert_eq!(result, Err(Error::Closed), "{mode:?}");
        peer.sendall(b"for the new owner").unwrap();
        detached.settimeout(HANG).unwrap();
        assert_eq!(detached.recv(100).unwrap(), b"for the new owner");
    }
}

#[test]
fn detach_alone_keeps_the_number_and_the_connection() {
    let (socket, peer) = stream_pair(AF_INET);
    let number = socket.fileno();
    let descriptor = socket.detach().unwrap();
    assert_eq!(descriptor.as_raw_fd(), number);
    assert!(socket.is_closed());
    drop(socket);
    Socket::from(descriptor).sendall(b"x").unwrap();
    assert_eq!(peer.recv(10).unwrap(), b"x");
}

#[test]
fn is_idempotent_and_ends_every_later_call() {
    let (socket, _peer) = stream_pair(AF_INET);
    socket.close().unwrap();
    socket.close().unwrap();
    assert_eq!(socket.recv(1).unwrap_err(), Error::Closed);
    assert_eq!(socket.recv_into(&mut []).unwrap_err(), Error::Closed);
    assert_eq!(socket.sendall(b"x").unwrap_err().error, Error::Closed);
    assert_eq!(socket.settimeout(1.0).unwrap_err(), Error::Closed);
    assert_eq!(socket.getsockname().unwrap_err(), Error::Closed);
    assert_eq!(socket.connect_ex(("127.0.0.1", 1)).unwrap(), libc::EBADF, "as in Python");
    assert_eq!(socket.dup().unwrap_err(), Error::Closed);
}

#[test]
fn keeps_a_lent_descriptor_until_the_drop() {
    in_own_process(|| {
        let (socket, peer) = stream_pair(LOCAL);
        let lent = socket.try_as_fd().unwrap();
        socket.close().unwrap();
        assert_eq!(peer.recv(1).unwrap(), b"", "the connection is shut down");
        assert!(lent.try_clone_to_owned().is_ok(), "the descriptor is still open");
        let number = lent.as_raw_fd();
        drop(socket);
        let reused = support::dup(number).map(drop);
        assert_eq!(reused, Err(Error::Os(libc::EBADF)), "and closed with the socket");
    });
}

/// A call that waited already when the socket was duplicated cannot be woken.
#[test]
fn a_call_that_cannot_be_woken_keeps_the_number_until_it_has_left() {
    in_own_process(|| {
        let (socket, peer) = stream_pair(LOCAL);
        let socket = Arc::new(socket);
        let number = socket.fileno();
        let (tell, told) = mpsc::channel();
        let receiving = Arc::clone(&socket);
        let thread = thread::spawn(move || {
            tell.send(ThreadId::current()).unwrap();
            receiving.recv(10)
        });
        told.recv().unwrap().wait_until_blocked();
        let duplicate = socket.dup().unwrap();
        socket.close().unwrap();
        let still_open = support::dup(number).map(drop);
        assert_eq!(still_open, Ok(()), "nobody else may get the number while the system uses it");
        // The next event ends the call. What it received is not lost.
        peer.send(b"late").unwrap();
        assert_eq!(thread.join().unwrap().unwrap(), b"late");
        assert_eq!(support::dup(number).map(drop), Err(Error::Os(libc::EBADF)), "the call was the last");
        drop(duplicate);
    });
}

/// Each pair of sockets carries a number of its own. One thread reads it until another closes it, while six
/// more threads do the same. A thread that reads another number has read from a descriptor whose number was
/// used again.
#[test]
fn no_call_ever_reads_another_sockets_bytes() {
    const THREADS: u64 = 8;
    let rounds = support::scaled(12_500);
    let read_one = |thread_number: u64, round: u64, give: &mpsc::SyncSender<Arc<Socket>>| {
        let tag = (thread_number << 32 | round).to_ne_bytes();
        let (reader, writer) = pair(SOCK_STREAM);
        let reader = Arc::new(reader);
        give.send(Arc::clone(&reader)).unwrap();
        let mut buffer = [0; 8];
        for turn in 0.. {
            // After a few reads nothing comes any more: the last is blocked until the close.
            if turn < 3 {
                let sent = writer.sendall(&tag).map_err(|partial| partial.error);
                assert!(matches!(sent, Ok(()) | Err(Error::Os(libc::EPIPE))), "{sent:?}");
            }
            match reader.recv_into(&mut buffer) {
                Ok(8) => assert_eq!(buffer, tag, "bytes of another socket"),
                Err(Error::Closed) => break,
                other => panic!("{other:?}"),
            }
        }
    };
    thread::scope(|scope| {
        for thread_number in 0..THREADS {
            let (give, take) = mpsc::sync_channel::<Arc<Socket>>(4);
            scope.spawn(move || take.iter().for_each(|socket| socket.close().unwrap()));
            scope.spawn(move || (0..rounds).for_each(|round| read_one(thread_number, round, &give)));
        }
    });
}

#[test]
fn a_deadline_is_kept_by_every_call() {
    let limit = Duration::from_millis(30);
    let (listener, _queue, full) = full_listener(AF_INET);
    let (stream, _peer) = stream_pair(AF_INET);
    let datagram = bound(AF_INET, SOCK_DGRAM);
    let idle = bound(AF_INET, SOCK_STREAM);
    idle.listen(1).unwrap();
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    for socket in [&stream, &datagram, &client, &idle] {
        socket.settimeout(limit).unwrap();
    }
    let calls: [(&str, &dyn Fn() -> tabi::Result<()>); 5] = [
        ("recv", &|| stream.recv(1).map(drop)),
        ("recvfrom", &|| datagram.recvfrom(1).map(drop)),
        ("accept", &|| idle.accept().map(drop)),
        ("connect", &|| client.connect(&full)),
        ("sendall", &|| Ok(stream.sendall(&vec![0; 64 << 20])?)),
    ];
    for (name, call) in calls {
        let begin = Instant::now();
        assert_eq!(call().unwrap_err(), Error::Timeout, "{name}");
        assert!(
            begin.elapsed() >= limit,
            "{name} gave up after {:?}: a deadline is never rounded down",
            begin.elapsed()
        );
    }
    drop(listener);
}

#[test]
fn a_connect_keeps_a_limit_of_its_own_in_every_mode() {
    let (listener, _queue, full) = full_listener(AF_INET);
    let idle = bound(AF_INET, SOCK_STREAM);
    idle.listen(1).unwrap();
    for mode in [None, Some(Duration::from_secs(60)), Some(Duration::ZERO)] {
        let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        client.settimeout(mode).unwrap();
        let begin = Instant::now();
        let limit = Limit::after(Duration::from_millis(30));
        assert_eq!(client.connect_until(&full, limit), Err(Error::Timeout), "{mode:?}");
        assert!(begin.elapsed() >= Duration::from_millis(30), "{mode:?}: {:?}", begin.elapsed());

        let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        client.settimeout(mode).unwrap();
        let begun = client.connect_until(&full, Limit::Now);
        assert_eq!(begun, Err(Error::Os(libc::EINPROGRESS)), "{mode:?}");

        let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
        client.settimeout(mode).unwrap();
        let limit = Limit::after(Duration::from_secs(60));
        client.connect_until(idle.getsockname().unwrap(), limit).unwrap();
        let (server, _) = idle.accept().unwrap();
        assert_eq!(client.gettimeout(), mode);
        if mode.is_none() {
            assert_eq!(close_while_blocked(client, |s| s.recv(1)), Error::Closed, "it blocks as before");
        }
        drop(server);
    }
    drop(listener);
}

#[test]
fn a_deadline_holds_when_another_owner_makes_the_descriptor_block() {
    let (socket, _peer) = stream_pair(LOCAL);
    let duplicate = socket.dup().unwrap();
    socket.settimeout(0.01).unwrap();
    duplicate.settimeout(None).unwrap();
    assert_eq!(socket.recv(1).unwrap_err(), Error::Timeout);

    let (socket, _peer) = stream_pair(LOCAL);
    socket.settimeout(0.01).unwrap();
    let stranger = Socket::from(support::dup(socket.fileno()).unwrap());
    stranger.setblocking(true).unwrap();
    assert_eq!(socket.recv(1).unwrap_err(), Error::Timeout);
    assert_eq!(socket.sendall(&vec![0; 8 << 20]).unwrap_err().error, Error::Timeout);
}

#[test]
fn a_shared_listener_keeps_its_deadline_when_another_owner_makes_the_descriptor_block() {
    let listener = bound(AF_INET, SOCK_STREAM);
    listener.listen(1).unwrap();
    listener.set_shared();
    listener.settimeout(0.01).unwrap();
    let stranger = Socket::from(support::dup(listener.fileno()).unwrap());
    stranger.setblocking(true).unwrap();
    let (end, ended) = mpsc::channel();
    thread::spawn(move || end.send(listener.accept().map(drop)).unwrap());
    assert_eq!(ended.recv_timeout(HANG).expect("the accept ends"), Err(Error::Timeout));
}

#[test]
fn accept_returns_the_address_of_the_client() {
    let listener = bound(AF_INET, SOCK_STREAM);
    listener.listen(1).unwrap();
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    client.connect(listener.getsockname().unwrap()).unwrap();
    let (accepted, address) = listener.accept().unwrap();
    assert_eq!(address, client.getsockname().unwrap());
    assert_eq!(accepted.getpeername().unwrap(), address);
    assert!(matches!(address, Address::Inet(a) if *a.ip() == Ipv4Addr::LOCALHOST));
}
