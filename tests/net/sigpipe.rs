//! A file that is sent to a peer that has gone is an error, and no SIGPIPE is left behind.
#![allow(unsafe_code)]

use std::thread;

use crate::support::{self, file_of, pattern};
use tabi::{AF_UNIX, Error, SOCK_STREAM, SendallError, Socket};

fn pair() -> (Socket, Socket) {
    Socket::socketpair(AF_UNIX, SOCK_STREAM, 0).unwrap()
}

/// Whether SIGPIPE is blocked, and whether one is pending, in this thread.
fn sigpipe() -> (bool, bool) {
    // SAFETY: the sets consist of integers, which the calls fill.
    unsafe {
        let (mut mask, mut pending): (libc::sigset_t, libc::sigset_t) =
            (std::mem::zeroed(), std::mem::zeroed());
        libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &mut mask);
        libc::sigpending(&mut pending);
        (libc::sigismember(&mask, libc::SIGPIPE) == 1, libc::sigismember(&pending, libc::SIGPIPE) == 1)
    }
}

#[test]
fn a_vanished_peer_is_an_error_and_no_signal() {
    let bytes = pattern(3_000_000);
    let file = file_of(&bytes);
    let (one, other) = pair();
    support::end(other);
    assert_eq!(one.sendfile(&file, 0, None), Err(SendallError { sent: 0, error: Error::Os(libc::EPIPE) }));
    assert_eq!(sigpipe(), (false, false), "none is left behind, and none is held back");
    // This peer closes its connection in the middle of the call.
    let (one, other) = pair();
    thread::scope(|scope| {
        scope.spawn(|| {
            other.recv_exactly(&mut vec![0; 1_000_000]).unwrap();
            support::end(other);
        });
        let partial = one.sendfile(&file, 0, None).unwrap_err();
        assert!(matches!(partial.error, Error::Os(libc::EPIPE | libc::ECONNRESET)), "{partial}");
        assert!(partial.sent >= 1_000_000);
    });
    assert_eq!(sigpipe(), (false, false));
}

#[test]
fn a_sigpipe_that_was_pending_stays() {
    let file = file_of(b"bytes");
    let (one, other) = pair();
    support::end(other);
    // SAFETY: the set consists of integers, for which zero is a valid value.
    let mut pipe = unsafe { std::mem::zeroed() };
    // SAFETY: the calls only read and fill the set; the signal goes to this thread only.
    unsafe {
        libc::sigemptyset(&mut pipe);
        libc::sigaddset(&mut pipe, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, std::ptr::null_mut());
        libc::pthread_kill(libc::pthread_self(), libc::SIGPIPE);
    }
    assert_eq!(sigpipe(), (true, true));
    assert_eq!(one.sendfile(&file, 0, None).unwrap_err().error, Error::Os(libc::EPIPE));
    assert_eq!(sigpipe(), (true, true), "it was not the call's own");
    let mut taken = 0;
    // SAFETY: the calls only read the set, and take the signal that this thread has blocked and that is pending.
    unsafe {
        assert_eq!((libc::sigwait(&pipe, &mut taken), taken), (0, libc::SIGPIPE));
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &pipe, std::ptr::null_mut());
    }
}
