//! Timeouts as Python has them: none, zero (non-blocking), or seconds; and the `O_NONBLOCK` that belongs to each.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::handle::InFlight;
use crate::error::{Error, Result};
use crate::sys;

/// Nanoseconds; -1 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeout(i64);

impl Timeout {
    pub(super) const NONE: Timeout = Timeout(-1);
    pub(super) const ZERO: Timeout = Timeout(0);

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

/// A socket's timeout, and whether its descriptor blocks: without a timeout it does, unless a call needs it not to.
pub(super) struct Mode {
    nanoseconds: AtomicI64,
    /// What a send or receive adds to its flags; kept beside the timeout because the hot calls need no more of it.
    flags: AtomicI32,
    /// 0, or the [`generation`] of the thread that is changing the mode.
    changing: AtomicU32,
    /// How many calls need the descriptor not to block although there is no timeout.
    nonblocking_calls: AtomicU32,
    /// Whether there has been such an accept: others on the same socket may then find that it does not block.
    accepts_poll: AtomicBool,
}

impl Mode {
    pub(super) const fn new(timeout: Timeout) -> Self {
        Mode {
            nanoseconds: AtomicI64::new(timeout.0),
            flags: AtomicI32::new(timeout.flags()),
            changing: AtomicU32::new(0),
            nonblocking_calls: AtomicU32::new(0),
            accepts_poll: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(super) fn timeout(&self) -> Timeout {
        Timeout(self.nanoseconds.load(Ordering::Relaxed))
    }

    /// What a send or receive adds to its flags so that it never waits in the kernel when it must not: the
    /// descriptor's own O_NONBLOCK is shared with its duplicates, and with children, who may have cleared it.
    #[inline]
    pub(super) fn flags(&self) -> libc::c_int {
        self.flags.load(Ordering::Relaxed)
    }

    fn store(&self, timeout: Timeout) {
        self.nanoseconds.store(timeout.0, Ordering::Relaxed);
        self.flags.store(timeout.flags(), Ordering::Relaxed);
    }

    /// Sets the timeout and the descriptor's O_NONBLOCK, so that no other thread's change comes between.
    pub(super) fn set(&self, call: &InFlight<'_>, timeout: Timeout) -> Result<()> {
        self.change(|| {
            let before = self.timeout();
            // A call that finds O_NONBLOCK on must find a timeout too: it would take EAGAIN for an answer.
            if timeout == Timeout::NONE {
                if self.nonblocking_calls.load(Ordering::Relaxed) == 0 {
                    sys::set_nonblocking(call.fd(), false)?;
                }
                self.store(timeout);
                return Ok(());
            }
            self.store(timeout);
            sys::set_nonblocking(call.fd(), true).inspect_err(|_| self.store(before))
        })
    }

    /// Keeps the descriptor from blocking until the result is dropped, also when there is no timeout: for system calls
    /// that have no flag of their own for that.
    pub(super) fn never_block<'a>(&'a self, call: &'a InFlight<'_>) -> Result<NeverBlocks<'a>> {
        self.change(|| {
            sys::set_nonblocking(call.fd(), true)?;
            self.nonblocking_calls.fetch_add(1, Ordering::Relaxed);
            Ok(NeverBlocks { mode: self, fd: call.fd() })
        })
    }

    /// Notes that accepts of this socket may find that its descriptor does not block.
    pub(super) fn set_accepts_poll(&self) {
        self.accepts_poll.store(true, Ordering::SeqCst);
    }

    pub(super) fn accepts_poll(&self) -> bool {
        self.accepts_poll.load(Ordering::SeqCst)
    }

    /// Runs `body` while no other thread of this process changes the mode; it must not block.
    fn change<T>(&self, body: impl FnOnce() -> T) -> T {
        let own = generation();
        loop {
            match self.changing.compare_exchange(0, own, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => break,
                Err(holder) if holder == own => thread::yield_now(),
                // A thread of the parent's held it when this process was forked, and does not exist here.
                Err(holder) => {
                    let _ = self.changing.compare_exchange(holder, 0, Ordering::Relaxed, Ordering::Relaxed);
                }
            }
        }
        let result = body();
        self.changing.store(0, Ordering::Release);
        result
    }
}

/// What tells a process from the one that forked it; never 0.
fn generation() -> u32 {
    sys::forks() | 1 << 31
}

/// A call during which the descriptor does not block: see [`Mode::never_block`].
pub(super) struct NeverBlocks<'a> {
    mode: &'a Mode,
    fd: RawFd,
}

impl Drop for NeverBlocks<'_> {
    fn drop(&mut self) {
        self.mode.change(|| {
            let was_last = self.mode.nonblocking_calls.fetch_sub(1, Ordering::Relaxed) == 1;
            if was_last && self.mode.timeout() == Timeout::NONE {
                // Fails for a descriptor that somebody else has closed, which nobody can use any more.
                let _ = sys::set_nonblocking(self.fd, false);
            }
        });
    }
}

/// The one piece of process-wide state that Python's module has, in nanoseconds.
static DEFAULT: AtomicI64 = AtomicI64::new(Timeout::NONE.0);

pub(super) fn default_timeout() -> Timeout {
    Timeout(DEFAULT.load(Ordering::Relaxed))
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

/// A timeout that [`crate::Socket::settimeout`] will take.
pub(crate) fn checked_timeout(timeout: impl IntoTimeout) -> Result<Option<Duration>> {
    Ok(parse(timeout)?.duration())
}

/// Sets the timeout that new sockets get (`socket.setdefaulttimeout`); by default there is none.
///
/// Fails as [`crate::Socket::settimeout`] does.
pub fn setdefaulttimeout(timeout: impl IntoTimeout) -> Result<()> {
    DEFAULT.store(parse(timeout)?.0, Ordering::Relaxed);
    Ok(())
}

/// The timeout that new sockets get (`socket.getdefaulttimeout`).
pub fn getdefaulttimeout() -> Option<Duration> {
    default_timeout().duration()
}
