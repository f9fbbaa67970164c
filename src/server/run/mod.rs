//! Who runs the handlers. Another way to run them is a variant of [`Concurrency`] and of [`Runner`], and a file beside
//! these two.

mod child;
mod processes;
mod threads;

use std::collections::VecDeque;
use std::sync::Arc;

use super::event::Woken;
use super::intake::LoopWakers;
use super::{Concurrency, Hooks, Request, Statistics};
use crate::deadline::Deadline;
use processes::Children;
use threads::Pool;

/// What runs the handlers of one server.
pub(crate) enum Runner {
    /// The thread that serves.
    Inline,
    Threads(Arc<Pool>),
    Forks(Children),
}

/// Whether a runner would run another request.
pub(crate) enum Capacity {
    Free,
    Full {
        /// When to look again, where nothing announces that there is capacity.
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
    pub(crate) fn new(concurrency: &Concurrency, hooks: &Arc<dyn Hooks>, wakers: &Arc<LoopWakers>) -> Runner {
        match concurrency {
            Concurrency::Inline => Runner::Inline,
            Concurrency::Threads(threads) => {
                Runner::Threads(Arc::new(Pool::new(threads.clone(), Arc::clone(hooks), Arc::clone(wakers))))
            }
            Concurrency::Forks(forks) => Runner::Forks(Children::new(forks.clone())),
        }
    }

    /// Whether the next client should be accepted. [`LoopWakers`] announce when one who was told "full" should ask again.
    pub(crate) fn capacity(&self) -> Capacity {
        match self {
            Runner::Inline => Capacity::Free,
            Runner::Threads(pool) => pool.capacity(),
            Runner::Forks(children) => children.capacity(),
        }
    }

    /// Has a request handled, here or elsewhere, now or later. Gives it back when it is to be refused.
    pub(crate) fn take(&self, request: Request) -> Option<Request> {
        match self {
            Runner::Inline => {
                request.process();
                None
            }
            Runner::Threads(pool) => pool.hand_over(request),
            Runner::Forks(children) => {
                children.process(request);
                None
            }
        }
    }

    /// Whether [`Runner::take`] returns at once, whatever the handler does.
    pub(crate) fn takes_at_once(&self) -> bool {
        matches!(self, Runner::Threads(_))
    }

    /// Whether a connection that is handled has an owner in another process too.
    pub(crate) fn shares_connections(&self) -> bool {
        matches!(self, Runner::Forks(_))
    }

    /// Adds what a serve loop should poll for this runner. Returns when to call [`Runner::collect`] although nothing was
    /// ready, where no descriptor tells.
    pub(crate) fn poll_for(&self, polled: &mut Vec<libc::pollfd>) -> Deadline {
        match self {
            Runner::Inline | Runner::Threads(_) => Deadline::NEVER,
            Runner::Forks(children) => children.poll_for(polled),
        }
    }

    /// Takes note of what has ended elsewhere. `polled` is what [`Runner::poll_for`] added, polled; or empty.
    pub(crate) fn collect(&self, polled: &[libc::pollfd]) {
        match self {
            Runner::Inline | Runner::Threads(_) => {}
            Runner::Forks(children) => children.collect(polled),
        }
    }

    /// Writes how many threads and children there are.
    pub(crate) fn count(&self, statistics: &mut Statistics) {
        match self {
            Runner::Inline => {}
            Runner::Threads(pool) => {
                let (threads, idle) = pool.threads();
                (statistics.threads, statistics.idle_threads) = (threads as u64, idle as u64);
            }
            Runner::Forks(children) => statistics.children = children.count() as u64,
        }
    }
}

/// The end of a runner, in this order; a server that ends gently does without the middle.
impl Runner {
    /// Whether `server_close` waits for requests that run, when it was given no time for them.
    pub(crate) fn waits_on_close(&self) -> bool {
        match self {
            Runner::Inline => true,
            Runner::Threads(pool) => pool.waits_on_close(),
            Runner::Forks(children) => children.waits_on_close(),
        }
    }

    /// Takes no more requests. Gives back those that nobody will ever handle.
    pub(crate) fn close(&self) -> VecDeque<Request> {
        match self {
            Runner::Inline => VecDeque::new(),
            Runner::Threads(pool) => pool.close(),
            Runner::Forks(children) => children.take_waiting(),
        }
    }

    /// Takes note of what ends elsewhere until all has ended, the deadline comes, or if `interruptible` a signal handler
    /// has run.
    pub(crate) fn collect_until(&self, deadline: Deadline, interruptible: bool) -> Woken {
        match self {
            Runner::Inline | Runner::Threads(_) => Woken::Announced,
            Runner::Forks(children) => children.collect_until(deadline, interruptible),
        }
    }

    /// Asks handlers that hold no connection of this process to end. Gives back the requests that no handler has begun.
    pub(crate) fn interrupt(&self) -> VecDeque<Request> {
        match self {
            Runner::Inline => VecDeque::new(),
            Runner::Threads(pool) => pool.take_queue(),
            Runner::Forks(children) => {
                children.signal(libc::SIGTERM);
                children.take_waiting()
            }
        }
    }

    /// Ends the handlers that can be ended without their consent; false when there are none.
    pub(crate) fn kill(&self) -> bool {
        match self {
            Runner::Inline | Runner::Threads(_) => false,
            Runner::Forks(children) => {
                children.signal(libc::SIGKILL);
                children.count() > 0
            }
        }
    }

    /// Waits until at most `rest` threads are left, or the deadline comes.
    pub(crate) fn join(&self, rest: usize, deadline: Deadline) {
        match self {
            Runner::Threads(pool) => pool.join(rest, deadline),
            Runner::Inline | Runner::Forks(_) => {}
        }
    }
}
