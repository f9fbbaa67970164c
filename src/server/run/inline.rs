//! Requests that the thread of the serve loop runs, one in each round, so that a stop and new clients are noticed in
//! between.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::memory;
use crate::server::park::Parked;
use crate::server::{Request, Server, lock};

/// The requests that were parked and have something to do, in their order. They do not keep their server, because there
/// may be no loop that ever runs them.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<VecDeque<Parked>>);

impl Waiting {
    /// Adds a request at the end. Returns it if there is no memory for that.
    pub(crate) fn push(&self, request: Request) -> Option<Request> {
        let mut waiting = lock(&self.0);
        if memory::reserve_in_queue(&mut waiting).is_err() {
            return Some(request);
        }
        waiting.push_back(Parked::new(request, None));
        None
    }

    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }

    /// Runs the first request. Returns false if there is none.
    pub(crate) fn run_first(&self, server: &Server) -> bool {
        let Some(first) = lock(&self.0).pop_front() else { return false };
        first.unpark(server).process();
        true
    }

    /// In a forked child: what waits is the parent's.
    pub(crate) fn forget(&self) {
        std::mem::take(&mut *lock(&self.0)).into_iter().for_each(Parked::abandon);
    }
}
