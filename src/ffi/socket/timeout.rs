//! Timeouts and blocking modes in C.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::time::Duration;

use super::{socket, tabi_sock};
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result};
use crate::ffi::boundary::{boundary, not_null, status};
use crate::socket as core;
use crate::socket::Interest;

/// Limits every later call that may block (Python's `settimeout`).
///
/// `seconds`: > 0 limits each call as a whole; 0 makes the socket non-blocking; TABI_NO_TIMEOUT waits for ever.
/// Returns 0; TABI_ERR_VALUE for negative seconds and NaN, TABI_ERR_OVERFLOW above 292 years.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_settimeout(sk: Option<&tabi_sock>, seconds: f64) -> c_int {
    status(|| Ok(socket(sk)?.settimeout(duration("timeout", seconds)?)?))
}

/// The timeout in seconds: 0 for non-blocking, TABI_NO_TIMEOUT for none (Python's `gettimeout`). Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_gettimeout(sk: Option<&tabi_sock>, timeout: Option<&mut MaybeUninit<f64>>) -> c_int {
    status(|| {
        let timeout = not_null(timeout, "timeout")?;
        timeout.write(seconds(socket(sk)?.gettimeout()));
        Ok(())
    })
}

/// 1 removes the timeout, 0 makes the socket non-blocking (Python's `setblocking`). Returns 0 or a negative
/// code.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_setblocking(sk: Option<&tabi_sock>, blocking: c_int) -> c_int {
    status(|| Ok(socket(sk)?.setblocking(blocking != 0)?))
}

/// 0 when the socket is non-blocking, else 1 (Python's `getblocking`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_getblocking(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.getblocking().into()))
}

/// Sets the timeout that new sockets of this process get (Python's `setdefaulttimeout`); TABI_NO_TIMEOUT at
/// first.
///
/// Returns and `seconds` as in tabi_settimeout().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_setdefaulttimeout(seconds: f64) -> c_int {
    status(|| Ok(core::setdefaulttimeout(duration("timeout", seconds)?)?))
}

/// The timeout in seconds that new sockets get (Python's `getdefaulttimeout`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_getdefaulttimeout() -> f64 {
    seconds(core::getdefaulttimeout())
}

/// Waits until the socket is ready: TABI_READ (data, or a client) or TABI_WRITE (room, or connected).
///
/// `deadline` as in tabi_recv_until(). Returns 0, TABI_ERR_TIMEOUT, TABI_ERR_CLOSED, or TABI_ERR_VALUE for
/// another `interest`.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_wait_until(sk: Option<&tabi_sock>, interest: c_int, deadline: i64) -> c_int {
    status(|| {
        let interest = match interest {
            TABI_READ => Interest::Read,
            TABI_WRITE => Interest::Write,
            other => {
                return Err(
                    Error::value(format!("interest must be TABI_READ or TABI_WRITE, got {other}")).into()
                );
            }
        };
        Ok(socket(sk)?.wait(interest, until(deadline))?)
    })
}

/// Wait for something to read, or for a client.
pub const TABI_READ: c_int = 0;
/// Wait for room to write, or for the connection.
pub const TABI_WRITE: c_int = 1;

/// Whether a call that a signal interrupts returns -EINTR, with the progress made, instead of going on with the
/// time that is left: 1 or 0 (at first). For callers that must look at signals, as Python does. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_interruptible(sk: Option<&tabi_sock>, interruptible: c_int) -> c_int {
    boundary(|| {
        socket(sk)?.set_interruptible(interruptible != 0);
        Ok(0)
    })
}

/// C has one number for what Python has two types for: infinity is no timeout.
pub(crate) fn duration(name: &str, seconds: f64) -> Result<Option<Duration>> {
    if seconds == f64::INFINITY { Ok(None) } else { core::parse_seconds(name, seconds).map(Some) }
}

/// The limit of a call that C gave a deadline, in nanoseconds of CLOCK_MONOTONIC.
pub(crate) fn until(deadline: i64) -> Limit {
    Limit::Until(Deadline::from_monotonic(deadline))
}

pub(crate) fn seconds(timeout: Option<Duration>) -> f64 {
    timeout.map_or(f64::INFINITY, |timeout| timeout.as_secs_f64())
}
