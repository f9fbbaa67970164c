//! How a serve loop that has no capacity for another request learns that there is capacity again.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Result;
use crate::memory;
use crate::sys::Wake;
use crate::sys::fd::RawFd;

/// One [`LoopWaker`] for each serve loop of a server.
pub(crate) struct LoopWakers(Vec<LoopWaker>);

/// Wakes one serve loop from its poll.
pub(crate) struct LoopWaker {
    armed: AtomicBool,
    wake: Wake,
}

impl LoopWakers {
    pub(crate) fn new(loops: usize) -> Result<LoopWakers> {
        let waker = |_| Ok(LoopWaker { armed: AtomicBool::new(false), wake: Wake::new()? });
        Ok(LoopWakers(memory::collected((0..loops).map(waker))?))
    }

    /// Gives a forked child wakers of its own.
    pub(crate) fn renew(&self) -> Result<()> {
        self.0.iter().try_for_each(|waker| waker.wake.renew())
    }

    pub(crate) fn of_loop(&self, index: usize) -> &LoopWaker {
        &self.0[index]
    }

    pub(crate) fn any_armed(&self) -> bool {
        self.0.iter().any(|waker| waker.armed.load(Ordering::SeqCst))
    }

    /// Must be called when something becomes free that a loop may be waiting for: a thread, a descriptor, a
    /// place in the queue. It makes a system call only if a loop is waiting.
    pub(crate) fn capacity_returned(&self) {
        for waker in &self.0 {
            if waker.armed.load(Ordering::SeqCst) && waker.armed.swap(false, Ordering::SeqCst) {
                waker.wake.raise();
            }
        }
    }
}

impl LoopWaker {
    /// Makes the next [`LoopWakers::capacity_returned`] wake the loop. Capacity that became free before this
    /// call was not announced, so the loop must check once more afterwards.
    pub(crate) fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.wake.fd()
    }

    pub(crate) fn clear(&self) {
        self.wake.clear();
    }
}
