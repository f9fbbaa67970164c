//! How long a call may take. A timeout becomes a [`Deadline`] once in each call.

use std::time::{Duration, Instant};

use crate::sys;

/// A moment of the monotonic clock (`CLOCK_MONOTONIC`) at which a call stops waiting.
///
/// Deadlines are ordered. The smaller of two passes first, and [`Deadline::NEVER`] is the greatest.
///
/// ```
/// use std::time::Duration;
/// use tabi::Deadline;
///
/// let soon = Deadline::after(Duration::from_secs(5));
/// assert!(!soon.has_passed());
/// assert!(soon < Deadline::NEVER);
/// assert_eq!(Deadline::NEVER.left(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(i64);

impl Deadline {
    /// The deadline that never passes.
    pub const NEVER: Deadline = Deadline(i64::MAX);

    /// Returns the present moment, a deadline that has passed already.
    pub fn now() -> Deadline {
        Deadline(sys::monotonic_nanoseconds())
    }

    /// Returns the moment at which this much time has passed from now on. A moment beyond the range of the clock (292
    /// years) becomes [`Deadline::NEVER`].
    pub fn after(duration: Duration) -> Deadline {
        Deadline::now().later(duration)
    }

    /// Returns the moment at which this much time has passed from this one on.
    pub(crate) fn later(self, duration: Duration) -> Deadline {
        let nanoseconds = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        Deadline(self.0.saturating_add(nanoseconds))
    }

    /// Returns how long ago this moment was.
    pub(crate) fn elapsed(self) -> Duration {
        let nanoseconds = sys::monotonic_nanoseconds().saturating_sub(self.0);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0))
    }

    /// Returns [`Deadline::after`] for a timeout, and [`Deadline::NEVER`] for `None`.
    pub fn after_timeout(timeout: Option<Duration>) -> Deadline {
        timeout.map_or(Deadline::NEVER, Deadline::after)
    }

    /// Returns the moment at which the monotonic clock shows this many nanoseconds; `i64::MAX` is [`Deadline::NEVER`].
    pub const fn from_monotonic(nanoseconds: i64) -> Deadline {
        Deadline(nanoseconds)
    }

    /// Returns what the monotonic clock shows at the deadline, in nanoseconds. It is `i64::MAX` for
    /// [`Deadline::NEVER`].
    pub const fn as_monotonic(self) -> i64 {
        self.0
    }

    /// Returns the time that is left: zero when the deadline has passed, and `None` for [`Deadline::NEVER`].
    pub fn left(self) -> Option<Duration> {
        if self == Deadline::NEVER {
            return None;
        }
        let nanoseconds = self.0.saturating_sub(sys::monotonic_nanoseconds());
        Some(Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0)))
    }

    /// Returns whether the deadline has passed.
    pub fn has_passed(self) -> bool {
        self != Deadline::NEVER && sys::monotonic_nanoseconds() >= self.0
    }
}

impl From<Instant> for Deadline {
    /// Returns the same moment, or the present one if it has passed already.
    fn from(moment: Instant) -> Self {
        // The two clocks are read in this order so that the deadline is never before the moment.
        Deadline::after(moment.saturating_duration_since(Instant::now()))
    }
}

/// How long a call may take in total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// The socket's own timeout limits the call.
    Timeout,
    /// The call may wait until this moment, whatever the socket's timeout is.
    Until(Deadline),
    /// The call never waits, whatever the socket's timeout is.
    Now,
}

impl Limit {
    /// The call has no limit, whatever the socket's timeout is.
    pub const FOREVER: Limit = Limit::Until(Deadline::NEVER);

    /// Returns a limit of this much time from now on, whatever the socket's timeout is.
    pub fn after(duration: Duration) -> Limit {
        Limit::Until(Deadline::after(duration))
    }
}

impl From<Deadline> for Limit {
    fn from(deadline: Deadline) -> Self {
        Limit::Until(deadline)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_before_its_timeout() {
        let timeout = Duration::from_nanos(1_000_001);
        let before = sys::monotonic_nanoseconds();
        let deadline = Deadline::after(timeout);
        assert!(deadline.as_monotonic() >= before + 1_000_001);
        assert!(deadline.left() <= Some(timeout));
    }

    #[test]
    fn a_deadline_that_has_passed_leaves_no_time() {
        let passed = Deadline::now();
        assert!(passed.has_passed());
        assert_eq!(passed.left(), Some(Duration::ZERO));
        assert_eq!(Deadline::from_monotonic(i64::MIN).left(), Some(Duration::ZERO));
    }

    #[test]
    fn never_is_later_than_everything_and_does_not_pass() {
        assert_eq!(Deadline::after(Duration::MAX), Deadline::NEVER);
        assert_eq!(Deadline::after_timeout(None), Deadline::NEVER);
        assert_eq!(Deadline::NEVER.left(), None);
        assert!(!Deadline::NEVER.has_passed());
        assert!(Deadline::after(Duration::from_secs(1 << 32)) < Deadline::NEVER);
    }

    #[test]
    fn an_instant_is_the_same_moment() {
        let instant = Instant::now() + Duration::from_secs(60);
        let left = Deadline::from(instant).left().unwrap();
        let off = left.abs_diff(instant.saturating_duration_since(Instant::now()));
        assert!(off < Duration::from_secs(1), "off by {off:?}");
        assert!(Deadline::from(Instant::now()).left().unwrap() < Duration::from_secs(1));
    }
}
