//! What a pool knows of its threads, and the queue of requests that wait for one.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Seat;
use super::watching::Room;
use crate::deadline::Deadline;
use crate::server::Request;
use crate::sys::Thread;

#[derive(Default)]
pub(super) struct State {
    /// The threads by their number. `None` where a thread has ended.
    pub(super) workers: Vec<Option<Worker>>,
    /// How many threads there are.
    pub(super) present: usize,
    /// How many threads take requests. Threads that are about to end are not counted.
    pub(super) live: usize,
    /// The numbers of the idle threads. The one that worked last is at the end.
    pub(super) idle: Vec<usize>,
    pub(super) queue: VecDeque<Waiting>,
    /// How many requests in the queue have not begun. A limit of the queue is for them: the others were taken long ago.
    pub(super) fresh: usize,
    /// Whether a thread goes on with its request although new clients may wait in the kernel's queue: the next one may
    /// come into this queue, so that it gets its turn.
    pub(super) yields: bool,
    pub(super) waits: Waits,
    pub(super) room: Room,
    /// Whether the system refused the last new thread.
    pub(super) refused: bool,
    pub(super) closing: bool,
    /// The thread that ended last. The next thread that ends joins it.
    pub(super) leaving: Option<Thread>,
}

/// A request in the queue.
pub(super) struct Waiting {
    pub(super) request: Request,
    pub(super) since: Deadline,
    /// Whether it was not handled before.
    pub(super) fresh: bool,
}

/// How long requests have waited for a thread.
#[derive(Default, Clone, Copy)]
pub(crate) struct Waits {
    /// How many have got a thread.
    pub(crate) taken: u64,
    /// The sum of all waits in nanoseconds.
    pub(crate) sum: u64,
    /// The longest wait in nanoseconds.
    pub(crate) longest: u64,
}

pub(super) struct Worker {
    pub(super) request: Option<Request>,
    /// Whether it is to look for work again, although it has no request.
    pub(super) called: bool,
    pub(super) seat: Arc<Seat>,
    pub(super) handle: Option<Thread>,
}

impl State {
    /// Puts the request that a thread was given into its place. Returns false if it was given none.
    pub(super) fn take_own(&mut self, id: usize, place: &mut Option<Request>) -> bool {
        let Some(worker) = &mut self.workers[id] else { return false };
        std::mem::swap(&mut worker.request, place);
        place.is_some()
    }

    /// Whether a thread was called to look for work. It is called once.
    pub(super) fn is_called(&mut self, id: usize) -> bool {
        self.workers[id].as_mut().is_some_and(|worker| std::mem::take(&mut worker.called))
    }

    /// Puts the first request of the queue into the place of a thread. Returns false if the queue is empty.
    pub(super) fn take_first(&mut self, place: &mut Option<Request>) -> bool {
        let Some(Waiting { request, since, fresh }) = self.queue.pop_front() else { return false };
        *place = Some(request);
        self.fresh -= usize::from(fresh);
        let waited = Deadline::now().as_monotonic().saturating_sub(since.as_monotonic()) as u64;
        self.waits.taken += 1;
        self.waits.sum += waited;
        self.waits.longest = self.waits.longest.max(waited);
        true
    }

    pub(super) fn take_queue(&mut self) -> VecDeque<Waiting> {
        self.fresh = 0;
        std::mem::take(&mut self.queue)
    }

    /// Takes those out of the queue that no thread has handled before. The others have a last turn to come, in which
    /// their handlers finish.
    pub(super) fn take_fresh(&mut self) -> VecDeque<Waiting> {
        let (fresh, kept) = self.take_queue().into_iter().partition(|waiting| waiting.fresh);
        self.queue = kept;
        fresh
    }
}
