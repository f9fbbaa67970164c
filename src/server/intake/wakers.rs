//! How a serve loop that cannot take another request at the moment learns that it can.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Result;
use crate::sys::Wake;

/// One [`LoopWaker`] for each serve loop of a server.
pub(crate) struct LoopWakers(Box<[LoopWaker]>);

/// Wakes one serve loop from its poll.
pub(crate) struct LoopWaker {
    armed: AtomicBool,
    wake: Wake,
}

impl LoopWakers {
    pub(crate) fn new(loops: usize) -> Result<LoopWakers> {
        let waker = |_| Ok(LoopWaker { armed: AtomicBool::new(false), wake: Wake::new()? });
        Ok(LoopWakers((0..loops).map(waker).collect::<Result<_>>()?))
    }

    pub(crate) fn of_loop(&self, index: usize) -> &LoopWaker {
        &self.0[index]
    }

    pub(crate) fn any_armed(&self) -> bool {
        self.0.iter().any(|waker| waker.armed.load(Ordering::SeqCst))
    }

    /// Says that something which a loop may wait for was given back: a thread, a descriptor, a place in the queue.
    /// This costs a system call only for loops that wait.
    pub(crate) fn capacity_returned(&self) {
        for waker in &self.0 {
            if waker.armed.load(Ordering::SeqCst) && waker.armed.swap(false, Ordering::SeqCst) {
                waker.wake.raise();
            }
        }
    }
}

impl LoopWaker {
    /// From now on [`LoopWakers::capacity_returned`] makes the descriptor readable, once. What was given back before
    /// this call was not announced, so the loop must look again afterwards.
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
