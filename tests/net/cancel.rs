//! Tokens that cancel calls. Each kind of call is cancelled in each mode of its socket, the socket can be used afterwards,
//! and no byte is lost. What belongs to a whole process (descriptors, limits, signals, forks) is in `cancel_process`.

use std::fs::File;
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use crate::cancel_cases::{MODES, each};
use crate::support::{
    HANG, LOCAL, ThreadId, full_listener, libc, once_blocked, stream_pair, temporary_path, wait_until,
};
use tabi::constants::SO_SNDBUF;
use tabi::{
    AF_INET, Cancel, Deadline, Error, Limit, Poll, PollEvents, SOCK_STREAM, SOL_SOCKET, Socket, SocketReader,
};

/// Makes a call in this thread, and triggers the token when this thread is blocked in it.
fn cancel_while_blocked<T>(token: &Cancel, call: impl FnOnce() -> T) -> T {
    once_blocked(|| token.cancel(), call)
}

#[test]
fn a_token_of_the_thread_ends_each_call_and_leaves_the_socket_as_it_was() {
    each(|name, case, socket| {
        let token = Cancel::new().unwrap();
        let scope = token.scope().unwrap();
        let result = cancel_while_blocked(&token, || (case.call)(socket));
        assert_eq!(result, Err(Error::Cancelled), "{name}");
        assert_eq!((case.call)(socket), Err(Error::Cancelled), "{name}, once more");
        drop(scope);
    });
}

#[test]
fn a_token_of_the_socket_ends_each_call_and_leaves_the_socket_as_it_was() {
    each(|name, case, socket| {
        let token = Cancel::new().unwrap();
        socket.set_cancel(Some(&token));
        assert_eq!(socket.cancel_token().as_ref(), Some(&token));
        let result = cancel_while_blocked(&token, || (case.call)(socket));
        assert_eq!(result, Err(Error::Cancelled), "{name}");
        socket.set_cancel(None);
        assert_eq!(socket.cancel_token(), None);
    });
}

#[test]
fn the_deadline_of_a_token_ends_each_call() {
    each(|name, case, socket| {
        let token = Cancel::until(Deadline::after(Duration::from_millis(20))).unwrap();
        let _scope = token.scope().unwrap();
        assert_eq!((case.call)(socket), Err(Error::Cancelled), "{name}");
        assert!(token.is_cancelled());
    });
}

#[test]
fn a_call_that_begins_under_a_triggered_token_does_nothing() {
    let token = Cancel::new().unwrap();
    token.cancel();
    token.cancel();
    each(|name, case, socket| {
        let _scope = token.scope().unwrap();
        assert_eq!((case.call)(socket), Err(Error::Cancelled), "{name}");
    });
    // What could be done at once is not done either.
    let (one, other) = stream_pair(LOCAL);
    other.sendall(b"bytes").unwrap();
    let scope = token.scope().unwrap();
    assert_eq!(one.recv(10), Err(Error::Cancelled));
    assert_eq!(one.send(b"x"), Err(Error::Cancelled));
    assert_eq!(one.try_recv_into(&mut [0; 10]), Err(Error::Cancelled));
    assert_eq!(one.recv_into_until(&mut [0; 10], 0, Limit::FOREVER), Err(Error::Cancelled));
    drop(scope);
    assert_eq!(one.recv(10).unwrap(), b"bytes");
    assert_eq!(other.try_recv_into(&mut [0; 10]), Err(Error::Os(libc::EAGAIN)), "nothing was sent");
}

#[test]
fn the_timeout_of_the_socket_is_a_timeout_and_a_close_is_a_close() {
    let (socket, _peer) = stream_pair(LOCAL);
    socket.settimeout(0.01).unwrap();
    let late = Cancel::until(Deadline::after(HANG)).unwrap();
    let scope = late.scope().unwrap();
    assert_eq!(socket.recv(10), Err(Error::Timeout));
    drop(scope);
    socket.settimeout(HANG).unwrap();
    let soon = Cancel::until(Deadline::after(Duration::from_millis(10))).unwrap();
    let scope = soon.scope().unwrap();
    assert_eq!(socket.recv(10), Err(Error::Cancelled));
    drop(scope);
    socket.close().unwrap();
    soon.cancel();
    let _scope = soon.scope().unwrap();
    assert_eq!(socket.recv(10), Err(Error::Closed));
}

#[test]
fn a_call_that_need_not_wait_does_not_look_at_the_deadline() {
    let (one, other) = stream_pair(LOCAL);
    other.sendall(b"bytes").unwrap();
    let passed = Cancel::until(Deadline::now()).unwrap();
    let _scope = passed.scope().unwrap();
    assert_eq!(one.recv(10).unwrap(), b"bytes");
    assert_eq!(one.recv(10), Err(Error::Cancelled));
    assert_eq!(one.try_recv_into(&mut [0; 10]), Err(Error::Os(libc::EAGAIN)));
}

#[test]
fn what_has_moved_is_counted() {
    for (mode, set) in MODES {
        let token = Cancel::new().unwrap();
        let bytes: Vec<u8> = (0..8 << 20).map(|number: u32| (number % 251) as u8).collect();
        let (one, other) = stream_pair(AF_INET);
        set(&one);
        set(&other);
        one.set_cancel(Some(&token));
        let sent = cancel_while_blocked(&token, || one.sendall(&bytes)).unwrap_err();
        assert_eq!(sent.error, Error::Cancelled, "{mode}");
        assert!(sent.sent > 0 && sent.sent < bytes.len(), "{mode}: {}", sent.sent);
        one.shutdown(tabi::SHUT_WR).unwrap();
        let mut arrived = vec![0; bytes.len()];
        let received = other.recv_exactly(&mut arrived).unwrap();
        assert_eq!(received, sent.sent, "{mode}: as many arrive as were counted");
        assert!(arrived[..received] == bytes[..received], "{mode}");

        let token = Cancel::new().unwrap();
        let (one, other) = stream_pair(AF_INET);
        set(&other);
        other.set_cancel(Some(&token));
        one.sendall(b"three").unwrap();
        let mut buffer = [0; 8];
        let partial = cancel_while_blocked(&token, || other.recv_exactly(&mut buffer)).unwrap_err();
        assert_eq!((partial.received, partial.error), (5, Error::Cancelled), "{mode}");
        assert_eq!(&buffer[..5], b"three");

        let token = Cancel::new().unwrap();
        let (one, other) = stream_pair(AF_INET);
        let path = temporary_path();
        std::fs::write(&path, &bytes).unwrap();
        set(&one);
        one.set_cancel(Some(&token));
        let file = File::open(&path).unwrap();
        let sent = cancel_while_blocked(&token, || one.sendfile(&file, 0, None)).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(sent.error, Error::Cancelled, "{mode}");
        one.shutdown(tabi::SHUT_WR).unwrap();
        let received = other.recv_exactly(&mut arrived).unwrap();
        assert_eq!(received, sent.sent, "{mode}: sendfile counts what arrives");
        assert!(arrived[..received] == bytes[..received], "{mode}");
    }
}

#[test]
fn a_reader_that_was_cancelled_has_consumed_nothing() {
    let (one, other) = stream_pair(LOCAL);
    let mut reader = SocketReader::new(&one);
    other.sendall(b"half a li").unwrap();
    let token = Cancel::new().unwrap();
    let scope = token.scope().unwrap();
    let line = cancel_while_blocked(&token, || reader.readline(100));
    assert_eq!(line, Err(Error::Cancelled));
    drop(scope);
    other.sendall(b"ne\n").unwrap();
    assert_eq!(reader.readline(100).unwrap(), b"half a line\n");
}

#[test]
fn a_call_goes_on_after_a_part_only_while_its_deadline_has_not_passed() {
    let (one, other) = stream_pair(LOCAL);
    one.setsockopt(SOL_SOCKET, SO_SNDBUF, 1).unwrap();
    let token = Cancel::until(Deadline::after(Duration::from_millis(30))).unwrap();
    thread::scope(|threads| {
        // The peer takes what comes, so that the call never waits for long.
        threads.spawn(|| while !other.recv(1 << 16).unwrap().is_empty() {});
        let _scope = token.scope().unwrap();
        let endless = loop {
            match one.sendall(&vec![0; 16 << 20]) {
                Ok(()) => {}
                Err(partial) => break partial.error,
            }
        };
        assert_eq!(endless, Error::Cancelled);
        one.shutdown(tabi::SHUT_WR).unwrap();
    });
}

#[test]
fn a_call_is_under_every_token_of_its_thread() {
    let (socket, _peer) = stream_pair(LOCAL);
    let tokens: Vec<Cancel> = (0..12).map(|_| Cancel::new().unwrap()).collect();
    // More than fit into a small list, and one of them twice.
    for trigger in 0..tokens.len() {
        let fresh = Cancel::new().unwrap();
        let all =
            tokens.iter().enumerate().map(|(index, token)| if index == trigger { &fresh } else { token });
        let mut scopes: Vec<_> = all.map(|token| token.scope().unwrap()).collect();
        scopes.push(tokens[(trigger + 1) % 12].scope().unwrap());
        let result = cancel_while_blocked(&fresh, || socket.recv(10));
        assert_eq!(result, Err(Error::Cancelled), "token {trigger}");
        // They may end in any order; the others stay.
        drop(scopes.remove(trigger));
        socket.settimeout(0.001).unwrap();
        assert_eq!(socket.recv(10), Err(Error::Timeout));
        socket.settimeout(None::<Duration>).unwrap();
        while scopes.len() > 1 {
            drop(scopes.remove(scopes.len() / 2));
        }
    }
    assert!(tokens.iter().all(|token| !token.is_cancelled()));
}

#[test]
fn a_scope_that_was_left_is_over_and_one_that_is_forgotten_is_not() {
    let (socket, peer) = stream_pair(LOCAL);
    thread::spawn(move || {
        let token = Cancel::new().unwrap();
        drop(token.scope().unwrap());
        std::mem::forget(token.scope().unwrap());
        let inner = Cancel::new().unwrap();
        drop(inner.scope().unwrap());
        inner.cancel();
        peer.sendall(b"x").unwrap();
        assert_eq!(socket.recv(10).unwrap(), b"x");
        token.cancel();
        drop(token);
        assert_eq!(socket.recv(10), Err(Error::Cancelled));
    })
    .join()
    .unwrap();
}

#[test]
fn a_scope_is_that_of_its_thread_alone() {
    let (socket, peer) = stream_pair(LOCAL);
    let token = Cancel::new().unwrap();
    let _scope = token.scope().unwrap();
    token.cancel();
    thread::scope(|threads| {
        threads.spawn(|| {
            peer.sendall(b"x").unwrap();
            assert_eq!(socket.recv(10).unwrap(), b"x");
        });
    });
    assert_eq!(socket.recv(10), Err(Error::Cancelled));
}

#[test]
fn a_call_stays_under_what_it_began_with() {
    let (socket, peer) = stream_pair(LOCAL);
    let (first, second) = (Cancel::new().unwrap(), Cancel::new().unwrap());
    socket.set_cancel(Some(&first));
    thread::scope(|threads| {
        let (tell, told) = mpsc::channel();
        let socket = &socket;
        let blocked = threads.spawn(move || {
            tell.send(ThreadId::current()).unwrap();
            socket.recv(10)
        });
        told.recv().unwrap().wait_until_blocked();
        socket.set_cancel(Some(&second));
        second.cancel();
        // Calls that begin now are under the second token.
        assert_eq!(socket.send(b"x"), Err(Error::Cancelled));
        assert!(!blocked.is_finished());
        socket.set_cancel(None);
        // The call keeps the token that nobody else has.
        let last = first.clone();
        drop(first);
        last.cancel();
        drop(last);
        assert_eq!(blocked.join().unwrap(), Err(Error::Cancelled));
    });
    peer.sendall(b"y").unwrap();
    assert_eq!(socket.recv(10).unwrap(), b"y");
}

#[test]
fn a_call_that_was_blocked_before_is_not_under_a_new_token() {
    let (socket, peer) = stream_pair(LOCAL);
    let token = Cancel::new().unwrap();
    thread::scope(|threads| {
        let (tell, told) = mpsc::channel();
        let socket = &socket;
        let blocked = threads.spawn(move || {
            tell.send(ThreadId::current()).unwrap();
            socket.recv(10)
        });
        told.recv().unwrap().wait_until_blocked();
        socket.set_cancel(Some(&token));
        token.cancel();
        peer.sendall(b"x").unwrap();
        assert_eq!(blocked.join().unwrap().unwrap(), b"x");
    });
    assert_eq!(socket.recv(10), Err(Error::Cancelled));
}

#[test]
fn one_trigger_ends_the_calls_of_many_threads() {
    const THREADS: usize = 16;
    let token = Cancel::new().unwrap();
    let (pairs, barrier): (Vec<_>, _) =
        ((0..THREADS).map(|_| stream_pair(LOCAL)).collect(), Barrier::new(THREADS + 1));
    thread::scope(|threads| {
        let (tell, told) = mpsc::channel();
        let (token, barrier) = (&token, &barrier);
        let calls: Vec<_> = pairs
            .iter()
            .map(|(socket, _)| {
                let tell = tell.clone();
                threads.spawn(move || {
                    let _scope = token.scope().unwrap();
                    tell.send(ThreadId::current()).unwrap();
                    barrier.wait();
                    socket.recv(10)
                })
            })
            .collect();
        barrier.wait();
        told.iter().take(THREADS).for_each(|thread| thread.wait_until_blocked());
        token.cancel();
        for call in calls {
            assert_eq!(call.join().unwrap(), Err(Error::Cancelled));
        }
    });
}

#[test]
fn duplicates_have_no_token() {
    let (socket, peer) = stream_pair(LOCAL);
    let token = Cancel::new().unwrap();
    socket.set_cancel(Some(&token));
    token.cancel();
    let duplicate = socket.dup().unwrap();
    assert_eq!(duplicate.cancel_token(), None);
    peer.sendall(b"x").unwrap();
    assert_eq!(duplicate.recv(10).unwrap(), b"x");
}

#[test]
fn a_poll_is_under_the_tokens_of_its_thread_and_of_all_its_sockets() {
    let pairs: Vec<_> = (0..20).map(|_| stream_pair(LOCAL)).collect();
    let tokens: Vec<_> = pairs.iter().map(|_| Cancel::new().unwrap()).collect();
    pairs.iter().zip(&tokens).for_each(|((socket, _), token)| socket.set_cancel(Some(token)));
    let mut entries: Vec<_> = pairs.iter().map(|(socket, _)| Poll::socket(socket, PollEvents::IN)).collect();
    let result = cancel_while_blocked(&tokens[13], || tabi::poll(&mut entries, None::<Duration>));
    assert_eq!(result, Err(Error::Cancelled));
    // What is ready counts even then, and so does a socket that is closed.
    pairs[3].1.sendall(b"x").unwrap();
    assert_eq!(tabi::poll(&mut entries, 0.0), Ok(1));
    pairs[3].0.set_cancel(None);
    pairs[3].0.recv(10).unwrap();
    pairs[4].0.close().unwrap();
    assert_eq!(tabi::poll(&mut entries, 0.0), Ok(1));

    let token = Cancel::new().unwrap();
    let _scope = token.scope().unwrap();
    let mut own = [Poll::socket(&pairs[0].0, PollEvents::IN)];
    assert_eq!(tabi::poll(&mut own, 0.001), Ok(0));
    let result = cancel_while_blocked(&token, || tabi::poll(&mut own, None::<Duration>));
    assert_eq!(result, Err(Error::Cancelled));
}

#[test]
fn connect_ex_returns_the_number() {
    let (_listener, _queue, address) = full_listener(AF_INET);
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    let token = Cancel::new().unwrap();
    client.set_cancel(Some(&token));
    assert_eq!(cancel_while_blocked(&token, || client.connect_ex(&address)), Ok(libc::ECANCELED));
    assert_eq!(client.finish_connect(Limit::FOREVER), Err(Error::Cancelled));
}

#[test]
fn create_connection_is_cancelled_and_says_so_for_each_address() {
    let (_listener, _queue, address) = full_listener(AF_INET);
    let port = address.port().unwrap();
    for timeout in [None, Some(HANG)] {
        let token = Cancel::new().unwrap();
        let _scope = token.scope().unwrap();
        let options = tabi::CreateConnectionOptions::new().timeout(timeout).unwrap();
        let result =
            cancel_while_blocked(&token, || tabi::create_connection_with(("127.0.0.1", port), &options));
        let failed = result.unwrap_err();
        assert_eq!(failed.errors, [(address.clone(), Error::Cancelled)]);
        let failed = tabi::create_connection_with(("127.0.0.1", port), &options).unwrap_err();
        assert_eq!(Error::from(failed), Error::Cancelled);
    }
}

#[test]
fn numbers_names_and_texts() {
    assert_eq!(Error::Cancelled.errno(), libc::ECANCELED);
    assert_eq!(Error::Cancelled.to_string(), "the call was cancelled");
    assert!(!Error::Cancelled.would_block());
    // std's loops try again after `Interrupted`.
    assert_ne!(Error::Cancelled.kind(), std::io::ErrorKind::Interrupted);
    assert_eq!(Error::from(std::io::Error::from(Error::Cancelled)), Error::Cancelled);
    let until = Deadline::after(HANG);
    let token = Cancel::until(until).unwrap();
    assert_eq!((token.deadline(), token.is_cancelled()), (until, false));
    assert_eq!(Cancel::new().unwrap().deadline(), Deadline::NEVER);
    assert_eq!(token, token.clone());
    assert_ne!(token, Cancel::new().unwrap());
    wait_until("a deadline passes", || Cancel::until(Deadline::now()).unwrap().is_cancelled());
}
