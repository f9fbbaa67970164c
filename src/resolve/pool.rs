//! Look-ups that have a deadline run on threads of this library, because nothing can end a look-up of the system's
//! resolver early.
//!
//! A name server that does not answer holds a thread of the pool, and never the caller. There are at most
//! [`MOST_THREADS`] threads. Further look-ups wait in a queue, each for as long as its caller waits for it. The threads
//! are made when they are needed, end when they have had nothing to do for some seconds, and are never joined: joining
//! one that hangs would hang the program. A forked child has none of them, and so it begins a pool of its own.
#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::interruption::Interruption;
use crate::cancel::Tokens;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::signal_poll::SignalPoll;
use crate::sys::{self, Run, Thread, Wake, forks, libc};

/// The most look-ups that run at the same time.
const MOST_THREADS: usize = 16;

/// How long a thread without work is kept.
const IDLE: Duration = Duration::from_secs(10);

/// The stack of a thread in bytes. The modules of the system's resolver run on it.
const STACK_SIZE: usize = 1024 * 1024;

/// Runs a look-up, but waits for it no longer than until the deadline.
///
/// Without a deadline the look-up runs in this thread. With one, and under a [`Cancel`](crate::Cancel) token, it runs in a
/// thread of the library, and goes on there when the deadline has passed or the token is triggered; its answer is then
/// dropped.
///
/// Fails with [`Error::Timeout`] when the deadline passes, with [`Error::Cancelled`], with the errors of the look-up, with
/// `Os(EMFILE)` when the process has too many open descriptors to wait, with `Os(EAGAIN)` when the system refuses the
/// thread, and with `Os(EINTR)` when a signal ends it ([`Interruption`]).
pub(crate) fn until<T: Send + 'static>(
    deadline: Deadline,
    look_up: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let tokens = Tokens::of_thread();
    if deadline == Deadline::NEVER && tokens.is_empty() {
        return look_up();
    }
    tokens.check()?;
    if deadline.has_passed() {
        return Err(Error::Timeout);
    }
    let wake = memory::shared(Wake::new()?)?;
    let pending = Pending::begin(&wake, look_up)?;
    let mut polled = [libc::pollfd { fd: wake.fd(), events: libc::POLLIN, revents: 0 }];
    let interruption = Interruption::of_this_thread();
    loop {
        if let Some(answer) = pending.answer() {
            return answer;
        }
        if deadline.has_passed() {
            return Err(Error::Timeout);
        }
        let signals = SignalPoll::new(interruption.is_wanted());
        match signals.poll(&mut polled, deadline) {
            Err(error @ Error::Os(libc::EINTR)) if interruption.ends_look_up() => return Err(error),
            Ok(_) | Err(Error::Os(libc::EINTR)) => {}
            Err(error) => return Err(error),
        }
    }
}

/// A look-up that was given to the pool. When this is dropped, a look-up that has not begun never will.
pub(crate) struct Pending<T: Send + 'static> {
    task: Arc<Task<T>>,
    pool: &'static Pool,
}

impl<T: Send + 'static> Pending<T> {
    /// Gives a look-up to the pool. `wake` is raised when there is an answer.
    pub(crate) fn begin(
        wake: &Arc<Wake>,
        look_up: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<Pending<T>> {
        let pool = Pool::of_this_process()?;
        let look_up = memory::boxed(look_up)?;
        let task = memory::shared(Task {
            look_up: Mutex::new(Some(look_up)),
            asker: Mutex::new(Asker { answer: None, wake: Some(Arc::clone(wake)) }),
        })?;
        pool.add(Arc::clone(&task) as Arc<dyn Work>)?;
        Ok(Pending { task, pool })
    }

    /// Takes the answer, if there is one.
    pub(crate) fn answer(&self) -> Option<Result<T>> {
        lock(&self.task.asker).answer.take()
    }
}

impl<T: Send + 'static> Drop for Pending<T> {
    fn drop(&mut self) {
        // The look-up may run for a long time yet, and must not keep the descriptor.
        lock(&self.task.asker).wake = None;
        self.pool.forget(Arc::as_ptr(&self.task).cast());
    }
}

type LookUp<T> = Box<dyn FnOnce() -> Result<T> + Send>;

struct Task<T> {
    /// `None` once a thread has begun.
    look_up: Mutex<Option<LookUp<T>>>,
    asker: Mutex<Asker<T>>,
}

/// What a look-up leaves for whoever asked.
struct Asker<T> {
    answer: Option<Result<T>>,
    /// `None` when nobody waits any more.
    wake: Option<Arc<Wake>>,
}

/// A look-up, whatever its answer is.
trait Work: Send + Sync {
    fn run(&self);
}

impl<T: Send> Work for Task<T> {
    fn run(&self) {
        let Some(look_up) = lock(&self.look_up).take() else { return };
        // A panic would end the whole program here.
        let answer = catch_unwind(AssertUnwindSafe(look_up)).unwrap_or(Err(Error::Gai(libc::EAI_FAIL)));
        let mut asker = lock(&self.asker);
        asker.answer = Some(answer);
        if let Some(wake) = &asker.wake {
            wake.raise();
        }
    }
}

/// The threads of one process, and the look-ups that wait for them.
struct Pool {
    /// The [`forks`] of the process.
    process: u32,
    state: Mutex<State>,
    added: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Arc<dyn Work>>,
    threads: usize,
    /// How many threads have no look-up, less those that a look-up in the queue has woken.
    idle: usize,
}

static POOL: AtomicPtr<Pool> = AtomicPtr::new(ptr::null_mut());

impl Pool {
    /// Returns the pool of this process. That of a parent is given up, because one of its threads may have held the
    /// lock during the fork.
    fn of_this_process() -> Result<&'static Pool> {
        let process = forks();
        loop {
            let known = POOL.load(Ordering::Acquire);
            // SAFETY: the pointer is null or comes from a pool that is never freed.
            if let Some(pool) = unsafe { known.as_ref() }.filter(|pool| pool.process == process) {
                return Ok(pool);
            }
            let new = Box::into_raw(memory::boxed(Pool {
                process,
                state: Mutex::default(),
                added: Condvar::new(),
            })?);
            if POOL.compare_exchange(known, new, Ordering::AcqRel, Ordering::Acquire).is_err() {
                // SAFETY: another thread was first, so nobody else has seen this pool.
                drop(unsafe { Box::from_raw(new) });
            }
        }
    }

    fn add(&'static self, work: Arc<dyn Work>) -> Result<()> {
        let mut state = lock(&self.state);
        memory::reserve_in_queue(&mut state.queue)?;
        if state.queue.len() >= state.idle && state.threads < MOST_THREADS {
            match memory::shared(Worker(self)).and_then(|worker| Thread::start(STACK_SIZE, worker)) {
                Ok(_detached) => state.threads += 1,
                // The look-up waits for a thread that has work now.
                Err(_) if state.threads > 0 => {}
                Err(error) => return Err(error),
            }
        }
        state.queue.push_back(work);
        drop(state);
        self.added.notify_one();
        Ok(())
    }

    /// Takes a look-up out of the queue, if it has not begun.
    fn forget(&self, work: *const ()) {
        lock(&self.state).queue.retain(|other| Arc::as_ptr(other).cast() != work);
    }

    fn serve(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(work) = state.queue.pop_front() {
                drop(state);
                work.run();
                // The last owner drops an answer that nobody wanted, outside of the lock.
                drop(work);
                state = lock(&self.state);
                continue;
            }
            state.idle += 1;
            let (guard, waited) =
                self.added.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.idle -= 1;
            if waited.timed_out() && state.queue.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }
}

struct Worker(&'static Pool);

impl Run for Worker {
    fn run(self: Arc<Self>) {
        // The program's signal handlers run in its own threads.
        sys::block_signals();
        sys::name_current_thread(c"tabi-resolver");
        self.0.serve();
    }
}

/// Locks a mutex. No foreign code runs under the locks of this module.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
