//! Tokens that cancel calls. Each kind of call is cancelled in each mode of its socket, the socket can be used afterwards,
//! and no byte is lost. What belongs to a whole process (descriptors, limits, signals, forks) is in `cancel_process`.

use std::any::Any;
use std::fs::File;
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use crate::support::{HANG, ThreadId, full_listener, stream_pair, temporary_path, wait_until};
use tabi::constants::{SO_RCVBUF, SO_SNDBUF};
use tabi::{
    AF_INET, AF_UNIX, Cancel, ControlBuffer, ControlData, Deadline, Error, IncomingDatagram, Interest, Limit,
    OutgoingDatagram, Poll, PollEvents, Result, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, Socket, SocketReader,
    SocketWriter,
};

/// A call that blocks: how its socket is made, the call, and what shows that the socket can still be used.
struct Case {
    name: &'static str,
    /// The socket, and what must live as long as it.
    make: fn() -> (Socket, Box<dyn Any + Send>),
    call: fn(&Socket) -> Result<()>,
    /// Calls the function of the same name again, after the other end has let it through.
    again: fn(&Socket, &(dyn Any + Send)),
}

fn peer(other: &(dyn Any + Send)) -> &Socket {
    other.downcast_ref().expect("the other end is a socket")
}

fn pair() -> (Socket, Box<dyn Any + Send>) {
    let (one, other) = stream_pair(AF_UNIX);
    (one, Box::new(other))
}

/// A pair whose buffers are full, so that a send has to wait.
fn full_pair() -> (Socket, Box<dyn Any + Send>) {
    let (one, other) = stream_pair(AF_UNIX);
    one.setsockopt(SOL_SOCKET, SO_SNDBUF, 1).unwrap();
    other.setsockopt(SOL_SOCKET, SO_RCVBUF, 1).unwrap();
    while one.try_send(&[0; 100]).is_ok() {}
    (one, Box::new(other))
}

fn datagrams() -> (Socket, Box<dyn Any + Send>) {
    let (one, other) = Socket::socketpair(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    (one, Box::new(other))
}

fn full_datagrams() -> (Socket, Box<dyn Any + Send>) {
    let (one, other) = Socket::socketpair(AF_UNIX, SOCK_DGRAM, 0).unwrap();
    while one.try_send(b"x").is_ok() {}
    (one, Box::new(other))
}

fn listener() -> (Socket, Box<dyn Any + Send>) {
    let socket = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    socket.bind(("127.0.0.1", 0)).unwrap();
    socket.listen(5).unwrap();
    (socket, Box::new(()))
}

/// A client, and a listener whose queue is full.
fn client_of(family: tabi::AddressFamily) -> (Socket, Box<dyn Any + Send>) {
    let full = full_listener(family);
    let client = Socket::new(family, SOCK_STREAM, 0).unwrap();
    // The call finds the address here, because it gets nothing but the socket.
    ADDRESS.with_borrow_mut(|address| *address = Some(full.2.clone()));
    (client, Box::new(full))
}

thread_local! {
    static ADDRESS: std::cell::RefCell<Option<tabi::Address>> = const { std::cell::RefCell::new(None) };
}

fn receives_again(socket: &Socket, other: &(dyn Any + Send)) {
    peer(other).sendall(b"later").unwrap();
    assert_eq!(socket.recv(100).unwrap(), b"later");
}

/// Empties the other end, and then sends something that must arrive as it is.
fn sends_again(socket: &Socket, other: &(dyn Any + Send)) {
    let other = peer(other);
    while other.try_recv_into(&mut [0; 4096]).is_ok() {}
    socket.send(b"later").unwrap();
    other.settimeout(HANG).unwrap();
    assert_eq!(other.recv(100).unwrap(), b"later");
}

fn accepts_again(socket: &Socket, _: &(dyn Any + Send)) {
    let client = Socket::new(AF_INET, SOCK_STREAM, 0).unwrap();
    client.connect(socket.getsockname().unwrap()).unwrap();
    let (accepted, _) = socket.accept().unwrap();
    assert_eq!(accepted.cancel_token(), None, "an accepted socket has no token");
}

/// The connection goes on in the system, unless it was never begun: it is made when there is a place in the queue.
fn finishes(socket: &Socket, other: &(dyn Any + Send)) {
    let (listener, _, address): &(Socket, Vec<Socket>, tabi::Address) = other.downcast_ref().unwrap();
    listener.settimeout(HANG).unwrap();
    let _ = socket.connect_until(address, Limit::Now);
    while socket.finish_connect(Limit::Now).is_err() {
        listener.accept().unwrap();
        let _ = socket.finish_connect(Limit::after(Duration::from_millis(10)));
    }
}

fn nothing_more(_: &Socket, _: &(dyn Any + Send)) {}

fn cases() -> Vec<Case> {
    vec![
        Case { name: "recv", make: pair, call: |s| s.recv(10).map(drop), again: receives_again },
        Case { name: "recvfrom", make: datagrams, call: |s| s.recvfrom(10).map(drop), again: receives_again },
        Case {
            name: "recvmsg",
            make: pair,
            call: |s| {
                let mut buffer = [0; 10];
                let mut buffers = [std::io::IoSliceMut::new(&mut buffer)];
                s.recvmsg_into(&mut buffers, &mut ControlBuffer::new(100)?, 0).map(drop)
            },
            again: receives_again,
        },
        Case {
            name: "recvmany",
            make: datagrams,
            call: |s| s.recvmany(&mut [IncomingDatagram::new(&mut [0; 10])], 0).map(drop),
            again: receives_again,
        },
        Case {
            name: "recv_exactly",
            make: pair,
            call: |s| Ok(s.recv_exactly(&mut [0; 10]).map(drop)?),
            again: receives_again,
        },
        Case {
            name: "readline",
            make: pair,
            call: |s| SocketReader::new(s).readline(100).map(drop),
            again: receives_again,
        },
        Case {
            name: "wait",
            make: pair,
            call: |s| s.wait(Interest::Read, Limit::Timeout),
            again: receives_again,
        },
        Case { name: "send", make: full_pair, call: |s| s.send(&[7; 10]).map(drop), again: sends_again },
        Case { name: "sendall", make: full_pair, call: |s| Ok(s.sendall(&[7; 10])?), again: sends_again },
        Case {
            name: "sendmsg",
            make: full_pair,
            call: |s| s.sendmsg(&[std::io::IoSlice::new(b"x")], &ControlData::default(), 0).map(drop),
            again: sends_again,
        },
        Case {
            name: "sendfile",
            make: full_pair,
            call: |s| Ok(s.sendfile(File::open("Cargo.toml").unwrap(), 0, None).map(drop)?),
            again: sends_again,
        },
        Case {
            name: "flush",
            make: full_pair,
            call: |s| {
                let mut writer = std::mem::ManuallyDrop::new(SocketWriter::new(s));
                writer.write(b"x")?;
                writer.flush()
            },
            again: sends_again,
        },
        Case {
            name: "send of a datagram",
            make: full_datagrams,
            call: |s| s.send(b"x").map(drop),
            again: sends_again,
        },
        Case {
            name: "sendmany",
            make: full_datagrams,
            call: |s| s.sendmany(&[OutgoingDatagram::new(b"x")], 0).map(drop),
            again: sends_again,
        },
        Case { name: "accept", make: listener, call: |s| s.accept().map(drop), again: accepts_again },
        Case {
            name: "connect over TCP",
            make: || client_of(AF_INET),
            call: |s| s.connect(ADDRESS.with_borrow(|address| address.clone().unwrap())),
            again: finishes,
        },
        Case {
            name: "connect to a unix listener",
            make: || client_of(AF_UNIX),
            call: |s| s.connect(ADDRESS.with_borrow(|address| address.clone().unwrap())),
            again: nothing_more,
        },
    ]
}

/// How a socket waits: a name, and a function that sets it.
type Mode = (&'static str, fn(&Socket));

const MODES: [Mode; 4] = [
    ("blocking", |_| {}),
    ("with a timeout", |socket| socket.settimeout(HANG).unwrap()),
    ("shared", Socket::set_shared),
    ("shared, with a timeout", |socket| {
        socket.settimeout(HANG).unwrap();
        socket.set_shared();
    }),
];

/// Runs a check for each call in each mode.
fn each(check: impl Fn(&str, &Case, &Socket)) {
    for case in cases() {
        for (mode, set) in MODES {
            let (socket, other) = (case.make)();
            set(&socket);
            check(&format!("{}, {mode}", case.name), &case, &socket);
            assert!(!socket.is_closed());
            (case.again)(&socket, &*other);
        }
    }
}

/// Makes a call in this thread, and triggers the token when this thread is blocked in it.
fn cancel_while_blocked<T>(token: &Cancel, call: impl FnOnce() -> T) -> T {
    let caller = ThreadId::current();
    let (tell, ended) = mpsc::channel();
    thread::scope(|threads| {
        threads.spawn(move || {
            caller.wait_until_blocked();
            token.cancel();
            ended.recv_timeout(HANG).expect("the call ends");
        });
        let result = call();
        tell.send(()).unwrap();
        result
    })
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
    let (one, other) = stream_pair(AF_UNIX);
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
    let (socket, _peer) = stream_pair(AF_UNIX);
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
    let (one, other) = stream_pair(AF_UNIX);
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
    let (one, other) = stream_pair(AF_UNIX);
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
    let (one, other) = stream_pair(AF_UNIX);
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
    let (socket, _peer) = stream_pair(AF_UNIX);
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
    let (socket, peer) = stream_pair(AF_UNIX);
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
    let (socket, peer) = stream_pair(AF_UNIX);
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
    let (socket, peer) = stream_pair(AF_UNIX);
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
    let (socket, peer) = stream_pair(AF_UNIX);
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
        ((0..THREADS).map(|_| stream_pair(AF_UNIX)).collect(), Barrier::new(THREADS + 1));
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
    let (socket, peer) = stream_pair(AF_UNIX);
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
    let pairs: Vec<_> = (0..20).map(|_| stream_pair(AF_UNIX)).collect();
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
