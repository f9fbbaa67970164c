//! Requests that are handled by child processes.
#![allow(unreachable_code, reason = "on a system without fork, there never is a child")]

use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::sync::Mutex;
use std::time::Duration;

use super::Capacity;
use crate::cancel::Tokens;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::memory;
use crate::server::event::Woken;
use crate::server::request::Ticket;
use crate::server::{Failure, Forks, Request, Server, lock};
use crate::signal_poll::SignalPoll;
use crate::sys::{Child, Forked, exit, fork, is_number, libc};

/// How often children that have no descriptor are checked.
const LOOK: Duration = Duration::from_millis(20);

/// How long to wait before a process that the system refused is tried again.
const RETRY: Duration = Duration::from_millis(20);

pub(crate) struct Children {
    settings: Forks,
    running: Mutex<Vec<Running>>,
    /// Requests for which the system has not yet allowed a process.
    waiting: Mutex<VecDeque<Request>>,
}

struct Running {
    child: Child,
    /// Keeps the request active until its child is collected.
    ticket: Ticket,
    /// Whether it has ended, and ended well.
    ended: Option<bool>,
}

impl Children {
    pub(crate) fn new(settings: Forks) -> Children {
        Children { settings, running: Mutex::default(), waiting: Mutex::default() }
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.running).len()
    }

    /// If `max_children` children are running, the loop need not check again after a time: it polls for the
    /// end of each child.
    pub(crate) fn capacity(&self) -> Capacity {
        if !self.retry() {
            Capacity::Full { look_again: Deadline::after(RETRY) }
        } else if self.count() < self.settings.max_children {
            Capacity::Free
        } else {
            Capacity::Full { look_again: Deadline::NEVER }
        }
    }

    pub(crate) fn waits_on_close(&self) -> bool {
        self.settings.block_on_close
    }

    /// Has a request handled by a new child. If the system refuses a process, the request waits for the next
    /// try.
    pub(crate) fn process(&self, request: Request) {
        if let Some(refused) = self.start(request) {
            lock(&self.waiting).push_back(refused);
        }
    }

    /// Tries again to start the children that the system refused. Returns false while some could not be
    /// started.
    fn retry(&self) -> bool {
        loop {
            let Some(request) = lock(&self.waiting).pop_front() else { return true };
            if let Some(refused) = self.start(request) {
                lock(&self.waiting).push_front(refused);
                return false;
            }
        }
    }

    /// Returns the requests that have no child yet.
    pub(crate) fn take_waiting(&self) -> VecDeque<Request> {
        std::mem::take(&mut *lock(&self.waiting))
    }

    /// Starts a child for a request. Returns the request if the system allows no further process at the
    /// moment.
    fn start(&self, request: Request) -> Option<Request> {
        if memory::reserve(&mut lock(&self.running), 1).is_err() {
            return Some(request);
        }
        // The child must not drop the request, because that takes a lock, which another thread may have held
        // during the fork.
        let request = ManuallyDrop::new(request);
        match fork() {
            Ok(Forked::Child) => in_child(&request),
            Ok(Forked::Parent(child)) => {
                let request = ManuallyDrop::into_inner(request);
                request.leave_to_child();
                let server = request.server().clone();
                lock(&self.running).push(Running { child, ticket: request.into_ticket(), ended: None });
                server.thread_was_started(Ok(()));
                None
            }
            Err(error @ Error::Os(libc::EAGAIN | libc::ENOMEM)) => {
                request.server().thread_was_started(Err(error));
                Some(ManuallyDrop::into_inner(request))
            }
            Err(error) => {
                let request = ManuallyDrop::into_inner(request);
                request.server().report(&request, &Failure::from(error));
                request.end();
                None
            }
        }
    }

    /// Adds the descriptors of the children, in their order, and returns when to check the children that have
    /// none. Only open descriptors are added, because poll allows no more entries than the process may have
    /// descriptors.
    pub(crate) fn poll_for(&self, polled: &mut Vec<libc::pollfd>) -> Deadline {
        let running = lock(&self.running);
        let before = polled.len();
        if memory::reserve(polled, running.len()).is_err() {
            return Deadline::after(LOOK);
        }
        let open = running.iter().map(|running| running.child.fd()).filter(|&fd| is_number(fd));
        polled.extend(open.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 }));
        let all_tell = polled.len() - before == running.len();
        if all_tell { Deadline::NEVER } else { Deadline::after(LOOK) }
    }

    /// Collects the children that have ended (`collect_children`). `polled` has the entries that `poll_for`
    /// added, after the poll.
    pub(crate) fn collect(&self, polled: &[libc::pollfd]) {
        let mut polled = polled.iter();
        for running in lock(&self.running).iter_mut() {
            let fd = running.child.fd();
            let quiet =
                is_number(fd) && polled.next().is_some_and(|polled| polled.fd == fd && polled.revents == 0);
            if !quiet && running.ended.is_none() {
                running.ended = running.child.try_wait();
            }
        }
        while let Some(Running { ticket, ended, .. }) = self.take_ended() {
            if ended == Some(false) {
                ticket.server().counters().fail();
            }
        }
    }

    /// Takes a child that has ended off the list. Its ticket is dropped without the lock.
    fn take_ended(&self) -> Option<Running> {
        let mut all = lock(&self.running);
        let ended = all.iter().position(|running| running.ended.is_some())?;
        Some(all.remove(ended))
    }

    /// Collects children until none is left, but not longer than the deadline, only until a token of this thread is
    /// triggered, and if `interruptible` only until a signal handler has run.
    pub(crate) fn collect_until(&self, deadline: Deadline, interruptible: bool) -> Woken {
        let tokens = Tokens::of_thread();
        let mut polled = Vec::new();
        let signals = SignalPoll::new(interruptible);
        loop {
            self.collect(&polled);
            if self.count() == 0 {
                return Woken::Announced;
            }
            if deadline.has_passed() {
                return Woken::Late;
            }
            polled.clear();
            let look = self.poll_for(&mut polled);
            if tokens.prepare().is_err() {
                return Woken::Cancelled;
            }
            // In all other cases an interrupted poll only means that the children are checked early.
            let result = signals.poll(&mut polled, deadline.min(look));
            if signals.is_interrupted(&result) {
                return Woken::Interrupted;
            }
            if matches!(result, Err(Error::Cancelled)) {
                return Woken::Cancelled;
            }
        }
    }

    /// In a forked child: the other children are the parent's, with the requests that wait for one.
    pub(crate) fn forget(&self) {
        let running = std::mem::take(&mut *lock(&self.running));
        drop((running, self.take_waiting()));
    }

    /// Does something to each child that is running.
    pub(crate) fn for_each(&self, action: impl Fn(&Child)) {
        for running in lock(&self.running).iter() {
            action(&running.child);
        }
    }
}

fn in_child(request: &Request) -> ! {
    // The port must be free when the server ends, even if this child lives longer.
    for socket in request.server().sockets().iter().filter(|_| !request.is_datagram()) {
        socket.set_shared();
        let _ = socket.close();
    }
    let well = request.handle_to_end();
    exit(i32::from(!well))
}

impl Server {
    /// Collects the child processes that have ended, without waiting (`ForkingMixIn.collect_children`).
    ///
    /// The serve loop does this by itself.
    pub fn collect_children(&self) {
        if !self.core.lifecycle.is_inherited() {
            self.core.runner.collect(self, &[]);
        }
    }
}
