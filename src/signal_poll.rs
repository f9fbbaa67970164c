//! One poll for all waits that a signal can end.

use std::time::Duration;

use crate::cancel::Tokens;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::sys::{Polled, libc};

/// How long a wait that a signal can end takes at most. A signal that came just before the wait does not end it, so the
/// caller looks at signals again after this time.
pub(crate) const LOOK_AT_SIGNALS: Duration = Duration::from_millis(500);

/// Polls under the tokens of this thread, for a caller who may want to know of signals.
pub(crate) struct SignalPoll {
    /// Whether a signal ends the wait.
    interruptible: bool,
    /// When the wait ends although no signal has ended it.
    look: Deadline,
}

impl SignalPoll {
    pub(crate) fn new(interruptible: bool) -> SignalPoll {
        let look = if interruptible { Deadline::after(LOOK_AT_SIGNALS) } else { Deadline::NEVER };
        SignalPoll { interruptible, look }
    }

    /// Whether an error of [`SignalPoll::poll`] means that the caller should look at signals.
    pub(crate) fn is_interrupted<T>(&self, result: &Result<T>) -> bool {
        self.interruptible && matches!(result, Err(Error::Os(libc::EINTR)))
    }

    /// Polls until the deadline. Fails with `Os(EINTR)` when a signal handler has run, and, for a caller who wants to know
    /// of signals, when one may have run before the poll and nothing is ready. Fails with [`Error::Cancelled`].
    pub(crate) fn poll(&self, polled: &mut [libc::pollfd], deadline: Deadline) -> Result<Polled> {
        match Tokens::of_thread().poll(polled, deadline.min(self.look)) {
            Ok(polled) if polled.ready == 0 && self.look.has_passed() && !deadline.has_passed() => {
                Err(Error::Os(libc::EINTR))
            }
            result => result,
        }
    }
}
