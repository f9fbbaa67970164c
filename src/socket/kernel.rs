//! The system calls and the pauses that `handle` needs. Loom checks `handle` with a model in place of this
//! file (`state_model`).
#![allow(unsafe_code)]

use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::sys::fd::{BorrowedFd, RawFd};

pub(super) use crate::sys::{CallWake, close, duplicate, forks, is_only_thread};
pub(super) use std::sync::OnceLock;

/// How often a close tries to wake the calls in flight before it goes on without them.
pub(super) const WAKE_TRIES: u32 = 20;

/// Ends the connection, which wakes the calls that are blocked on the socket. Errors (not connected, not a
/// stream) are ignored, because then there is nothing to wake. The caller has a call in flight.
pub(super) fn shut_down(fd: RawFd) {
    // SAFETY: the descriptor is open, since the caller has a call in flight.
    let descriptor = unsafe { BorrowedFd::borrow_raw(fd) };
    let _ = SockRef::from(&descriptor).shutdown(Shutdown::Both);
}

/// Lets other threads run before the next of the [`WAKE_TRIES`].
pub(super) fn pause(tried: u32) {
    if tried < WAKE_TRIES / 2 { thread::yield_now() } else { thread::sleep(Duration::from_millis(1)) }
}
