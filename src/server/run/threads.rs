//! Threads that are kept and reused.
//!
//! A request is handed to one certain idle thread, the one that ran last: no request waits in a queue
//! beside idle threads, and those that are not needed grow old and leave.

use std::collections::VecDeque;
use std::ffi::CStr;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::Capacity;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::server::intake::LoopWakers;
use crate::server::request::caught;
use crate::server::{Hooks, Request, Threads, WhenFull, lock, wait_until};
use crate::sys::{Run, Thread, name_current_thread};

/// How soon a thread that the system refused is tried again.
const RETRY: Duration = Duration::from_millis(20);

pub(crate) struct Pool {
    settings: Threads,
    hooks: Arc<dyn Hooks>,
    wakers: Arc<LoopWakers>,
    state: Mutex<State>,
    /// A thread has left while somebody waited for it.
    left: Condvar,
}

#[derive(Default)]
struct State {
    /// By number; `None` where a thread has left.
    workers: Vec<Option<Worker>>,
    /// How many threads there are.
    present: usize,
    /// How many of them take requests: all but those that are on their way out.
    live: usize,
    /// The threads without work, the one that ran last at the end.
    idle: Vec<usize>,
    queue: VecDeque<Request>,
    /// The system refused the last new thread.
    refused: bool,
    closing: bool,
    /// The thread that left last: the next to leave joins it.
    leaving: Option<Thread>,
}

struct Worker {
    request: Option<Request>,
    seat: Arc<Seat>,
    handle: Option<Thread>,
}

/// What a thread has of its own: made by whoever starts it, as a thread that allocates costs more memory.
struct Seat {
    pool: Arc<Pool>,
    id: usize,
    wake: Condvar,
}

impl Pool {
    pub(crate) fn new(settings: Threads, hooks: Arc<dyn Hooks>, wakers: Arc<LoopWakers>) -> Pool {
        Pool { settings, hooks, wakers, state: Mutex::default(), left: Condvar::new() }
    }

    /// How many threads there are, and how many of them are idle.
    pub(crate) fn threads(&self) -> (usize, usize) {
        let state = lock(&self.state);
        (state.live, state.idle.len())
    }

    pub(crate) fn capacity(self: &Arc<Self>) -> Capacity {
        if self.has_capacity() {
            return Capacity::Free;
        }
        let refused = self.retry();
        if self.has_capacity() {
            Capacity::Free
        } else {
            let look_again = if refused { Deadline::after(RETRY) } else { Deadline::NEVER };
            Capacity::Full { look_again }
        }
    }

    fn has_capacity(&self) -> bool {
        let state = lock(&self.state);
        if state.refused && !state.queue.is_empty() {
            return false;
        }
        match self.settings.when_full {
            WhenFull::Refuse => true,
            WhenFull::Wait => self.can_start(&state),
            WhenFull::Queue(most) => self.can_start(&state) || state.queue.len() < most,
        }
    }

    fn can_start(&self, state: &State) -> bool {
        state.queue.is_empty() && (!state.idle.is_empty() || self.may_grow(state))
    }

    fn may_grow(&self, state: &State) -> bool {
        self.settings.max_threads.is_none_or(|most| state.live < most)
    }

    /// Gives a request to a thread; returns it when it is to be refused.
    pub(crate) fn hand_over(self: &Arc<Self>, request: Request) -> Option<Request> {
        let mut state = lock(&self.state);
        if state.closing {
            return Some(request);
        }
        if let Some(id) = state.idle.pop() {
            let worker = state.workers[id].as_mut().expect("an idle thread has an entry");
            worker.request = Some(request);
            let seat = Arc::clone(&worker.seat);
            drop(state);
            seat.wake.notify_one();
            return None;
        }
        let grows = self.may_grow(&state);
        if !grows && self.settings.when_full == WhenFull::Refuse {
            return Some(request);
        }
        // Under `Wait` the queue holds only what several loops accepted at the same moment, and what
        // waits because the system refused a thread.
        state.queue.push_back(request);
        if grows {
            self.start(&mut state);
        }
        None
    }

    /// Tries again to start the threads that the system refused; true while some are missing.
    fn retry(self: &Arc<Self>) -> bool {
        let mut state = lock(&self.state);
        while state.refused && !state.queue.is_empty() && self.may_grow(&state) {
            self.start(&mut state);
            if state.refused {
                return true;
            }
        }
        state.refused = false;
        false
    }

    /// Starts a thread, whose first request is the first of the queue; if the system refuses, all stays as it was.
    fn start(self: &Arc<Self>, state: &mut State) {
        let free = if state.present < state.workers.len() {
            state.workers.iter().position(Option::is_none)
        } else {
            None
        };
        let id = free.unwrap_or_else(|| {
            state.workers.push(None);
            state.workers.len() - 1
        });
        let seat = Arc::new(Seat { pool: Arc::clone(self), id, wake: Condvar::new() });
        // The new thread waits for the lock that is held here, so its entry is complete when it looks.
        let started = Thread::start(self.settings.stack_size, Arc::clone(&seat));
        state.refused = started.is_err();
        if let Ok(handle) = started {
            let request = state.queue.pop_front();
            state.workers[id] = Some(Worker { request, seat, handle: Some(handle) });
            state.present += 1;
            state.live += 1;
        }
    }

    fn work(&self, id: usize, wake: &Condvar, name: &CStr) {
        let mut done = false;
        let mut body = || {
            // A thread that has left takes no more requests, however often a hook asks for it.
            if done {
                return;
            }
            while let Some(request) = self.next(id, wake) {
                request.process();
            }
            done = true;
        };
        let name = name.to_str().unwrap_or_default();
        let _ = caught(|| -> Result<()> {
            self.hooks.thread_main(name, &mut body);
            Ok(())
        });
        // A hook that failed, or forgot to call, must not lose the request.
        if !done {
            while let Some(request) = self.next(id, wake) {
                request.process();
            }
        }
    }

    /// The next request for this thread; `None` when it is to leave.
    fn next(&self, id: usize, wake: &Condvar) -> Option<Request> {
        let mut state = lock(&self.state);
        if let Some(request) = state.request_of(id) {
            return Some(request);
        }
        if let Some(request) = state.queue.pop_front() {
            drop(state);
            // The queue has a place again.
            self.wakers.capacity_returned();
            return Some(request);
        }
        if state.closing {
            state.live -= 1;
            return None;
        }
        state.idle.push(id);
        if self.wakers.any_armed() {
            drop(state);
            self.wakers.capacity_returned();
            state = lock(&self.state);
        }
        let deadline = Deadline::after(self.settings.idle);
        let mut out_of_time = false;
        loop {
            if let Some(request) = state.request_of(id) {
                return Some(request);
            }
            if state.closing || out_of_time {
                state.idle.retain(|&other| other != id);
                // Not in `leave`: `thread_main` may still take its time, and no request must wait for that.
                state.live -= 1;
                return None;
            }
            (state, out_of_time) = wait_until(wake, state, deadline);
        }
    }

    fn leave(&self, id: usize) {
        let mut state = lock(&self.state);
        let own = state.workers[id].take().and_then(|worker| worker.handle);
        let previous = std::mem::replace(&mut state.leaving, own);
        state.present -= 1;
        let closing = state.closing;
        drop(state);
        if let Some(previous) = previous {
            previous.join();
        }
        if closing {
            self.left.notify_all();
        }
    }

    pub(crate) fn waits_on_close(&self) -> bool {
        self.settings.block_on_close && !self.settings.daemon_threads
    }

    /// Lets the threads leave, each after the request that it has; queued requests are still handled. Returns those
    /// that no thread will ever take, as the system has refused to start one.
    pub(crate) fn close(&self) -> VecDeque<Request> {
        let mut state = lock(&self.state);
        state.closing = true;
        for id in &state.idle {
            if let Some(worker) = &state.workers[*id] {
                worker.seat.wake.notify_one();
            }
        }
        if state.live == 0 { std::mem::take(&mut state.queue) } else { VecDeque::new() }
    }

    /// What no thread has begun.
    pub(crate) fn take_queue(&self) -> VecDeque<Request> {
        std::mem::take(&mut lock(&self.state).queue)
    }

    /// After [`Pool::close`]: waits until at most `rest` threads are left, or the deadline comes.
    pub(crate) fn join(&self, rest: usize, deadline: Deadline) {
        let mut state = lock(&self.state);
        while state.present > rest {
            let (guard, timed_out) = wait_until(&self.left, state, deadline);
            state = guard;
            if timed_out {
                return;
            }
        }
        let last = state.leaving.take();
        drop(state);
        if let Some(last) = last {
            last.join();
        }
    }
}

/// The longest name of a thread, with the NUL at its end; systems keep less.
const NAME_SIZE: usize = 64;

impl Run for Seat {
    fn run(self: Arc<Self>) {
        let mut name = [0; NAME_SIZE];
        // What does not fit is cut off.
        let _ = write!(&mut name[..NAME_SIZE - 1], "{}-{}", self.pool.settings.name, self.id + 1);
        let name = CStr::from_bytes_until_nul(&name).unwrap_or_default();
        name_current_thread(name);
        self.pool.work(self.id, &self.wake, name);
        self.pool.leave(self.id);
    }
}

impl State {
    fn request_of(&mut self, id: usize) -> Option<Request> {
        self.workers[id].as_mut()?.request.take()
    }
}
