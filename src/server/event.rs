//! Waiting for an event in the life of a server, in a way that a signal can end too.

use std::sync::{Arc, Condvar, Mutex};

use super::{Locked, lock, wait_until};
use crate::cancel::Tokens;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::signal_poll::SignalPoll;
use crate::sys::{Wake, libc};

/// Why [`Event::wait`] has returned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// Something was announced. It may be something else than the caller waits for.
    Announced,
    /// The deadline has passed.
    Late,
    /// A signal handler has run in this thread, or may have run just before the wait.
    Interrupted,
    /// A token of this thread is triggered, or cannot be waited for.
    Cancelled,
}

/// A condition variable. Neither signals nor tokens can end a wait on it, so a caller that must notice them waits in
/// `poll` instead.
#[derive(Default)]
pub(crate) struct Event {
    condition: Condvar,
    /// The wake-up descriptors of the callers that wait in `poll`.
    wakes: Mutex<Vec<Arc<Wake>>>,
}

impl Event {
    /// Wakes all callers that wait.
    pub(crate) fn announce(&self) {
        self.condition.notify_all();
        lock(&self.wakes).iter().for_each(|wake| wake.raise());
    }

    /// Waits for an announcement, the deadline or a token of this thread, and if `interruptible` also for a signal handler
    /// that runs in this thread. `guard` belongs to `mutex`. A caller of [`Event::announce`] must have held this mutex
    /// when it changed the state.
    pub(crate) fn wait<'a, T>(
        &self,
        mutex: &'a Mutex<T>,
        guard: Locked<'a, T>,
        deadline: Deadline,
        interruptible: bool,
    ) -> (Locked<'a, T>, Woken) {
        let is_under_token = !Tokens::of_thread().is_empty();
        // If there is no descriptor left for this, a signal does not end the wait, and under a token there is none.
        let wake = if interruptible || is_under_token { Wake::new().ok() } else { None };
        let Some(wake) = wake.map(Arc::new) else {
            if is_under_token {
                return (guard, Woken::Cancelled);
            }
            let (guard, late) = wait_until(&self.condition, guard, deadline);
            return (guard, if late { Woken::Late } else { Woken::Announced });
        };
        // The mutex is still locked here, so no announcement can come before the wake-up descriptor is in the
        // list.
        lock(&self.wakes).push(Arc::clone(&wake));
        drop(guard);
        let mut polled = [libc::pollfd { fd: wake.fd(), events: libc::POLLIN, revents: 0 }];
        let signals = SignalPoll::new(interruptible);
        let result = signals.poll(&mut polled, deadline);
        lock(&self.wakes).retain(|other| !Arc::ptr_eq(other, &wake));
        let woken = match result {
            _ if signals.is_interrupted(&result) => Woken::Interrupted,
            Err(error) if is_under_token && error != Error::Os(libc::EINTR) => Woken::Cancelled,
            _ if deadline.has_passed() => Woken::Late,
            _ => Woken::Announced,
        };
        (lock(mutex), woken)
    }
}
