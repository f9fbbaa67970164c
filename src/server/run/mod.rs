//! What runs the handlers. A new way to run them is a variant of [`Concurrency`] and of [`Runner`], and a
//! file here.

mod inline;
mod processes;
mod threads;

use std::sync::Arc;
use std::time::Duration;

use super::event::Woken;
use super::intake::LoopWakers;
use super::lifecycle::works_in_loop;
use super::{Concurrency, Hooks, Request, Server, Statistics};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::memory;
use crate::sys::{Child, libc};
use inline::Waiting;
use processes::Children;
use threads::Pool;

/// Runs the handlers of one server.
pub(crate) enum Runner {
    /// The thread that serves runs the handlers.
    Inline(Waiting),
    Threads(Arc<Pool>),
    Forks(Children),
}

/// Whether a runner can take another request.
pub(crate) enum Capacity {
    Free,
    Full {
        /// When to check again, if nothing announces that there is capacity.
        look_again: Deadline,
    },
}

impl Capacity {
    pub(crate) fn is_free(&self) -> bool {
        matches!(self, Capacity::Free)
    }

    pub(crate) fn look_again(&self) -> Deadline {
        match self {
            Capacity::Free => Deadline::NEVER,
            Capacity::Full { look_again } => *look_again,
        }
    }
}

impl Runner {
    pub(crate) fn new(
        concurrency: &Concurrency,
        hooks: &Arc<dyn Hooks>,
        wakers: &Arc<LoopWakers>,
    ) -> Result<Runner> {
        Ok(match concurrency {
            Concurrency::Inline => Runner::Inline(Waiting::default()),
            Concurrency::Threads(threads) => Runner::Threads(memory::shared(Pool::new(
                threads.clone(),
                Arc::clone(hooks),
                Arc::clone(wakers),
            ))?),
            Concurrency::Forks(forks) => Runner::Forks(Children::new(forks.clone())),
        })
    }

    /// Returns whether the next client should be accepted. If not, [`LoopWakers`] announce when to check
    /// again.
    pub(crate) fn capacity(&self, server: &Server) -> Capacity {
        match self {
            Runner::Inline(_) => Capacity::Free,
            Runner::Threads(pool) => pool.capacity(server),
            Runner::Forks(children) => children.capacity(),
        }
    }

    /// Has a request handled: in this thread or elsewhere, now or later. Returns the request if it must be
    /// refused.
    pub(crate) fn take(&self, server: &Server, request: Request) -> Option<Request> {
        match self {
            Runner::Inline(_) => {
                request.process();
                None
            }
            Runner::Threads(pool) => pool.hand_over(server, request),
            Runner::Forks(children) => {
                children.process(request);
                None
            }
        }
    }

    /// Has a request that waited without a thread handled again, behind those that wait for a thread. Returns it if
    /// there is no memory for that, or no thread any more.
    pub(crate) fn resume(&self, server: &Server, request: Request) -> Option<Request> {
        match self {
            Runner::Inline(waiting) => waiting.push(request),
            Runner::Threads(pool) => pool.resume(server, request),
            Runner::Forks(_) => Some(request),
        }
    }

    /// Has a request handled again that has something to do. Returns it if nobody waits for the thread, so that the
    /// caller goes on with it itself.
    pub(crate) fn go_on(&self, server: &Server, request: Request) -> Option<Request> {
        match self {
            // Only the loop has others to serve; another thread may go on.
            Runner::Inline(waiting) if works_in_loop(server) => waiting.push(request),
            Runner::Inline(_) | Runner::Forks(_) => Some(request),
            Runner::Threads(pool) => pool.go_on(server, request),
        }
    }

    /// Lets idle threads watch the waiting room of a server that serves from now on.
    pub(crate) fn begin_watching(&self, server: &Server) {
        if let Runner::Threads(pool) = self {
            pool.begin_watching(server);
        }
    }

    /// No thread watches the waiting room any more.
    pub(crate) fn end_watching(&self) {
        if let Runner::Threads(pool) = self {
            pool.end_watching();
        }
    }

    /// Returns whether a thread watches the waiting room, so that the serve loop need not do it.
    pub(crate) fn watches_room(&self) -> bool {
        match self {
            Runner::Inline(_) | Runner::Forks(_) => false,
            Runner::Threads(pool) => pool.watches_room(),
        }
    }

    /// Returns whether [`Runner::take`] returns at once, whatever the handler does.
    pub(crate) fn takes_at_once(&self) -> bool {
        matches!(self, Runner::Threads(_))
    }

    /// Returns whether another process also has the connections that are being handled.
    pub(crate) fn shares_connections(&self) -> bool {
        matches!(self, Runner::Forks(_))
    }

    /// Adds the descriptors that a serve loop should poll for this runner. Returns when to call
    /// [`Runner::collect`] even if none of them is ready, for children that have no descriptor, and for requests that
    /// wait for the thread of the loop.
    pub(crate) fn poll_for(&self, polled: &mut Vec<libc::pollfd>) -> Deadline {
        match self {
            Runner::Inline(waiting) if waiting.is_empty() => Deadline::NEVER,
            Runner::Inline(_) => Deadline::now(),
            Runner::Threads(_) => Deadline::NEVER,
            Runner::Forks(children) => children.poll_for(polled),
        }
    }

    /// Collects children that have ended, or runs the first request that waits for the thread of the loop. Returns
    /// whether there was one. `polled` has the entries that [`Runner::poll_for`] added, after the poll; or it is empty.
    pub(crate) fn collect(&self, server: &Server, polled: &[libc::pollfd]) -> bool {
        match self {
            Runner::Inline(waiting) => waiting.run_first(server),
            Runner::Threads(_) => false,
            Runner::Forks(children) => {
                children.collect(polled);
                false
            }
        }
    }

    /// Forgets, in a forked child, the threads and children that are the parent's.
    pub(crate) fn forget_inherited(&self) {
        match self {
            Runner::Inline(waiting) => waiting.forget(),
            Runner::Threads(pool) => pool.forget_threads(),
            Runner::Forks(children) => children.forget(),
        }
    }

    /// Writes the numbers of threads and children into the statistics.
    pub(crate) fn count(&self, statistics: &mut Statistics) {
        match self {
            Runner::Inline(_) => {}
            Runner::Threads(pool) => {
                let (threads, idle, waits) = pool.threads();
                (statistics.threads, statistics.idle_threads) = (threads as u64, idle as u64);
                statistics.longest_wait = Duration::from_nanos(waits.longest);
                statistics.mean_wait = Duration::from_nanos(waits.sum / waits.taken.max(1));
            }
            Runner::Forks(children) => statistics.children = children.count() as u64,
        }
    }
}

/// The steps that end a runner, in this order. If all requests end in time, `interrupt` and `kill` are not
/// needed.
impl Runner {
    /// Returns whether a `server_close` without a drain time waits for running requests.
    pub(crate) fn waits_on_close(&self) -> bool {
        match self {
            Runner::Inline(_) => true,
            Runner::Threads(pool) => pool.waits_on_close(),
            Runner::Forks(children) => children.waits_on_close(),
        }
    }

    /// Stops taking requests. Calls `reject` with the requests that will never be handled, and returns their number.
    pub(crate) fn close(&self, reject: impl Fn(Request)) -> usize {
        match self {
            Runner::Inline(_) => 0,
            Runner::Threads(pool) => pool.close(reject),
            Runner::Forks(children) => children.take_waiting().into_iter().map(reject).count(),
        }
    }

    /// Collects children until all have ended, but not longer than the deadline, and if `interruptible` only
    /// until a signal handler has run.
    pub(crate) fn collect_until(&self, deadline: Deadline, interruptible: bool) -> Woken {
        match self {
            Runner::Inline(_) | Runner::Threads(_) => Woken::Announced,
            Runner::Forks(children) => children.collect_until(deadline, interruptible),
        }
    }

    /// Tells child processes to end. Calls `reject` with the requests that wait for a thread or a process, and returns
    /// their number.
    pub(crate) fn interrupt(&self, reject: impl Fn(Request)) -> usize {
        match self {
            Runner::Inline(_) => 0,
            Runner::Threads(pool) => pool.empty_queue(reject),
            Runner::Forks(children) => {
                children.for_each(Child::end);
                children.take_waiting().into_iter().map(reject).count()
            }
        }
    }

    /// Kills child processes. Returns whether there were any; threads cannot be killed.
    pub(crate) fn kill(&self) -> bool {
        match self {
            Runner::Inline(_) | Runner::Threads(_) => false,
            Runner::Forks(children) => {
                children.for_each(Child::kill);
                children.count() > 0
            }
        }
    }

    /// Waits until at most `rest` threads are left, but not longer than the deadline.
    pub(crate) fn join(&self, rest: usize, deadline: Deadline) {
        match self {
            Runner::Threads(pool) => pool.join(rest, deadline),
            Runner::Inline(_) | Runner::Forks(_) => {}
        }
    }
}
