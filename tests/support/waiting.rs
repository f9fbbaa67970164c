//! Waiting for conditions that no event announces, with a limit after which a test fails.
#![allow(dead_code, reason = "each program uses its own part")]

#[path = "call_numbers.rs"]
pub mod call_numbers;

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that must happen before it counts as hung.
pub const HANG: Duration = Duration::from_secs(60);

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

/// Makes a call in this thread, and does something in another one once this thread is blocked in it. The call must then
/// end.
pub fn once_blocked<T>(act: impl FnOnce() + Send, call: impl FnOnce() -> T) -> T {
    let caller = ThreadId::current();
    let (tell, ended) = channel();
    thread::scope(|threads| {
        threads.spawn(move || {
            caller.wait_until_blocked();
            act();
            ended.recv_timeout(HANG).expect("the call ends");
        });
        let result = call();
        tell.send(()).unwrap();
        result
    })
}

/// Waits until a condition holds that no event announces.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < HANG, "{what}: not within {HANG:?}");
        thread::yield_now();
    }
}
