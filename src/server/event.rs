//! What threads wait for when a server comes to its end, so that signals can end the wait too.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use super::{lock, wait_until};
use crate::deadline::Deadline;
use crate::error::Error;
use crate::sys::{self, Wake};

/// Why [`Event::wait`] has returned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// Something was announced, perhaps something else than what is waited for.
    Announced,
    /// The deadline has passed.
    Late,
    /// A signal handler has run in this thread.
    Interrupted,
}

/// A condition variable. Who wants to hear of signals, which none can tell of, waits in `poll` instead.
#[derive(Default)]
pub(crate) struct Event {
    condition: Condvar,
    /// Of those who wait in `poll`.
    wakes: Mutex<Vec<Arc<Wake>>>,
}

impl Event {
    /// Wakes all who wait.
    pub(crate) fn announce(&self) {
        self.condition.notify_all();
        lock(&self.wakes).iter().for_each(|wake| wake.raise());
    }

    /// Waits for an announcement, until the deadline, and if `interruptible` until a signal handler has run. `guard` is
    /// that of `mutex`, which whoever announces has held when it changed something.
    pub(crate) fn wait<'a, T>(
        &self,
        mutex: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
        deadline: Deadline,
        interruptible: bool,
    ) -> (MutexGuard<'a, T>, Woken) {
        // With a full table of descriptors, signals have to wait too.
        let wake = if interruptible { Wake::new().ok() } else { None };
        let Some(wake) = wake.map(Arc::new) else {
            let (guard, late) = wait_until(&self.condition, guard, deadline);
            return (guard, if late { Woken::Late } else { Woken::Announced });
        };
        // Nothing can be announced before the lock is given back, so nothing is missed.
        lock(&self.wakes).push(Arc::clone(&wake));
        drop(guard);
        let mut polled = [libc::pollfd { fd: wake.fd(), events: libc::POLLIN, revents: 0 }];
        let result = sys::poll(&mut polled, deadline.left());
        lock(&self.wakes).retain(|other| !Arc::ptr_eq(other, &wake));
        let woken = match result {
            Err(Error::Os(libc::EINTR)) => Woken::Interrupted,
            _ if deadline.has_passed() => Woken::Late,
            _ => Woken::Announced,
        };
        (lock(mutex), woken)
    }
}
