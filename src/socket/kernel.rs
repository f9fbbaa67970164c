//! What a handle asks of the system and of other threads: loom checks `handle` on a model of this (`state_model`).
#![allow(unsafe_code)]

use std::os::fd::RawFd;
use std::thread;
use std::time::Duration;

pub(super) use crate::sys::{Wake, close, duplicate, forks};
pub(super) use std::sync::OnceLock;

/// How often a close tries to wake calls in flight before it leaves them alone.
pub(super) const WAKE_TRIES: u32 = 20;

/// Ends the connection, which wakes whoever is blocked on the socket; the errors (not connected, not a stream) do not
/// matter. The caller has a call in flight.
pub(super) fn shut_down(fd: RawFd) {
    // SAFETY: shutdown touches no memory, and the descriptor is open: the caller has a call in flight.
    unsafe { libc::shutdown(fd, libc::SHUT_RDWR) };
}

/// Lets other threads go on before the next of [`WAKE_TRIES`].
pub(super) fn pause(tried: u32) {
    if tried < WAKE_TRIES / 2 { thread::yield_now() } else { thread::sleep(Duration::from_millis(1)) }
}
