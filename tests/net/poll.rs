//! `poll`: waiting for several sockets and descriptors at once.

use std::io::Write;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::fd::{self, AsFd, AsRawFd, OwnedFd, Writer};
use crate::support::{
    self, FAMILIES, HANG, LOCAL, ThreadId, bound, end, full_listener, in_own_process, libc, limits, nobody,
    once_blocked, stream_pair,
};
use tabi::constants::MSG_OOB;
use tabi::{
    AF_INET, AF_UNIX, Deadline, Error, Limit, Poll, PollEvents, SOCK_DGRAM, SOCK_STREAM, Socket, poll,
    poll_until,
};

const SHORT: Duration = Duration::from_millis(30);

/// What one poll of a socket finds without waiting.
fn now(socket: &Socket, events: PollEvents) -> PollEvents {
    let mut entries = [Poll::socket(socket, events)];
    let ready = poll(&mut entries, 0.0).unwrap();
    assert_eq!(ready, usize::from(!entries[0].revents().is_empty()));
    entries[0].revents()
}

/// What a poll of a socket finds, which waits for it.
fn wait(socket: &Socket, events: PollEvents) -> PollEvents {
    let mut entries = [Poll::socket(socket, events)];
    assert_eq!(poll(&mut entries, HANG), Ok(1));
    entries[0].revents()
}

/// A connection that the library does not know: its end to read and its end to write.
fn streams() -> (OwnedFd, Writer) {
    let (reader, writer) = stream_pair(AF_INET);
    (reader.detach().unwrap(), writer.detach().unwrap().into())
}

#[test]
fn a_connection_is_ready_for_bytes_for_space_and_for_its_end() {
    let both = PollEvents::IN | PollEvents::OUT;
    for family in [AF_INET, LOCAL] {
        let (one, other) = stream_pair(family);
        assert_eq!(now(&one, both), PollEvents::OUT, "{family}");
        assert_eq!(now(&one, PollEvents::IN), PollEvents::default(), "{family}");
        other.sendall(b"x").unwrap();
        assert_eq!(wait(&one, PollEvents::IN), PollEvents::IN, "{family}");
        assert_eq!(now(&one, both), both, "{family}");
        one.sendall(b"not read").unwrap();
        // A TCP connection that was full may have space a moment later.
        if family == AF_UNIX {
            while one.try_send(&[0; 1 << 16]).is_ok() {}
            assert_eq!(now(&one, both), PollEvents::IN, "no space is left");
        }
        assert_eq!(one.recv(10).unwrap(), b"x");
        other.shutdown(tabi::SHUT_WR).unwrap();
        // Windows cannot tell the end of the stream from that of the connection.
        let at_end = if cfg!(windows) { PollEvents::IN | PollEvents::HUP } else { PollEvents::IN };
        assert_eq!(wait(&one, PollEvents::IN), at_end, "{family}: the end of the stream can be read");
        // Bytes that nobody has read are lost, and that ends a TCP connection in both directions.
        end(other);
        assert!(wait(&one, PollEvents::default()).intersects(PollEvents::HUP | PollEvents::ERR), "{family}");
    }
}

#[test]
fn urgent_bytes_are_an_event_of_their_own() {
    let (one, other) = stream_pair(AF_INET);
    assert_eq!(now(&one, PollEvents::PRI), PollEvents::default());
    other.send_with_flags(b"!", MSG_OOB).unwrap();
    assert_eq!(wait(&one, PollEvents::PRI), PollEvents::PRI);
}

#[test]
fn a_listener_is_ready_for_a_client() {
    for &family in FAMILIES {
        let listener = bound(family, SOCK_STREAM);
        listener.listen(5).unwrap();
        assert_eq!(now(&listener, PollEvents::IN), PollEvents::default(), "{family}");
        let client = Socket::new(family, SOCK_STREAM, 0).unwrap();
        client.connect(listener.getsockname().unwrap()).unwrap();
        assert_eq!(wait(&listener, PollEvents::IN), PollEvents::IN, "{family}");
    }
}

#[test]
fn a_connect_is_ready_when_it_has_succeeded_or_failed() {
    let (listener, mut queue, address) = full_listener(AF_INET);
    let waiting = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    let begun = waiting.connect_until(&address, Limit::Now);
    assert_eq!(begun, Err(Error::Os(libc::EINPROGRESS)));
    assert_eq!(now(&waiting, PollEvents::OUT), PollEvents::default());
    queue.clear();
    while now(&waiting, PollEvents::OUT).is_empty() {
        let _ = listener.accept_until(Limit::after(SHORT));
    }
    assert_eq!(waiting.finish_connect(Limit::Now), Ok(()));

    let refused = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    let _ = refused.connect_until((support::own_host(), 9), Limit::Now);
    assert!(wait(&refused, PollEvents::OUT).contains(PollEvents::OUT));
    assert_eq!(refused.finish_connect(Limit::Now), Err(Error::Os(libc::ECONNREFUSED)));
}

#[test]
fn a_datagram_socket_is_ready_for_a_datagram_and_for_an_error() {
    for &family in FAMILIES {
        let socket = bound(family, SOCK_DGRAM);
        assert_eq!(now(&socket, PollEvents::IN | PollEvents::OUT), PollEvents::OUT, "{family}");
        let sender = Socket::new(family, SOCK_DGRAM, 0).unwrap();
        sender.sendto(b"x", socket.getsockname().unwrap()).unwrap();
        assert_eq!(wait(&socket, PollEvents::IN), PollEvents::IN, "{family}");
    }
    let (_keeps_the_port, address) = nobody();
    let sender = Socket::new(AF_INET, SOCK_DGRAM, 0).unwrap();
    sender.connect(address).unwrap();
    sender.send(b"x").unwrap();
    assert!(wait(&sender, PollEvents::default()).contains(PollEvents::ERR), "nobody receives there");
}

#[test]
fn all_entries_that_are_ready_are_found_at_once() {
    let (one, other) = stream_pair(LOCAL);
    let (quiet, _peer) = stream_pair(AF_INET);
    other.sendall(b"x").unwrap();
    let (reader, mut writer) = streams();
    writer.write_all(b"x").unwrap();
    let there = [Poll::socket(&one, PollEvents::IN), Poll::fd(reader.as_fd(), PollEvents::IN)];
    for entry in there {
        assert_eq!(poll(&mut [entry], HANG), Ok(1));
    }
    let mut entries = [
        Poll::socket(&one, PollEvents::IN | PollEvents::OUT),
        Poll::socket(&quiet, PollEvents::IN),
        Poll::fd(reader.as_fd(), PollEvents::IN),
    ];
    assert_eq!(poll(&mut entries, None), Ok(2));
    let found = entries.each_ref().map(Poll::revents);
    assert_eq!(found, [PollEvents::IN | PollEvents::OUT, PollEvents::default(), PollEvents::IN]);
}

#[test]
fn a_socket_may_be_polled_for_two_reasons() {
    let (one, other) = stream_pair(LOCAL);
    other.sendall(b"x").unwrap();
    assert_eq!(wait(&one, PollEvents::IN), PollEvents::IN);
    let both = PollEvents::IN | PollEvents::OUT;
    let mut entries = [Poll::socket(&one, both), Poll::socket(&one, PollEvents::OUT)];
    assert_eq!(poll(&mut entries, None), Ok(2));
    assert_eq!(entries.each_ref().map(Poll::revents), [both, PollEvents::OUT]);
}

#[test]
fn what_an_earlier_poll_has_found_is_forgotten() {
    let (one, other) = stream_pair(LOCAL);
    other.sendall(b"x").unwrap();
    let mut entries = [Poll::socket(&one, PollEvents::IN)];
    assert_eq!(poll(&mut entries, 0.0), Ok(1));
    one.recv(1).unwrap();
    assert_eq!(poll(&mut entries, 0.0), Ok(0));
    assert_eq!(entries[0].revents(), PollEvents::default());
}

#[test]
fn the_timeout_is_the_whole_time_and_never_less() {
    let (socket, _peer) = stream_pair(AF_INET);
    // The socket's own timeout does not matter.
    socket.settimeout(0.0).unwrap();
    let mut entries = [Poll::socket(&socket, PollEvents::IN)];
    let begin = Instant::now();
    assert_eq!(poll(&mut entries, SHORT), Ok(0));
    assert!(begin.elapsed() >= SHORT, "after {:?}", begin.elapsed());
    let begin = Instant::now();
    assert_eq!(poll_until(&mut entries, Deadline::after(SHORT)), Ok(0));
    assert!(begin.elapsed() >= SHORT, "after {:?}", begin.elapsed());
    assert_eq!(poll_until(&mut entries, Deadline::from_monotonic(i64::MIN)), Ok(0), "a deadline long past");
    let begin = Instant::now();
    assert_eq!(poll(&mut [], SHORT), Ok(0), "nothing is polled");
    assert!(begin.elapsed() >= SHORT, "after {:?}", begin.elapsed());
    assert!(matches!(poll(&mut entries, -1.0), Err(Error::Value(_))));
    assert!(matches!(poll(&mut entries, 1e10), Err(Error::Overflow(_))));
}

#[test]
fn a_deadline_that_has_passed_still_finds_what_is_ready() {
    let (socket, _peer) = stream_pair(AF_INET);
    let mut entries = [Poll::socket(&socket, PollEvents::OUT)];
    assert_eq!(poll_until(&mut entries, Deadline::from_monotonic(0)), Ok(1));
    assert_eq!(entries[0].revents(), PollEvents::OUT);
}

/// Closes the socket while another thread polls it beside two other entries, of which none is ready. Returns what that
/// poll has found.
fn close_while_polled(socket: &Socket, events: PollEvents) -> [PollEvents; 3] {
    let (quiet, _peer) = stream_pair(LOCAL);
    let (reader, _writer) = streams();
    thread::scope(|scope| {
        let ((tell, told), (end, ended)) = (mpsc::channel(), mpsc::channel());
        scope.spawn(move || {
            tell.send(ThreadId::current()).unwrap();
            let mut entries = [
                Poll::socket(&quiet, PollEvents::IN),
                Poll::socket(socket, events),
                Poll::fd(reader.as_fd(), PollEvents::IN),
            ];
            let ready = poll(&mut entries, None);
            end.send((ready, entries.each_ref().map(Poll::revents))).unwrap();
        });
        told.recv().unwrap().wait_until_blocked();
        socket.close().unwrap();
        let (ready, found) = ended.recv_timeout(HANG).expect("the close ends the poll");
        assert_eq!(ready, Ok(1));
        found
    })
}

#[test]
fn a_close_ends_the_poll_of_every_kind_of_socket() {
    let only = [PollEvents::default(), PollEvents::CLOSED, PollEvents::default()];
    for shared in [false, true] {
        for timeout in [None, Some(HANG)] {
            let connecting = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
            // On Windows no connect waits for a place in a queue.
            let full_queue = (!cfg!(windows)).then(|| full_listener(AF_INET));
            if let Some((_, _, address)) = &full_queue {
                let _ = connecting.connect_until(address, Limit::Now);
            }
            let full = stream_pair(LOCAL);
            while full.0.try_send(&[0; 1 << 16]).is_ok() {}
            let listeners = [AF_INET, LOCAL].map(|family| bound(family, SOCK_STREAM));
            listeners.iter().for_each(|listener| listener.listen(1).unwrap());
            let (pairs, datagrams) = ([AF_INET, LOCAL].map(stream_pair), bound(AF_INET, SOCK_DGRAM));
            let unix = bound(LOCAL, SOCK_DGRAM);
            let silent = stream_pair(AF_INET);
            for (name, socket, events) in [
                ("a connection", &pairs[0].0, PollEvents::IN),
                ("a unix connection", &pairs[1].0, PollEvents::IN),
                ("a connection without space", &full.0, PollEvents::OUT),
                ("a connect", &connecting, PollEvents::OUT),
                ("a listener", &listeners[0], PollEvents::IN),
                ("a unix listener", &listeners[1], PollEvents::IN),
                ("datagrams", &datagrams, PollEvents::IN),
                ("unix datagrams", &unix, PollEvents::IN),
                ("no event", &silent.0, PollEvents::default()),
            ] {
                // The buffers of TCP may grow, so that there is space again.
                if cfg!(windows) && ["a connect", "a connection without space"].contains(&name) {
                    continue;
                }
                socket.settimeout(timeout).unwrap();
                let duplicate = shared.then(|| socket.dup().unwrap());
                assert_eq!(close_while_polled(socket, events), only, "{name}, {timeout:?}, shared: {shared}");
                drop(duplicate);
            }
        }
    }
}

#[test]
fn a_close_leaves_a_duplicate_its_connection() {
    for family in [AF_INET, LOCAL] {
        let (socket, peer) = stream_pair(family);
        let duplicate = socket.dup().unwrap();
        close_while_polled(&socket, PollEvents::IN);
        peer.sendall(b"x").unwrap();
        assert_eq!(wait(&duplicate, PollEvents::IN), PollEvents::IN);
        assert_eq!(duplicate.recv(10).unwrap(), b"x");
    }
}

#[test]
fn an_entry_that_was_closed_before_is_ready_at_once_and_hides_no_other() {
    let (one, other) = stream_pair(LOCAL);
    let (closed, _peer) = stream_pair(AF_INET);
    let shared = bound(AF_INET, SOCK_DGRAM);
    let _duplicate = shared.dup().unwrap();
    closed.close().unwrap();
    shared.close().unwrap();
    other.sendall(b"x").unwrap();
    let mut entries = [
        Poll::socket(&closed, PollEvents::IN),
        Poll::socket(&one, PollEvents::IN),
        Poll::socket(&other, PollEvents::IN),
        Poll::socket(&shared, PollEvents::default()),
    ];
    assert_eq!(poll(&mut entries, None), Ok(3));
    let found = entries.each_ref().map(Poll::revents);
    assert_eq!(found, [PollEvents::CLOSED, PollEvents::IN, PollEvents::default(), PollEvents::CLOSED]);
    assert_eq!(format!("{:?}", entries[0]), format!("<poll fd={}, events=IN, revents=CLOSED>", fd::NONE));
}

#[test]
fn a_detached_socket_ends_the_poll_and_keeps_its_connection() {
    let (socket, peer) = stream_pair(LOCAL);
    socket.set_shared();
    thread::scope(|scope| {
        let ((tell, told), (end, ended)) = (mpsc::channel(), mpsc::channel());
        let polled = &socket;
        scope.spawn(move || {
            tell.send(ThreadId::current()).unwrap();
            end.send(wait(polled, PollEvents::IN)).unwrap();
        });
        told.recv().unwrap().wait_until_blocked();
        let detached = Socket::from(socket.detach().unwrap());
        assert_eq!(ended.recv_timeout(HANG).expect("the poll ends"), PollEvents::CLOSED);
        peer.sendall(b"x").unwrap();
        assert_eq!(detached.recv(10).unwrap(), b"x");
    });
}

/// A poll that waited already when the socket was duplicated cannot be woken. So it shows that the number stays in use.
#[test]
fn a_number_is_not_used_again_while_it_is_polled() {
    in_own_process(|| {
        let (socket, peer) = stream_pair(LOCAL);
        let number = socket.as_raw_fd();
        thread::scope(|scope| {
            let (tell, told) = mpsc::channel();
            let polled = &socket;
            let thread = scope.spawn(move || {
                tell.send(ThreadId::current()).unwrap();
                wait(polled, PollEvents::IN)
            });
            told.recv().unwrap().wait_until_blocked();
            let _duplicate = socket.dup().unwrap();
            socket.close().unwrap();
            assert_eq!(support::dup(number).map(drop), Ok(()), "nobody else may get the number now");
            peer.send(b"late").unwrap();
            assert_eq!(thread.join().unwrap(), PollEvents::CLOSED);
        });
        assert_eq!(support::dup(number).map(drop), Err(Error::Os(libc::EBADF)), "the poll was the last");
    });
}

#[test]
fn three_thousand_sockets_are_polled_and_each_close_ends_the_poll() {
    in_own_process(|| {
        limits::allow_descriptors(8000);
        let pairs: Vec<_> = (0..1500).map(|_| stream_pair(LOCAL)).collect();
        let sockets: Vec<&Socket> = pairs.iter().flat_map(|(one, other)| [one, other]).collect();
        assert!(sockets.last().unwrap().fileno() >= 3000);
        let mut entries: Vec<_> = sockets.iter().map(|socket| Poll::socket(socket, PollEvents::IN)).collect();
        assert_eq!(poll(&mut entries, 0.0), Ok(0));
        for ready in [0, 1023, 1024, 2999] {
            // The other end of the same pair.
            sockets[ready ^ 1].sendall(b"x").unwrap();
            assert_eq!(poll(&mut entries, None), Ok(1));
            assert_eq!(entries[ready].revents(), PollEvents::IN, "{ready}");
            sockets[ready].recv(1).unwrap();
        }
        // Half of them have another owner, so that the poll has a wake-up descriptor for each.
        sockets.iter().step_by(2).for_each(|socket| socket.set_shared());
        for closed in [1, 1500, 2998] {
            thread::scope(|scope| {
                let (tell, told) = mpsc::channel();
                let entries = &mut entries;
                let thread = scope.spawn(move || {
                    tell.send(ThreadId::current()).unwrap();
                    poll(entries, None)
                });
                told.recv().unwrap().wait_until_blocked();
                sockets[closed].close().unwrap();
                let ready = thread.join().unwrap().unwrap();
                assert!(ready >= 1, "the end of the pair may have been seen too");
            });
            assert_eq!(entries[closed].revents(), PollEvents::CLOSED, "{closed}");
            // Neither end of this pair is polled any more.
            let (quiet, _) = &pairs[700];
            for gone in [closed, closed ^ 1] {
                entries[gone] = Poll::socket(quiet, PollEvents::IN);
            }
        }
    });
}

#[test]
fn more_entries_than_the_process_may_have_descriptors_are_an_error() {
    in_own_process(|| {
        let (socket, _peer) = stream_pair(LOCAL);
        let before = limits::limit(libc::RLIMIT_NOFILE, 100);
        let mut entries = vec![Poll::socket(&socket, PollEvents::OUT); 101];
        assert_eq!(poll(&mut entries, 0.0), Err(Error::Os(libc::EINVAL)));
        assert_eq!(entries[0].revents(), PollEvents::default(), "a poll that fails changes nothing");
        limits::limit(libc::RLIMIT_NOFILE, before);
        assert_eq!(poll(&mut entries, 0.0), Ok(101));
    });
}

#[test]
fn without_a_descriptor_for_the_wake_up_a_close_ends_the_poll_all_the_same() {
    in_own_process(|| {
        let (socket, _peer) = stream_pair(LOCAL);
        socket.set_shared();
        limits::limit(libc::RLIMIT_NOFILE, 4);
        let begin = Instant::now();
        let mut entries = [Poll::socket(&socket, PollEvents::IN)];
        assert_eq!(poll(&mut entries, SHORT), Ok(0));
        assert!(begin.elapsed() >= SHORT, "after {:?}", begin.elapsed());
        thread::scope(|scope| {
            let polling = scope.spawn(|| wait(&socket, PollEvents::IN));
            socket.close().unwrap();
            assert_eq!(polling.join().unwrap(), PollEvents::CLOSED);
        });
    });
}

#[test]
fn memory_that_cannot_be_had_is_an_error_and_leaves_the_socket_usable() {
    in_own_process(|| {
        let (socket, _peer) = stream_pair(LOCAL);
        let mut entries = vec![Poll::socket(&socket, PollEvents::OUT); 1 << 20];
        // The process gets no more memory. The list for the system needs 16 MiB.
        let before = limits::limit(libc::RLIMIT_DATA, 1 << 16);
        assert_eq!(poll(&mut entries, 0.0), Err(Error::Os(libc::ENOMEM)));
        assert_eq!(poll(&mut entries[..16], 0.0), Ok(16), "a short list needs no memory");
        // The program that runs the tests needs some again.
        limits::limit(libc::RLIMIT_DATA, before);
        let number = socket.as_raw_fd();
        socket.close().unwrap();
        assert_eq!(support::dup(number).map(drop), Err(Error::Os(libc::EBADF)), "no call is left in flight");
    });
}

#[test]
fn a_socket_in_several_entries_is_reported_in_each() {
    let (one, other) = stream_pair(AF_INET);
    other.sendall(b"x").unwrap();
    assert_eq!(wait(&one, PollEvents::IN), PollEvents::IN);
    let wishes = [PollEvents::IN, PollEvents::OUT, PollEvents::IN | PollEvents::OUT, PollEvents::default()];
    let mut entries = wishes.map(|wished| Poll::socket(&one, wished));
    assert_eq!(poll(&mut entries, HANG), Ok(3));
    assert_eq!(entries.map(|entry| entry.revents()), wishes);
}

#[test]
fn an_entry_without_events_hears_of_a_close_although_there_is_something_to_read() {
    let (one, other) = stream_pair(AF_INET);
    other.sendall(b"x").unwrap();
    assert_eq!(wait(&one, PollEvents::IN), PollEvents::IN);
    let mut entries = [Poll::socket(&one, PollEvents::default())];
    let ready = once_blocked(|| one.close().unwrap(), || poll(&mut entries, HANG));
    assert_eq!((ready, entries[0].revents()), (Ok(1), PollEvents::CLOSED));
}
