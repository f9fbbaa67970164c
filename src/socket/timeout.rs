//! Timeouts as in Python (none, zero for non-blocking, or a number of seconds), and the `O_NONBLOCK` of the
//! descriptor that goes with each.

use std::fmt::{Display, Formatter};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use socket2::SockRef;

use super::handle::InFlight;
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result};
use crate::sys::fd::RawFd;
use crate::sys::{self, ShortLock, libc};

/// A number of nanoseconds; -1 means that there is no timeout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timeout(i64);

impl Timeout {
    pub(super) const NONE: Timeout = Timeout(-1);
    pub(super) const ZERO: Timeout = Timeout(0);

    /// The flags that a send or a receive adds with this timeout.
    pub(super) const fn flags(self) -> libc::c_int {
        if self.0 < 0 { 0 } else { libc::MSG_DONTWAIT }
    }

    /// The limit of a call that begins now.
    pub(super) fn limit(self) -> Limit {
        match self {
            Timeout::NONE => Limit::FOREVER,
            Timeout::ZERO => Limit::Now,
            _ => Limit::Until(Deadline::after_timeout(self.duration())),
        }
    }

    pub(super) fn duration(self) -> Option<Duration> {
        u64::try_from(self.0).ok().map(Duration::from_nanos)
    }

    /// The timeout as the limit of `poll(2)`, if it is a number of milliseconds that is possible there.
    pub(super) fn milliseconds(self) -> Option<libc::c_int> {
        const NANOSECONDS: i64 = 1_000_000;
        if self.0 % NANOSECONDS == 0 { libc::c_int::try_from(self.0 / NANOSECONDS).ok() } else { None }
    }

    fn from_duration(duration: Option<Duration>) -> Result<Self> {
        match duration.map(|duration| i64::try_from(duration.as_nanos())) {
            None => Ok(Timeout::NONE),
            Some(Ok(nanoseconds)) => Ok(Timeout(nanoseconds)),
            Some(Err(_)) => {
                let seconds = duration.unwrap_or_default().as_secs();
                Err(Error::overflow(format_args!(
                    "timeout must be below 2**63 nanoseconds, got {seconds} seconds"
                )))
            }
        }
    }
}

/// The timeout of a socket, and whether its descriptor blocks. The descriptor blocks when there is no timeout
/// and no call in flight needs `O_NONBLOCK`.
pub(super) struct Mode {
    nanoseconds: AtomicI64,
    /// The flags that a send or a receive adds. They are kept beside the timeout, because the common calls
    /// need nothing else of it.
    flags: AtomicI32,
    /// Held while a thread changes the mode.
    changing: ShortLock,
    /// The number of calls that need `O_NONBLOCK` although there is no timeout.
    nonblocking_calls: AtomicU32,
    /// Whether one of these calls was an accept. Other accepts on the same socket may then find that the
    /// descriptor does not block.
    accepts_poll: AtomicBool,
}

impl Mode {
    pub(super) const fn new(timeout: Timeout) -> Self {
        Mode {
            nanoseconds: AtomicI64::new(timeout.0),
            flags: AtomicI32::new(timeout.flags()),
            changing: ShortLock::new(),
            nonblocking_calls: AtomicU32::new(0),
            accepts_poll: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(super) fn timeout(&self) -> Timeout {
        Timeout(self.nanoseconds.load(Ordering::Relaxed))
    }

    /// The flags that a send or a receive adds so that it never waits in the kernel when it must not. The
    /// O_NONBLOCK of the descriptor is not enough: duplicates and child processes share it and may have
    /// cleared it.
    #[inline]
    pub(super) fn flags(&self) -> libc::c_int {
        self.flags.load(Ordering::Relaxed)
    }

    fn store(&self, timeout: Timeout) {
        self.nanoseconds.store(timeout.0, Ordering::Relaxed);
        self.flags.store(timeout.flags(), Ordering::Relaxed);
    }

    /// Sets the timeout and the O_NONBLOCK of the descriptor, so that no change from another thread comes
    /// between.
    pub(super) fn set(&self, call: &InFlight<'_>, timeout: Timeout) -> Result<()> {
        self.changing.hold(|| {
            let before = self.timeout();
            // The order matters: a call that finds O_NONBLOCK set must also find a timeout. Otherwise it
            // would report EAGAIN to its caller instead of waiting.
            if timeout == Timeout::NONE {
                if !self.has_nonblocking_calls() {
                    sys::set_nonblocking(call.fd(), false)?;
                }
                self.store(timeout);
                return Ok(());
            }
            self.store(timeout);
            sys::set_nonblocking(call.fd(), true).inspect_err(|_| self.store(before))
        })
    }

    /// Keeps O_NONBLOCK set until the result is dropped, even if the socket has no timeout or another thread
    /// removes it. For system calls that have no flag for not waiting.
    pub(super) fn never_block<'a>(&'a self, call: &'a InFlight<'_>) -> Result<NeverBlocks<'a>> {
        self.changing.hold(|| {
            // With a timeout it is set already, unless another owner has cleared it.
            if self.timeout() == Timeout::NONE || call.is_shared() {
                sys::set_nonblocking(call.fd(), true)?;
            }
            self.nonblocking_calls.fetch_add(1, Ordering::Relaxed);
            Ok(NeverBlocks { mode: self, fd: call.fd() })
        })
    }

    /// Whether a call in flight keeps O_NONBLOCK set. Another call that may block must then wait in `poll`.
    pub(super) fn has_nonblocking_calls(&self) -> bool {
        self.nonblocking_calls.load(Ordering::Relaxed) > 0
    }

    /// Whether the descriptor blocks, or does not only because of a call in flight.
    pub(super) fn would_block(&self, call: &InFlight<'_>) -> bool {
        self.changing.hold(|| {
            self.has_nonblocking_calls() || sys::is_nonblocking(&SockRef::from(call)).is_ok_and(|set| !set)
        })
    }

    /// Records that accepts on this socket may find that the descriptor does not block.
    pub(super) fn set_accepts_poll(&self) {
        self.accepts_poll.store(true, Ordering::SeqCst);
    }

    pub(super) fn accepts_poll(&self) -> bool {
        self.accepts_poll.load(Ordering::SeqCst)
    }
}

/// Keeps O_NONBLOCK set while it exists; see [`Mode::never_block`].
pub(super) struct NeverBlocks<'a> {
    mode: &'a Mode,
    fd: RawFd,
}

impl Drop for NeverBlocks<'_> {
    fn drop(&mut self) {
        self.mode.changing.hold(|| {
            let was_last = self.mode.nonblocking_calls.fetch_sub(1, Ordering::Relaxed) == 1;
            if was_last && self.mode.timeout() == Timeout::NONE {
                // This fails only if other code has closed the descriptor, and then nobody can use it any
                // more.
                let _ = sys::set_nonblocking(self.fd, false);
            }
        });
    }
}

/// The default timeout in nanoseconds. As in Python's module, this is the only state that belongs to the
/// whole process.
static DEFAULT: AtomicI64 = AtomicI64::new(Timeout::NONE.0);

pub(super) fn default_timeout() -> Timeout {
    Timeout(DEFAULT.load(Ordering::Relaxed))
}

/// A value that can be given as a timeout: a [`Duration`], an `f64` of seconds, or `None` for no timeout.
pub trait IntoTimeout {
    /// Returns the timeout as a duration.
    ///
    /// Fails with [`Error::Value`] for negative seconds and NaN, and with [`Error::Overflow`] for 2^63
    /// nanoseconds or more.
    fn into_timeout(self) -> Result<Option<Duration>>;
}

impl IntoTimeout for Option<Duration> {
    fn into_timeout(self) -> Result<Option<Duration>> {
        Ok(self)
    }
}

impl IntoTimeout for Duration {
    fn into_timeout(self) -> Result<Option<Duration>> {
        Ok(Some(self))
    }
}

/// A number of seconds. It is rounded up to nanoseconds as in Python, so that a tiny timeout does not become
/// zero.
impl IntoTimeout for f64 {
    fn into_timeout(self) -> Result<Option<Duration>> {
        parse_seconds("timeout", self).map(Some)
    }
}

/// Converts seconds to a duration. `name` is the word for them in error messages.
pub(crate) fn parse_seconds(name: &str, seconds: f64) -> Result<Duration> {
    if seconds.is_nan() || seconds < 0.0 {
        return Err(Error::value(format_args!("{name} must be 0 seconds or more, got {}", Written(seconds))));
    }
    let nanoseconds = (seconds * 1e9).ceil();
    if nanoseconds >= i64::MAX as f64 {
        return Err(Error::overflow(format_args!("{name} is too large: {} seconds", Written(seconds))));
    }
    Ok(Duration::from_nanos(nanoseconds as u64))
}

/// A number for an error message, with six digits after the point at most. The standard library finds the shortest text that
/// is exactly the number, and needs 18 KB for that.
struct Written(f64);

impl Display for Written {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Written(number) = *self;
        if number.is_nan() {
            return f.write_str("NaN");
        }
        f.write_str(if number < 0.0 { "-" } else { "" })?;
        let (mut size, mut exponent) = (number.abs(), 0);
        if size.is_infinite() {
            return f.write_str("inf");
        }
        while size >= 1e12 || exponent > 0 && size >= 10.0 {
            (size, exponent) = (size / 10.0, exponent + 1);
        }
        while size > 0.0 && (size < 1e-4 || exponent < 0 && size < 1.0) {
            (size, exponent) = (size * 10.0, exponent - 1);
        }
        let millionths = (size * 1e6).round() as u64;
        write!(f, "{}", millionths / 1_000_000)?;
        let (mut rest, mut digits) = (millionths % 1_000_000, 6);
        if rest > 0 {
            while rest % 10 == 0 {
                (rest, digits) = (rest / 10, digits - 1);
            }
            write!(f, ".{rest:0digits$}")?;
        }
        if exponent == 0 { Ok(()) } else { write!(f, "e{exponent}") }
    }
}

pub(super) fn parse(timeout: impl IntoTimeout) -> Result<Timeout> {
    Timeout::from_duration(timeout.into_timeout()?)
}

/// Checks that [`crate::Socket::settimeout`] will accept a timeout, and returns it as a duration.
pub(crate) fn checked_timeout(timeout: impl IntoTimeout) -> Result<Option<Duration>> {
    Ok(parse(timeout)?.duration())
}

/// Sets the timeout that new sockets get (`socket.setdefaulttimeout`), in all threads. By default there is
/// none.
///
/// Fails as [`crate::Socket::settimeout`] does.
pub fn setdefaulttimeout(timeout: impl IntoTimeout) -> Result<()> {
    DEFAULT.store(parse(timeout)?.0, Ordering::Relaxed);
    Ok(())
}

/// Returns the timeout that new sockets get (`socket.getdefaulttimeout`).
pub fn getdefaulttimeout() -> Option<Duration> {
    default_timeout().duration()
}

#[cfg(test)]
mod tests {
    use super::Written;

    #[test]
    fn a_number_in_a_message_is_short_and_says_how_large_it_is() {
        let texts = [
            (0.0, "0"),
            (-1.0, "-1"),
            (-0.5, "-0.5"),
            (1.25, "1.25"),
            (-1e-9, "-1e-9"),
            (10.000001, "10.000001"),
            (123_456_789.0, "123456789"),
            (1e300, "1e300"),
            (-2.5e15, "-2.5e15"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (number, text) in texts {
            assert_eq!(Written(number).to_string(), text);
        }
    }
}
