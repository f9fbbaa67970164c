//! What a thread does. Systems other than Linux do not tell in a file whether a thread waits, so tests give it some time to
//! begin. What they check holds too if it has not begun yet.

use std::thread;
use std::time::Duration;

/// A time in which a thread begins to wait, unless the machine is very busy.
const BEGINS: Duration = Duration::from_millis(50);

/// A thread of this process.
pub struct ThreadId;

impl ThreadId {
    pub fn current() -> Self {
        ThreadId
    }

    /// Waits until the thread is probably blocked.
    pub fn wait_until_blocked(&self) {
        thread::sleep(BEGINS);
    }

    /// Does something that wakes the blocked thread, and waits until the thread is probably blocked again.
    pub fn blocks_again_after(&self, act: impl FnOnce()) {
        act();
        thread::sleep(BEGINS);
    }

    /// Whether the thread is probably blocked.
    pub fn is_blocked(&self) -> bool {
        thread::sleep(BEGINS);
        true
    }
}
