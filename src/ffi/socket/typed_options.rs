//! Options in C whose values are structures, texts or durations.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::time::Duration;

use super::{duration, seconds, socket, tabi_sock};
use crate::error::{Error, Result};
use crate::ffi::boundary::{not_null, status};
use crate::socket::TcpKeepalive;

/// Whether close waits for unsent bytes, and for how many seconds (SO_LINGER).
///
/// `on` gets 0 or 1. Returns 0, TABI_ERR_CLOSED or -errno.
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

/// Sets whether close waits for unsent bytes (SO_LINGER): `on` 0 or 1, `seconds` 0 or more.
///
/// 0 seconds make close drop unsent bytes and reset the connection. Returns 0; TABI_ERR_VALUE for negative
/// seconds; TABI_ERR_CLOSED or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_linger(sk: Option<&tabi_sock>, on: c_int, seconds: c_int) -> c_int {
    status(|| {
        let linger = from_seconds(seconds, "seconds")?;
        Ok(socket(sk)?.set_linger((on != 0).then_some(linger))?)
    })
}

/// Whether the system probes an idle TCP connection: after how many seconds, how many seconds apart, and how
/// many probes may stay without an answer (SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT).
///
/// `on` gets 0 or 1. Returns 0; -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
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

/// Turns probes of an idle TCP connection on: after `time` seconds, `interval` seconds apart, until `retries`
/// of them stay without an answer. 0 keeps what is set. tabi_setsockopt() with SO_KEEPALIVE turns them off.
///
/// `time` and `interval`: 1 to 32767 seconds; `retries`: 1 to 127. Returns 0; TABI_ERR_VALUE for another
/// number; -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_keepalive(
    sk: Option<&tabi_sock>,
    time: c_int,
    interval: c_int,
    retries: c_int,
) -> c_int {
    status(|| {
        let retries = u32::try_from(retries)
            .map_err(|_| Error::value(format!("keepalive retries must be 1-127, got {retries}")))?;
        let keepalive = TcpKeepalive {
            time: (time != 0).then_some(from_seconds(time, "keepalive time")?),
            interval: (interval != 0).then_some(from_seconds(interval, "keepalive interval")?),
            retries: (retries != 0).then_some(retries),
        };
        Ok(socket(sk)?.set_tcp_keepalive(&keepalive)?)
    })
}

/// The system's own limit of each receive on a blocking descriptor in seconds, TABI_NO_TIMEOUT for none
/// (SO_RCVTIMEO).
///
/// tabi_settimeout() is the better choice: it limits a call as a whole. Returns 0, TABI_ERR_CLOSED or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_rcvtimeo(sk: Option<&tabi_sock>, timeout: Option<&mut MaybeUninit<f64>>) -> c_int {
    status(|| {
        let timeout = not_null(timeout, "timeout")?;
        timeout.write(seconds(socket(sk)?.read_timeout()?));
        Ok(())
    })
}

/// Sets what tabi_rcvtimeo() reports, rounded up to microseconds; calls that it ends return -EAGAIN.
///
/// Returns 0; TABI_ERR_VALUE for 0 and negative seconds and NaN; TABI_ERR_OVERFLOW, TABI_ERR_CLOSED or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_rcvtimeo(sk: Option<&tabi_sock>, seconds: f64) -> c_int {
    status(|| Ok(socket(sk)?.set_read_timeout(duration("timeout", seconds)?)?))
}

/// The system's own limit of each send on a blocking descriptor in seconds, TABI_NO_TIMEOUT for none
/// (SO_SNDTIMEO).
///
/// tabi_settimeout() is the better choice: it limits a call as a whole. Returns 0, TABI_ERR_CLOSED or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_sndtimeo(sk: Option<&tabi_sock>, timeout: Option<&mut MaybeUninit<f64>>) -> c_int {
    status(|| {
        let timeout = not_null(timeout, "timeout")?;
        timeout.write(seconds(socket(sk)?.write_timeout()?));
        Ok(())
    })
}

/// Sets what tabi_sndtimeo() reports. Returns and rounding as in tabi_set_rcvtimeo().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_sndtimeo(sk: Option<&tabi_sock>, seconds: f64) -> c_int {
    status(|| Ok(socket(sk)?.set_write_timeout(duration("timeout", seconds)?)?))
}

fn from_seconds(seconds: c_int, name: &str) -> Result<Duration> {
    let seconds = u64::try_from(seconds)
        .map_err(|_| Error::value(format!("{name} must be 0 seconds or more, got {seconds}")))?;
    Ok(Duration::from_secs(seconds))
}

fn whole_seconds(duration: Option<Duration>) -> c_int {
    duration.unwrap_or_default().as_secs() as c_int
}
