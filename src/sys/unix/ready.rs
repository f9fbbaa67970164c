//! Whether descriptors are ready: what every system's `poll` is asked and answers.

use std::os::fd::RawFd;
use std::time::Duration;

use crate::sys::poll;

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

/// Whether a descriptor is ready right now; also true when only the call itself can tell what is wrong with it.
pub(crate) fn is_ready(fd: RawFd, events: libc::c_short) -> bool {
    let mut fds = [libc::pollfd { fd, events, revents: 0 }];
    poll(&mut fds, Some(Duration::ZERO)).map_or(true, |polled| polled.ready > 0)
}
