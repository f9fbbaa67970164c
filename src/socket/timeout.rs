//! Timeouts as Python has them: none, zero (non-blocking), or seconds.

use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};
use std::time::Duration;

use crate::error::{Error, Result};

/// Nanoseconds; -1 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeout(i64);

impl Timeout {
    pub(super) const NONE: Timeout = Timeout(-1);
    pub(super) const ZERO: Timeout = Timeout(0);

    #[inline]
    pub(super) fn is_timed(self) -> bool {
        self.0 > 0
    }

    pub(super) fn is_blocking(self) -> bool {
        self.0 < 0
    }

    const fn flags(self) -> libc::c_int {
        if self.0 < 0 { 0 } else { libc::MSG_DONTWAIT }
    }

    pub(super) fn duration(self) -> Option<Duration> {
        u64::try_from(self.0).ok().map(Duration::from_nanos)
    }

    fn from_duration(duration: Option<Duration>) -> Result<Self> {
        match duration.map(|duration| i64::try_from(duration.as_nanos())) {
            None => Ok(Timeout::NONE),
            Some(Ok(nanoseconds)) => Ok(Timeout(nanoseconds)),
            Some(Err(_)) => {
                Err(Error::overflow(format!("timeout must be below 2**63 nanoseconds, got {duration:?}")))
            }
        }
    }
}

/// A timeout that threads share.
pub(super) struct SharedTimeout {
    nanoseconds: AtomicI64,
    flags: AtomicI32,
}

impl SharedTimeout {
    pub(super) const fn new(timeout: Timeout) -> Self {
        SharedTimeout { nanoseconds: AtomicI64::new(timeout.0), flags: AtomicI32::new(timeout.flags()) }
    }

    #[inline]
    pub(super) fn load(&self) -> Timeout {
        Timeout(self.nanoseconds.load(Ordering::Relaxed))
    }

    /// What a send or receive adds to its flags so that it never waits in the kernel when it must not: the
    /// descriptor's own O_NONBLOCK is shared with its duplicates, and with children, who may have cleared it.
    #[inline]
    pub(super) fn flags(&self) -> libc::c_int {
        self.flags.load(Ordering::Relaxed)
    }

    pub(super) fn store(&self, timeout: Timeout) {
        self.nanoseconds.store(timeout.0, Ordering::Relaxed);
        self.flags.store(timeout.flags(), Ordering::Relaxed);
    }
}

/// The one piece of process-wide state that Python's module has.
static DEFAULT: SharedTimeout = SharedTimeout::new(Timeout::NONE);

pub(super) fn default_timeout() -> Timeout {
    DEFAULT.load()
}

/// Something that stands for a timeout: a [`Duration`], an `f64` of seconds, or `None` for no timeout.
pub trait IntoTimeout {
    /// The timeout as a duration.
    ///
    /// Fails with [`Error::Value`] for negative seconds and NaN, with [`Error::Overflow`] for 2^63 nanoseconds and more.
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

/// Seconds, rounded up to nanoseconds as Python does, so that a tiny timeout does not become zero.
impl IntoTimeout for f64 {
    fn into_timeout(self) -> Result<Option<Duration>> {
        parse_seconds("timeout", self).map(Some)
    }
}

/// Seconds as a duration; `name` is what an error calls them.
pub(crate) fn parse_seconds(name: &str, seconds: f64) -> Result<Duration> {
    if seconds.is_nan() || seconds < 0.0 {
        return Err(Error::value(format!("{name} must be 0 seconds or more, got {seconds}")));
    }
    let nanoseconds = (seconds * 1e9).ceil();
    if nanoseconds >= i64::MAX as f64 {
        return Err(Error::overflow(format!("{name} is too large: {seconds:?} seconds")));
    }
    Ok(Duration::from_nanos(nanoseconds as u64))
}

pub(super) fn parse(timeout: impl IntoTimeout) -> Result<Timeout> {
    Timeout::from_duration(timeout.into_timeout()?)
}

/// Sets the timeout that new sockets get (`socket.setdefaulttimeout`); at first there is none.
///
/// Fails as [`crate::Socket::settimeout`] does.
pub fn setdefaulttimeout(timeout: impl IntoTimeout) -> Result<()> {
    DEFAULT.store(parse(timeout)?);
    Ok(())
}

/// The timeout that new sockets get (`socket.getdefaulttimeout`).
pub fn getdefaulttimeout() -> Option<Duration> {
    default_timeout().duration()
}
