//! The C functions for timeouts and blocking modes.
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

/// Sets the timeout of the socket (Python's `settimeout`).
///
/// When `seconds` is more than 0, each call on the socket may take that long as a whole. 0 makes the socket
/// non-blocking. With TABI_NO_TIMEOUT calls wait for ever.
///
/// Returns 0. Errors: TABI_ERR_VALUE when `seconds` is negative or NaN; TABI_ERR_OVERFLOW when it is more
/// than 292 years.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_settimeout(sk: Option<&tabi_sock>, seconds: f64) -> c_int {
    status(|| Ok(socket(sk)?.settimeout(duration("timeout", seconds)?)?))
}

/// Writes the timeout of the socket in seconds to `timeout` (Python's `gettimeout`).
///
/// It is 0 for a non-blocking socket, and TABI_NO_TIMEOUT when there is no timeout. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_gettimeout(sk: Option<&tabi_sock>, timeout: Option<&mut MaybeUninit<f64>>) -> c_int {
    status(|| {
        let timeout = not_null(timeout, "timeout")?;
        timeout.write(seconds(socket(sk)?.gettimeout()));
        Ok(())
    })
}

/// Makes the socket blocking without a timeout (`blocking` is 1), or non-blocking (`blocking` is 0) (Python's
/// `setblocking`). Returns 0 or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_setblocking(sk: Option<&tabi_sock>, blocking: c_int) -> c_int {
    status(|| Ok(socket(sk)?.setblocking(blocking != 0)?))
}

/// Returns 0 when the socket is non-blocking, and 1 otherwise (Python's `getblocking`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_getblocking(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.getblocking().into()))
}

/// Sets the timeout that new sockets of this process get (Python's `setdefaulttimeout`). Without this call it
/// is TABI_NO_TIMEOUT.
///
/// `seconds` and the results are those of tabi_settimeout().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_setdefaulttimeout(seconds: f64) -> c_int {
    status(|| Ok(core::setdefaulttimeout(duration("timeout", seconds)?)?))
}

/// Returns the timeout in seconds that new sockets of this process get (Python's `getdefaulttimeout`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_getdefaulttimeout() -> f64 {
    seconds(core::getdefaulttimeout())
}

/// Returns the deadline that is `seconds` from now on, in nanoseconds of CLOCK_MONOTONIC, for the functions whose name
/// ends with _until.
///
/// `seconds` is 0 or more. A negative number and NaN count as 0. TABI_NO_TIMEOUT, and more than 292 years, give
/// INT64_MAX: no deadline.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_deadline(seconds: f64) -> i64 {
    let timeout = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
    Deadline::after(timeout).as_monotonic()
}

/// Waits until the socket is ready for reading (TABI_READ) or for writing (TABI_WRITE).
///
/// `deadline` is as in tabi_recv_until(). Returns 0 when the socket is ready. Errors: TABI_ERR_TIMEOUT;
/// TABI_ERR_VALUE for another `interest`.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_wait_until(sk: Option<&tabi_sock>, interest: c_int, deadline: i64) -> c_int {
    status(|| {
        let interest = match interest {
            TABI_READ => Interest::Read,
            TABI_WRITE => Interest::Write,
            other => {
                return Err(Error::value(format_args!(
                    "interest must be TABI_READ or TABI_WRITE, got {other}"
                ))
                .into());
            }
        };
        Ok(socket(sk)?.wait(interest, until(deadline))?)
    })
}

/// For tabi_wait_until(): wait until there is data to receive, or a client to accept.
pub const TABI_READ: c_int = 0;
/// For tabi_wait_until(): wait until data can be sent, or the connection is made.
pub const TABI_WRITE: c_int = 1;

/// Sets what a call on the socket does when a signal interrupts it.
///
/// When `interruptible` is 1, the call returns -EINTR, and reports the progress that it has made. This is for
/// callers that must look at signals, as Python does. The signal's handler must be without SA_RESTART, which
/// signal(3) sets: with it, the system goes on with a call that has no timeout. When `interruptible` is 0, which is
/// the default, the call goes on with the time that is left. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_interruptible(sk: Option<&tabi_sock>, interruptible: c_int) -> c_int {
    boundary(|| {
        socket(sk)?.set_interruptible(interruptible != 0);
        Ok(0)
    })
}

/// A time in seconds from C. Infinity means that there is no limit.
pub(crate) fn duration(name: &str, seconds: f64) -> Result<Option<Duration>> {
    if seconds == f64::INFINITY { Ok(None) } else { core::parse_seconds(name, seconds).map(Some) }
}

/// The limit of a call that was given a deadline in nanoseconds of CLOCK_MONOTONIC.
pub(crate) fn until(deadline: i64) -> Limit {
    Limit::Until(Deadline::from_monotonic(deadline))
}

pub(crate) fn seconds(timeout: Option<Duration>) -> f64 {
    timeout.map_or(f64::INFINITY, |timeout| timeout.as_secs_f64())
}
