//! The result of `poll`, the same on every system.

use std::time::Duration;

/// The result of a poll.
pub(crate) struct Polled {
    /// How many descriptors are ready. It is 0 when the time has passed.
    pub(crate) ready: usize,
    /// Whether the poll waited: false when a descriptor was ready at once.
    pub(crate) waited: bool,
}

/// A poll that waits takes longer than this, and one that does not wait takes less.
const AT_ONCE: Duration = Duration::from_micros(2);

impl Polled {
    /// Makes the result of a poll that took this long.
    pub(crate) fn after(time: Duration, ready: usize) -> Self {
        Polled { ready, waited: time > AT_ONCE }
    }
}
