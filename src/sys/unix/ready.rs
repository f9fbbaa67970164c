//! What every system's `poll` answers.

use std::time::Duration;

/// What a poll found.
pub(crate) struct Polled {
    /// How many descriptors are ready; 0 when the time ran out.
    pub(crate) ready: usize,
    /// False when the descriptors were ready at once.
    pub(crate) waited: bool,
}

/// A poll that slept takes longer than this, one that did not takes less.
const AT_ONCE: Duration = Duration::from_micros(2);

impl Polled {
    /// What a poll found that took so long.
    pub(crate) fn after(time: Duration, ready: usize) -> Self {
        Polled { ready, waited: time > AT_ONCE }
    }
}
