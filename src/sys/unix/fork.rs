//! How a process knows that it is a forked child, without a system call.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

static FORKS: AtomicU32 = AtomicU32::new(0);
static COUNTED: AtomicBool = AtomicBool::new(false);

extern "C" fn count() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// How many forks lie between this process and the one that asked first: a value that has changed was taken by an ancestor.
pub(crate) fn forks() -> u32 {
    // No lock, not even once: a fork at the wrong moment would leave it locked in the child.
    if !COUNTED.load(Ordering::Relaxed) && !COUNTED.swap(true, Ordering::Relaxed) {
        // SAFETY: `count` lives as long as this library and touches one atomic. Out of memory, nothing is counted,
        // and a child's close does what any close does.
        unsafe { libc::pthread_atfork(None, None, Some(count)) };
    }
    FORKS.load(Ordering::Relaxed)
}
