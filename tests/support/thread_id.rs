//! What a thread does, as /proc shows it.

#[path = "call_numbers.rs"]
pub mod call_numbers;

use std::fs;
use std::path::PathBuf;

use super::wait_until;

/// The kernel's number of a thread of this process.
pub struct ThreadId(u32);

impl ThreadId {
    pub fn current() -> Self {
        let link = fs::read_link("/proc/thread-self").unwrap();
        ThreadId(link.file_name().unwrap().to_str().unwrap().parse().unwrap())
    }

    /// How often the thread has gone to sleep so far.
    pub fn switches(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/self/task/{}/status", self.0)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.unwrap().trim().parse().unwrap()
    }

    /// Waits until the thread sleeps in a system call that can block on a socket.
    pub fn wait_until_blocked(&self) {
        wait_until("the thread is blocked", || self.is_blocked());
    }

    /// Does something that wakes the blocked thread, and waits until the thread is blocked again.
    pub fn blocks_again_after(&self, act: impl FnOnce()) {
        let before = self.switches();
        act();
        wait_until("the call waits again", || self.switches() > before && self.is_blocked());
    }

    /// Whether the thread sleeps in a system call that can block on a socket: in any but those that wait for other
    /// threads or for a time.
    pub fn is_blocked(&self) -> bool {
        let file = PathBuf::from(format!("/proc/self/task/{}", self.0));
        let call = fs::read_to_string(file.join("syscall")).unwrap_or_default();
        let number = call.split(' ').next().and_then(|n| n.parse().ok());
        let sleeps = fs::read_to_string(file.join("stat"))
            .is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S')));
        sleeps && number.is_some_and(|number| !call_numbers::WAIT_FOR_ELSE.contains(number))
    }
}
