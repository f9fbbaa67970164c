//! A lock that a fork cannot leave locked.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use super::forks;

/// A lock for a few instructions or a system call that does not block. A thread that waits for it yields.
pub(crate) struct ShortLock {
    /// 0, or the [`generation`] of the process whose thread holds the lock.
    holder: AtomicU32,
}

impl ShortLock {
    pub(crate) const fn new() -> ShortLock {
        ShortLock { holder: AtomicU32::new(0) }
    }

    /// Runs `body` while no other thread of this process holds the lock. `body` must neither block nor panic.
    #[inline]
    pub(crate) fn hold<T>(&self, body: impl FnOnce() -> T) -> T {
        let own = generation();
        loop {
            match self.holder.compare_exchange(0, own, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => break,
                Err(holder) if holder == own => thread::yield_now(),
                // A thread of the parent process held the lock when this process was forked. It does not
                // exist here, so its lock is released.
                Err(holder) => {
                    let _ = self.holder.compare_exchange(holder, 0, Ordering::Relaxed, Ordering::Relaxed);
                }
            }
        }
        let result = body();
        self.holder.store(0, Ordering::Release);
        result
    }
}

/// A number that differs between a process and its forked child. Never 0.
fn generation() -> u32 {
    forks() | 1 << 31
}
