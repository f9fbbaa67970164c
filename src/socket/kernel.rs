//! What a handle asks of the system and of other threads: loom checks `handle` on a model of this (`state_model`).
#![allow(unsafe_code)]

use std::net::Shutdown;
use std::os::fd::{BorrowedFd, RawFd};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

pub(super) use crate::sys::{Wake, close, duplicate, forks};
pub(super) use std::sync::OnceLock;

/// How often a close tries to wake calls in flight before it leaves them alone.
pub(super) const WAKE_TRIES: u32 = 20;

/// Ends the connection, which wakes whoever is blocked on the socket; the errors (not connected, not a stream) do not
/// matter. The caller has a call in flight.
pub(super) fn shut_down(fd: RawFd) {
    // SAFETY: the descriptor is open, since the caller has a call in flight.
    let descriptor = unsafe { BorrowedFd::borrow_raw(fd) };
    let _ = SockRef::from(&descriptor).shutdown(Shutdown::Both);
}

/// Lets other threads go on before the next of [`WAKE_TRIES`].
pub(super) fn pause(tried: u32) {
    if tried < WAKE_TRIES / 2 { thread::yield_now() } else { thread::sleep(Duration::from_millis(1)) }
}
