//! Waiting for conditions that no event announces, with a limit after which a test fails.
#![allow(dead_code, reason = "each program uses its own part")]

#[cfg_attr(not(target_os = "linux"), path = "thread_id_by_time.rs")]
#[cfg_attr(target_os = "linux", path = "thread_id.rs")]
mod thread_id;

pub use thread_id::*;

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that must happen before it counts as hung.
pub const HANG: Duration = Duration::from_secs(60);

/// Whether another program, qemu, executes this one.
pub fn is_emulated() -> bool {
    std::env::var_os("TABI_EMULATED").is_some()
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
