//! Tells a process whether it is a forked child, without a system call.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

static FORKS: AtomicU32 = AtomicU32::new(0);
static COUNTED: AtomicBool = AtomicBool::new(false);

extern "C" fn count() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Returns a number that is another one in each forked child: how many forks have happened since the first call, in
/// this process and its ancestors. If a number that was stored is not the present one, an ancestor has stored it.
pub(crate) fn forks() -> u32 {
    // No lock is used, because a fork at the wrong moment would leave it locked in the child.
    if !COUNTED.load(Ordering::Relaxed) && !COUNTED.swap(true, Ordering::Relaxed) {
        // Without memory for the handler, forks are not counted, and a close in a child does what every close does.
        // SAFETY: `count` exists as long as this library and changes only an atomic.
        unsafe { libc::pthread_atfork(None, None, Some(count)) };
    }
    FORKS.load(Ordering::Relaxed)
}
