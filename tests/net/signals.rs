//! Signals: many of them change neither the bytes nor the deadlines of a call, and a peer that closes its
//! connection causes an error and not SIGPIPE.
#![allow(unsafe_code)]

use std::io::IoSlice;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{full_listener, in_own_process, stream_pair, wait_until};
use tabi::{
    AF_INET, AF_UNIX, ControlData, Error, Limit, OutgoingDatagram, Poll, PollEvents, RawAddress, SOCK_DGRAM,
    SOCK_STREAM, Socket, create_connection, poll,
};

static SIGNALS: AtomicU64 = AtomicU64::new(0);

extern "C" fn count(_: libc::c_int) {
    SIGNALS.fetch_add(1, Ordering::Relaxed);
}

/// Sends SIGALRM every millisecond to the thread that made this value, until it is dropped. The handler has
/// no SA_RESTART, so every blocking call is interrupted.
struct Storm(libc::timer_t);

impl Storm {
    fn begin() -> Self {
        let interval = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        let every = libc::itimerspec { it_interval: interval, it_value: interval };
        // SAFETY: zero is a valid value for these structures, all pointers point to local variables, and the
        // handler only touches an atomic.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = count as *const () as usize;
            assert_eq!(libc::sigaction(libc::SIGALRM, &action, std::ptr::null_mut()), 0);
            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = libc::SIGALRM;
            event.sigev_notify_thread_id = libc::gettid();
            let mut timer = std::mem::zeroed();
            assert_eq!(libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer), 0);
            assert_eq!(libc::timer_settime(timer, 0, &every, std::ptr::null_mut()), 0);
            Storm(timer)
        }
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        // SAFETY: the timer was created by `begin`.
        unsafe { libc::timer_delete(self.0) };
    }
}

#[test]
fn a_storm_of_signals_changes_neither_bytes_nor_deadlines() {
    let pattern: Vec<u8> = (0..1 << 20).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let bytes = pattern.repeat(64);
    let storm = Storm::begin();
    let signals = || SIGNALS.load(Ordering::Relaxed);
    for family in [AF_UNIX, AF_INET] {
        for timeout in [None, Some(Duration::from_secs(60))] {
            let (sender, receiver) = stream_pair(family);
            sender.settimeout(timeout).unwrap();
            receiver.settimeout(timeout).unwrap();
            let reader = thread::spawn(move || {
                let mut received = Vec::with_capacity(64 << 20);
                let mut buffer = vec![0; 1 << 16];
                while let n @ 1.. = receiver.recv_into(&mut buffer).unwrap() {
                    received.extend_from_slice(&buffer[..n]);
                }
                received
            });
            sender.sendall(&bytes).unwrap();
            sender.close().unwrap();
            assert!(reader.join().unwrap() == bytes, "the bytes arrived as they were sent");
        }
    }

    assert!(signals() > 0, "signals came while the bytes were sent");

    let (socket, _peer) = stream_pair(AF_UNIX);
    let timeout = Duration::from_millis(100);
    socket.settimeout(timeout).unwrap();
    let (before, begin) = (signals(), Instant::now());
    assert_eq!(socket.recv(1).unwrap_err(), Error::Timeout);
    assert!(begin.elapsed() >= timeout);
    assert!(signals() > before, "signals came during the call");

    // The last call of this socket had to wait, so the next one polls first.
    let (socket, peer) = stream_pair(AF_UNIX);
    socket.settimeout(Duration::from_secs(60)).unwrap();
    for _ in 0..3 {
        let before = signals();
        once_some_came(
            before,
            || peer.sendall(b"x").unwrap(),
            || assert_eq!(socket.recv(1), Ok(b"x".to_vec())),
        );
    }
    let begin = Instant::now();
    socket.settimeout(timeout).unwrap();
    assert_eq!(socket.recv(1).unwrap_err(), Error::Timeout);
    assert!(begin.elapsed() >= timeout);
    socket.set_interruptible(true);
    socket.settimeout(60.0).unwrap();
    assert_eq!(socket.recv(1).unwrap_err(), Error::Os(libc::EINTR));

    an_interruptible_call_returns_with_its_progress();
    drop(storm);
}

/// Acts in another thread, when more signals have come, while this thread makes a call.
fn once_some_came(before: u64, act: impl FnOnce() + Send, call: impl FnOnce()) {
    thread::scope(|threads| {
        threads.spawn(move || {
            wait_until("signals come", || SIGNALS.load(Ordering::Relaxed) > before + 5);
            act();
        });
        call();
    });
}

#[test]
fn a_storm_of_signals_ends_no_poll_but_an_interruptible_one() {
    let storm = Storm::begin();
    let (socket, _peer) = stream_pair(AF_UNIX);
    let timeout = Duration::from_millis(100);
    let (before, begin) = (SIGNALS.load(Ordering::Relaxed), Instant::now());
    assert_eq!(poll(&mut [Poll::socket(&socket, PollEvents::IN)], timeout), Ok(0));
    assert!(begin.elapsed() >= timeout);
    assert!(SIGNALS.load(Ordering::Relaxed) > before, "signals came during the call");

    let mut entries = [Poll::socket(&socket, PollEvents::IN).interruptible()];
    assert_eq!(poll(&mut entries, None), Err(Error::Os(libc::EINTR)));
    socket.set_interruptible(true);
    assert_eq!(poll(&mut [Poll::socket(&socket, PollEvents::IN)], None), Err(Error::Os(libc::EINTR)));
    entries[0].set_events(PollEvents::OUT);
    assert_eq!(poll(&mut entries, None), Ok(1), "what is ready is reported");
    drop(storm);
}

/// A signal ends the wait of a `connect(2)`, but not the connection, which goes on in the system.
#[test]
fn a_storm_of_signals_ends_no_connection_that_is_being_made() {
    let storm = Storm::begin();
    let (listener, mut queue, address) = full_listener(AF_INET);
    let before = SIGNALS.load(Ordering::Relaxed);
    let acceptor = thread::spawn(move || {
        wait_until("signals come while the connect waits", || SIGNALS.load(Ordering::Relaxed) > before + 20);
        // The listener takes the client in when the system of the client tries again.
        queue.drain(..).for_each(drop);
        let mut accepted = Vec::new();
        while !accepted.iter().any(|peer: &Socket| peer.recv(5).is_ok_and(|bytes| bytes == b"hello")) {
            accepted.push(listener.accept().unwrap().0);
        }
    });
    let client = create_connection(("127.0.0.1", address.port().unwrap())).unwrap();
    assert_eq!(client.gettimeout(), None);
    assert_eq!(client.connect(&address), Err(Error::Os(libc::EISCONN)));
    client.sendall(b"hello").unwrap();
    acceptor.join().unwrap();
    drop(storm);
}

fn an_interruptible_call_returns_with_its_progress() {
    let (sender, receiver) = stream_pair(AF_UNIX);
    sender.set_interruptible(true);
    receiver.set_interruptible(true);
    assert_eq!(receiver.recv(1).unwrap_err(), Error::Os(libc::EINTR));
    receiver.settimeout(60.0).unwrap();
    assert_eq!(receiver.recv(1).unwrap_err(), Error::Os(libc::EINTR));

    // Nobody reads. The call fills the buffers, is interrupted, and says how many bytes it has sent.
    let bytes = vec![1; 8 << 20];
    let partial = sender.sendall(&bytes).unwrap_err();
    assert_eq!(partial.error, Error::Os(libc::EINTR));
    assert!(partial.sent > 0);
    let mut sent = partial.sent;
    let reader = thread::spawn(move || {
        receiver.set_interruptible(false);
        let mut total = 0;
        let mut buffer = vec![0; 1 << 16];
        while let n @ 1.. = receiver.recv_into(&mut buffer).unwrap() {
            total += n;
        }
        total
    });
    while sent < bytes.len() {
        match sender.sendall_until(&bytes[sent..], 0, Limit::FOREVER) {
            Ok(()) => sent = bytes.len(),
            Err(partial) => {
                assert_eq!(partial.error, Error::Os(libc::EINTR));
                sent += partial.sent;
            }
        }
    }
    sender.close().unwrap();
    assert_eq!(reader.join().unwrap(), bytes.len(), "nothing was lost or sent twice");
}

/// Rust's runtime ignores SIGPIPE. With the default action, the signal would end the process.
#[test]
fn a_vanished_peer_is_an_error_and_no_signal() {
    in_own_process(|| {
        // SAFETY: SIG_DFL is a valid action for every signal.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        for family in [AF_UNIX, AF_INET] {
            let (socket, peer) = stream_pair(family);
            drop(peer);
            wait_until("the peer's end is known", || socket.send(b"x").is_err());
            let file = std::fs::File::open("/proc/self/exe").unwrap();
            let anywhere = RawAddress::from(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9));
            let parts = [IoSlice::new(b"x")];
            for _ in 0..3 {
                let calls = [
                    ("send", socket.send(b"x")),
                    ("try_send", socket.try_send(b"x")),
                    ("sendall", socket.sendall(b"x").map(|()| 1).map_err(Error::from)),
                    ("sendmsg", socket.sendmsg(&parts, &ControlData::new(), 0)),
                    ("sendmany", socket.sendmany(&[OutgoingDatagram::new(b"x")], 0)),
                    ("sendfile", socket.sendfile(&file, 0, Some(1)).map_err(Error::from)),
                ];
                for (name, result) in calls {
                    assert_eq!(result, Err(Error::Os(libc::EPIPE)), "{name}");
                }
                if family == AF_INET {
                    // A connected TCP socket sends to its peer, whatever address is named.
                    let sent = socket.sendto_until(b"x", 0, &anywhere, Limit::Timeout);
                    assert_eq!(sent, Err(Error::Os(libc::EPIPE)));
                }
            }
        }
        let (socket, peer) = Socket::socketpair(AF_UNIX, SOCK_DGRAM, 0).unwrap();
        drop(peer);
        assert_eq!(socket.send(b"x").unwrap_err(), Error::Os(libc::ECONNREFUSED));
        let (socket, _peer) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).unwrap();
        socket.shutdown(tabi::SHUT_WR).unwrap();
        assert_eq!(socket.send(b"x").unwrap_err(), Error::Os(libc::EPIPE));
    });
}
