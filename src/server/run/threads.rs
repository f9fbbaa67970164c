//! Threads that are kept and reused.
//!
//! A request goes to the idle thread that worked last. So no request waits in the queue while threads are
//! idle, and threads that are not needed stay idle until their time is over and then end.

mod state;
mod watching;

use std::collections::VecDeque;
use std::ffi::CStr;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::Capacity;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::memory;
use crate::server::intake::LoopWakers;
use crate::server::park::NoRequest;
use crate::server::request::caught;
use crate::server::{Hooks, Locked, Request, Server, Threads, WhenFull, lock, wait_until};
use crate::sys::{Run, Thread, name_current_thread};
pub(crate) use state::Waits;
use state::{State, Waiting, Worker};

/// How long to wait before a thread that the system refused is tried again.
const RETRY: Duration = Duration::from_millis(20);

pub(crate) struct Pool {
    settings: Threads,
    hooks: Arc<dyn Hooks>,
    wakers: Arc<LoopWakers>,
    state: Mutex<State>,
    /// Notified when a thread has ended after the pool was closed.
    thread_ended: Condvar,
}

/// What belongs to one thread. The thread that starts it allocates this, because a thread that allocates
/// needs more memory.
struct Seat {
    pool: Arc<Pool>,
    id: usize,
    wake: Condvar,
}

impl Pool {
    pub(crate) fn new(settings: Threads, hooks: Arc<dyn Hooks>, wakers: Arc<LoopWakers>) -> Pool {
        Pool { settings, hooks, wakers, state: Mutex::default(), thread_ended: Condvar::new() }
    }

    /// Returns how many threads there are, how many of them are idle, and how long requests have waited for one.
    pub(crate) fn threads(&self) -> (usize, usize, Waits) {
        let state = lock(&self.state);
        (state.live, state.idle.len() + state.room.watching, state.waits)
    }

    pub(crate) fn capacity(self: &Arc<Self>, server: &Server) -> Capacity {
        if self.has_capacity() {
            return Capacity::Free;
        }
        let refused = self.retry(server);
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
            WhenFull::Queue(most) => self.can_start(&state) || state.fresh < most,
        }
    }

    /// Whether a new client gets a thread at once, or at least a fair turn: while connections that are kept have work
    /// for all threads, one new client at a time may wait behind them.
    fn can_start(&self, state: &State) -> bool {
        if state.queue.is_empty() {
            return state.has_idle() || self.may_grow(state) || state.yields;
        }
        state.fresh == 0
    }

    fn may_grow(&self, state: &State) -> bool {
        self.settings.max_threads.is_none_or(|most| state.live < most)
    }

    /// Gives a new request to a thread or to the queue. Returns the request if it must be refused.
    pub(crate) fn hand_over(self: &Arc<Self>, server: &Server, request: Request) -> Option<Request> {
        let state = lock(&self.state);
        if state.closing {
            return Some(request);
        }
        let (state, request) = give_to_idle(state, request)?;
        let grows = !state.can_ring() && self.may_grow(&state);
        if !grows && !state.can_ring() && self.settings.when_full == WhenFull::Refuse {
            return Some(request);
        }
        // With `WhenFull::Wait` the queue has only requests that several loops accepted at the same moment,
        // requests that wait because the system refused a thread, and requests that were parked.
        self.enqueue(state, server, request, true, grows)
    }

    /// Gives a request that was parked to a thread or to the queue. Returns it if there is no memory for that, or no
    /// thread any more.
    pub(crate) fn resume(self: &Arc<Self>, server: &Server, request: Request) -> Option<Request> {
        let mut state = lock(&self.state);
        if state.closing && state.live == 0 {
            return Some(request);
        }
        self.leave_room_to_threads(&mut state);
        let (state, request) = give_to_idle(state, request)?;
        let grows = !state.can_ring() && !state.closing && self.may_grow(&state);
        self.enqueue(state, server, request, false, grows)
    }

    /// Puts a request that is to go on at once behind those that wait. Returns it if nobody waits, or if there is no
    /// memory for that.
    pub(crate) fn go_on(self: &Arc<Self>, server: &Server, request: Request) -> Option<Request> {
        let mut state = lock(&self.state);
        if !state.queue.is_empty() {
            return self.enqueue(state, server, request, false, false);
        }
        if !state.has_idle() && !self.may_grow(&state) && !state.yields {
            state.yields = true;
            drop(state);
            self.wakers.capacity_returned();
        }
        Some(request)
    }

    /// Puts a request at the end of the queue. Returns it if there is no memory for that.
    fn enqueue(
        self: &Arc<Self>,
        mut state: Locked<'_, State>,
        server: &Server,
        request: Request,
        fresh: bool,
        grows: bool,
    ) -> Option<Request> {
        if memory::reserve_in_queue(&mut state.queue).is_err() {
            return Some(request);
        }
        if fresh {
            state.fresh += 1;
            state.yields = false;
        }
        let rings = state.can_ring();
        state.queue.push_back(Waiting { request, since: Deadline::now(), fresh });
        if rings {
            drop(state);
            server.ring();
        } else if grows {
            let started = self.start(&mut state);
            drop(state);
            server.thread_was_started(started);
        }
        None
    }

    /// Tries again to start the threads that the system refused. Returns true while some could not be
    /// started.
    fn retry(self: &Arc<Self>, server: &Server) -> bool {
        loop {
            let mut state = lock(&self.state);
            if !state.refused || state.queue.is_empty() || !self.may_grow(&state) {
                state.refused = false;
                return false;
            }
            let started = self.start(&mut state);
            drop(state);
            let refused = started.is_err();
            server.thread_was_started(started);
            if refused {
                return true;
            }
        }
    }

    /// Starts a thread for the first request of the queue. If the system refuses, nothing changes.
    fn start(self: &Arc<Self>, state: &mut State) -> Result<()> {
        state.refused = true;
        let free = if state.present < state.workers.len() {
            state.workers.iter().position(Option::is_none)
        } else {
            None
        };
        let id = free.unwrap_or(state.workers.len());
        let seat = memory::shared(Seat { pool: Arc::clone(self), id, wake: Condvar::new() })?;
        if free.is_none() {
            // Every thread can be idle later.
            let more = id + 1 - state.idle.len();
            memory::reserve(&mut state.idle, more)?;
            memory::reserve(&mut state.workers, 1)?;
            state.workers.push(None);
        }
        // The new thread waits for the lock that is held here, so it finds its entry complete.
        let handle = Thread::start(self.settings.stack_size, Arc::clone(&seat))?;
        state.refused = false;
        let mut request = None;
        state.take_first(&mut request);
        state.workers[id] = Some(Worker { request, called: false, seat, handle: Some(handle) });
        state.present += 1;
        state.live += 1;
        Ok(())
    }

    fn work(self: &Arc<Self>, id: usize, wake: &Condvar, name: &CStr) {
        let mut done = false;
        let mut body = || {
            // After its first return, `body` does nothing, even if the hook calls it again.
            if done {
                return;
            }
            self.handle_requests(id, wake);
            done = true;
        };
        let name = name.to_str().unwrap_or_default();
        let _ = caught(|| -> Result<()> {
            self.hooks.thread_main(name, &mut body);
            Ok(())
        });
        // If the hook failed or did not call `body`, the request of this thread must still be handled. No panic may leave
        // this thread: of the program's values, which are dropped here, each may panic.
        while !done {
            let _ = caught(|| -> Result<()> {
                self.handle_requests(id, wake);
                done = true;
                Ok(())
            });
        }
    }

    /// Handles requests until this thread should end.
    ///
    /// They all have one place on its stack, where others put them and take them. While a handler waits, copies of the request
    /// would cost each idle connection a page of memory. For the same reason, what needs much stack is not inlined.
    fn handle_requests(self: &Arc<Self>, id: usize, wake: &Condvar) {
        let mut place = None;
        while self.next(id, wake, &mut place) {
            Request::process_in(&mut place);
        }
    }

    /// Puts the next request for this thread into its place. Returns false when the thread should end.
    #[inline(never)]
    fn next(self: &Arc<Self>, id: usize, wake: &Condvar, place: &mut Option<Request>) -> bool {
        loop {
            let mut state = lock(&self.state);
            if state.take_own(id, place) {
                return true;
            }
            if state.take_first(place) {
                drop(state);
                // The queue has a free place again.
                self.wakers.capacity_returned();
                return true;
            }
            if state.closing {
                state.live -= 1;
                return false;
            }
            let found = match state.room.to_watch() {
                Some(server) => self.watch(state, &server, place),
                None => self.rest(state, id, wake, place),
            };
            match found {
                Ok(()) => return true,
                Err(NoRequest::LookAgain) => {}
                Err(NoRequest::Late) => return false,
            }
        }
    }

    /// Waits until this thread gets a request, is called to look for one, or has been idle for too long.
    #[inline(never)]
    fn rest<'a>(
        &'a self,
        mut state: Locked<'a, State>,
        id: usize,
        wake: &Condvar,
        place: &mut Option<Request>,
    ) -> Result<(), NoRequest> {
        state.idle.push(id);
        if self.wakers.any_armed() {
            drop(state);
            self.wakers.capacity_returned();
            state = lock(&self.state);
        }
        let deadline = Deadline::after(self.settings.idle);
        let mut out_of_time = false;
        loop {
            if state.take_own(id, place) {
                return Ok(());
            }
            if state.is_called(id) {
                return Err(NoRequest::LookAgain);
            }
            if state.closing || out_of_time {
                state.idle.retain(|&other| other != id);
                // This is not done in `leave`, because `thread_main` may still run for some time, and no
                // request may wait for that.
                state.live -= 1;
                return Err(NoRequest::Late);
            }
            (state, out_of_time) = wait_until(wake, state, deadline);
        }
    }

    #[inline(never)]
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
            self.thread_ended.notify_all();
        }
    }

    /// In a forked child: the threads are the parent's, with what they and the queue hold.
    pub(crate) fn forget_threads(&self) {
        let mut state = lock(&self.state);
        let own = State { closing: state.closing, ..State::default() };
        let inherited = std::mem::replace(&mut *state, own);
        drop(state);
        drop(inherited);
    }

    pub(crate) fn waits_on_close(&self) -> bool {
        self.settings.block_on_close && !self.settings.daemon_threads
    }

    /// Lets each thread end after its current request. Queued requests are still handled. Calls `reject` with the
    /// requests that no thread will ever take, because the system has refused to start one. Returns their number.
    pub(crate) fn close(&self, reject: impl Fn(Request)) -> usize {
        let mut state = lock(&self.state);
        state.closing = true;
        for id in &state.idle {
            if let Some(worker) = &state.workers[*id] {
                worker.seat.wake.notify_one();
            }
        }
        state.room.ring();
        let orphans = if state.live == 0 { state.take_queue() } else { VecDeque::new() };
        drop(state);
        orphans.into_iter().map(|waiting| reject(waiting.request)).count()
    }

    /// Calls `reject` with the queued requests that have not begun, because no thread was free for them. Returns their
    /// number.
    pub(crate) fn empty_queue(&self, reject: impl Fn(Request)) -> usize {
        let queue = lock(&self.state).take_fresh();
        queue.into_iter().map(|waiting| reject(waiting.request)).count()
    }

    /// Waits after [`Pool::close`] until at most `rest` threads are left, but not longer than the deadline.
    pub(crate) fn join(&self, rest: usize, deadline: Deadline) {
        let mut state = lock(&self.state);
        while state.present > rest {
            let (guard, timed_out) = wait_until(&self.thread_ended, state, deadline);
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

/// Gives a request to the idle thread that worked last. Returns the request, and the lock, if no thread is idle.
fn give_to_idle(mut state: Locked<'_, State>, request: Request) -> Option<(Locked<'_, State>, Request)> {
    let Some(id) = state.idle.pop() else { return Some((state, request)) };
    state.waits.taken += 1;
    let worker = state.workers[id].as_mut().expect("an idle thread has an entry");
    worker.request = Some(request);
    let seat = Arc::clone(&worker.seat);
    drop(state);
    seat.wake.notify_one();
    None
}

/// The longest name of a thread in bytes, including the NUL at its end. Systems keep less.
const NAME_SIZE: usize = 64;

impl Run for Seat {
    fn run(self: Arc<Self>) {
        let mut name = [0; NAME_SIZE];
        // A longer name is cut off.
        let _ = write!(&mut name[..NAME_SIZE - 1], "{}-{}", self.pool.settings.name, self.id + 1);
        let name = CStr::from_bytes_until_nul(&name).unwrap_or_default();
        name_current_thread(name);
        self.pool.work(self.id, &self.wake, name);
        self.pool.leave(self.id);
    }
}
