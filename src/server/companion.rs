//! Threads that a call of a server starts and waits for: its further loops, and the one that watches signals.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::thread;

use super::lock;
use crate::error::Result;
use crate::memory;
use crate::sys::{Run, Thread, name_current_thread};

/// The stack of such a thread in bytes, as large as the standard library's. The handlers of an in-line server run on it.
const STACK_SIZE: usize = 2 * 1024 * 1024;

/// A thread that calls one function. When this is dropped, it waits until the function has returned.
///
/// The standard library's threads end the process when there is no memory for them.
pub(super) struct Companion<F, T> {
    /// `None` once it was joined.
    thread: Option<Thread>,
    work: Arc<Work<F, T>>,
}

struct Work<F, T> {
    name: &'static CStr,
    action: Mutex<Option<F>>,
    result: Mutex<Option<thread::Result<T>>>,
}

/// Some work, whatever it returns.
trait Do: Send + Sync {
    fn act(&self);
}

impl<F, T> Do for Work<F, T>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    fn act(&self) {
        name_current_thread(self.name);
        let action = lock(&self.action).take();
        // The panic goes on in the thread that waits.
        let result = action.map(|action| catch_unwind(AssertUnwindSafe(action)));
        *lock(&self.result) = result;
    }
}

/// What a thread runs. It is one type for all work, so that the code that starts threads is there once.
struct Entry(Arc<dyn Do>);

impl Run for Entry {
    fn run(self: Arc<Self>) {
        self.0.act();
    }
}

impl<F, T> Companion<F, T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    /// Starts the thread.
    ///
    /// Fails with `Os(ENOMEM)`, and with `Os(EAGAIN)` when the system refuses it; then the function is not called.
    pub(super) fn start(name: &'static CStr, action: F) -> Result<Self> {
        let work = memory::shared(Work { name, action: Mutex::new(Some(action)), result: Mutex::new(None) })?;
        let entry = memory::shared(Entry(Arc::clone(&work) as Arc<dyn Do>))?;
        let thread = Thread::start(STACK_SIZE, entry)?;
        Ok(Companion { thread: Some(thread), work })
    }

    /// Waits for the function, and returns its result or goes on with its panic.
    pub(super) fn join(mut self) -> T {
        self.thread.take().into_iter().for_each(Thread::join);
        match lock(&self.work.result).take().expect("a thread that has ended has left a result") {
            Ok(result) => result,
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl<F, T> Drop for Companion<F, T> {
    fn drop(&mut self) {
        self.thread.take().into_iter().for_each(Thread::join);
    }
}
