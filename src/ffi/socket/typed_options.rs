//! The C functions for options whose values are structures or durations.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::time::Duration;

use super::{duration, seconds, socket, tabi_sock};
use crate::error::{Error, Result};
use crate::ffi::boundary::{not_null, status};
use crate::socket::TcpKeepalive;

/// Reads whether close waits until all data is sent, and for how many seconds (SO_LINGER).
///
/// `on` gets 0 or 1. Returns 0 or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_linger(
    sk: Option<&tabi_sock>,
    on: Option<&mut MaybeUninit<c_int>>,
    seconds: Option<&mut MaybeUninit<c_int>>,
) -> c_int {
    status(|| {
        let (on, seconds) = (not_null(on, "on")?, not_null(seconds, "seconds")?);
        let linger = socket(sk)?.linger()?;
        on.write(linger.is_some().into());
        seconds.write(whole_seconds(linger));
        Ok(())
    })
}

/// Sets whether close waits until all data is sent (SO_LINGER).
///
/// `on` is 0 or 1. `seconds` is 0 or more. With 0 seconds, close throws away the data that is not sent yet,
/// and resets the connection. Returns 0. Errors: TABI_ERR_VALUE when `seconds` is negative; -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_linger(sk: Option<&tabi_sock>, on: c_int, seconds: c_int) -> c_int {
    status(|| {
        let linger = from_seconds(seconds, "seconds")?;
        Ok(socket(sk)?.set_linger((on != 0).then_some(linger))?)
    })
}

/// Reads how the system checks that an idle TCP connection still exists (SO_KEEPALIVE, TCP_KEEPIDLE,
/// TCP_KEEPINTVL, TCP_KEEPCNT).
///
/// `on` gets 0 or 1. `time` gets the number of idle seconds before the first probe, `interval` the number of
/// seconds between two probes, and `retries` the number of unanswered probes that end the connection.
///
/// Returns 0. Errors: -EOPNOTSUPP or -ENOPROTOOPT when the socket is not TCP.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_keepalive(
    sk: Option<&tabi_sock>,
    on: Option<&mut MaybeUninit<c_int>>,
    time: Option<&mut MaybeUninit<c_int>>,
    interval: Option<&mut MaybeUninit<c_int>>,
    retries: Option<&mut MaybeUninit<c_int>>,
) -> c_int {
    status(|| {
        let (on, time) = (not_null(on, "on")?, not_null(time, "time")?);
        let (interval, retries) = (not_null(interval, "interval")?, not_null(retries, "retries")?);
        let sk = socket(sk)?;
        let (probes, keepalive) = (sk.keepalive()?, sk.tcp_keepalive()?);
        on.write(probes.into());
        time.write(whole_seconds(keepalive.time));
        interval.write(whole_seconds(keepalive.interval));
        retries.write(keepalive.retries.unwrap_or_default() as c_int);
        Ok(())
    })
}

/// Lets the system check that an idle TCP connection still exists (SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL,
/// TCP_KEEPCNT). tabi_setsockopt() with SO_KEEPALIVE turns this off.
///
/// `time` is the number of idle seconds before the first probe, 1 to 32767. `interval` is the number of
/// seconds between two probes, 1 to 32767. `retries` is the number of unanswered probes that end the
/// connection, 1 to 127. 0 keeps the present value.
///
/// Returns 0. Errors: TABI_ERR_VALUE for a number that is not in its range; -EOPNOTSUPP or -ENOPROTOOPT when
/// the socket is not TCP.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_keepalive(
    sk: Option<&tabi_sock>,
    time: c_int,
    interval: c_int,
    retries: c_int,
) -> c_int {
    status(|| {
        let retries = u32::try_from(retries)
            .map_err(|_| Error::value(format_args!("keepalive retries must be 1-127, got {retries}")))?;
        let keepalive = TcpKeepalive {
            time: (time != 0).then_some(from_seconds(time, "keepalive time")?),
            interval: (interval != 0).then_some(from_seconds(interval, "keepalive interval")?),
            retries: (retries != 0).then_some(retries),
        };
        Ok(socket(sk)?.set_tcp_keepalive(&keepalive)?)
    })
}

/// Reads the system's own timeout for receiving on a blocking descriptor (SO_RCVTIMEO), in seconds.
/// TABI_NO_TIMEOUT means that there is none.
///
/// Prefer tabi_settimeout(), which limits a call as a whole. Returns 0 or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_rcvtimeo(sk: Option<&tabi_sock>, timeout: Option<&mut MaybeUninit<f64>>) -> c_int {
    status(|| {
        let timeout = not_null(timeout, "timeout")?;
        timeout.write(seconds(socket(sk)?.read_timeout()?));
        Ok(())
    })
}

/// Sets the system's own timeout for receiving on a blocking descriptor (SO_RCVTIMEO), in seconds. Calls that
/// it ends return -EAGAIN.
///
/// The value is rounded up to microseconds, and by the system to what its clock can count. Returns 0. Errors:
/// TABI_ERR_VALUE when `seconds` is 0, negative or NaN; TABI_ERR_OVERFLOW when it is too large; -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_rcvtimeo(sk: Option<&tabi_sock>, seconds: f64) -> c_int {
    status(|| Ok(socket(sk)?.set_read_timeout(duration("timeout", seconds)?)?))
}

/// Reads the system's own timeout for sending on a blocking descriptor (SO_SNDTIMEO), in seconds.
/// TABI_NO_TIMEOUT means that there is none.
///
/// Prefer tabi_settimeout(), which limits a call as a whole. Returns 0 or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_sndtimeo(sk: Option<&tabi_sock>, timeout: Option<&mut MaybeUninit<f64>>) -> c_int {
    status(|| {
        let timeout = not_null(timeout, "timeout")?;
        timeout.write(seconds(socket(sk)?.write_timeout()?));
        Ok(())
    })
}

/// Sets the system's own timeout for sending on a blocking descriptor (SO_SNDTIMEO), in seconds. Rounding and
/// results are those of tabi_set_rcvtimeo().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_sndtimeo(sk: Option<&tabi_sock>, seconds: f64) -> c_int {
    status(|| Ok(socket(sk)?.set_write_timeout(duration("timeout", seconds)?)?))
}

fn from_seconds(seconds: c_int, name: &str) -> Result<Duration> {
    let seconds = u64::try_from(seconds)
        .map_err(|_| Error::value(format_args!("{name} must be 0 seconds or more, got {seconds}")))?;
    Ok(Duration::from_secs(seconds))
}

fn whole_seconds(duration: Option<Duration>) -> c_int {
    duration.unwrap_or_default().as_secs() as c_int
}
