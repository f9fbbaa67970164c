//! Idle threads that watch the waiting room.
//!
//! A thread that watches takes the next parked request that has something to read, and handles it: nobody hands anything
//! over, and a thread that has just handled one request gets the next one without a switch to another thread. The last
//! thread that leaves the room calls an idle one into it, or starts one. When there is none, all threads are busy, and the
//! serve loop watches the room: it puts the requests into the queue, in their order, until some threads are idle again.

use std::sync::Arc;

use super::{Pool, State};
use crate::server::park::NoRequest;
use crate::server::{Locked, Request, Server, lock};

/// What the threads of a pool know of the waiting room of their server.
#[derive(Default)]
pub(super) struct Room {
    /// The server, while it serves.
    server: Option<Server>,
    /// How many threads watch the room.
    pub(super) watching: usize,
    /// Whether the serve loop watches it, because all threads were busy.
    by_loop: bool,
}

impl Room {
    /// The server whose room an idle thread should watch.
    pub(super) fn to_watch(&self) -> Option<Server> {
        self.server.as_ref().filter(|server| !self.by_loop && server.uses_room()).cloned()
    }

    /// Sends one thread that watches to look for work elsewhere.
    pub(super) fn ring(&self) {
        if let Some(server) = self.server.as_ref().filter(|_| self.watching > 0) {
            server.ring();
        }
    }
}

impl State {
    /// Whether a thread has nothing to do.
    pub(super) fn has_idle(&self) -> bool {
        !self.idle.is_empty() || self.room.watching > 0
    }

    /// Whether a thread that watches can take one more request of the queue.
    pub(super) fn can_ring(&self) -> bool {
        self.room.watching > self.queue.len()
    }
}

impl Pool {
    pub(crate) fn begin_watching(&self, server: &Server) {
        lock(&self.state).room.server = Some(server.clone());
    }

    pub(crate) fn end_watching(&self) {
        let mut state = lock(&self.state);
        state.room.ring();
        let server = state.room.server.take();
        drop(state);
        drop(server);
    }

    /// Lets threads watch the room again, if the serve loop does it and enough of them are idle: not after each request,
    /// because it costs the loop a turn.
    pub(super) fn leave_room_to_threads(&self, state: &mut State) {
        if state.idle.len() >= (state.live / 4).max(2) || self.may_grow(state) {
            state.room.by_loop = false;
        }
    }

    pub(crate) fn watches_room(&self) -> bool {
        lock(&self.state).room.watching > 0
    }

    /// Watches the room until there is a request for this thread, until somebody rings, or for too long.
    #[inline(never)]
    pub(super) fn watch(
        self: &Arc<Self>,
        mut state: Locked<'_, State>,
        server: &Server,
        place: &mut Option<Request>,
    ) -> Result<(), NoRequest> {
        state.room.watching += 1;
        drop(state);
        if self.wakers.any_armed() {
            self.wakers.capacity_returned();
        }
        let found = server.watch_room(self.settings.idle);
        let mut state = lock(&self.state);
        state.room.watching -= 1;
        match found {
            Ok(request) => {
                state.waits.taken += 1;
                self.find_watcher(state, server);
                *place = Some(request);
                Ok(())
            }
            Err(NoRequest::LookAgain) => {
                // One ring may stand for several requests, and everybody is to hear of the end.
                let others = state.queue.len() > 1 || state.closing || state.room.server.is_none();
                if others && state.room.watching > 0 {
                    server.ring();
                }
                Err(NoRequest::LookAgain)
            }
            Err(NoRequest::Late) if state.queue.is_empty() && !state.closing => {
                state.live -= 1;
                let unwatched = state.room.watching == 0;
                drop(state);
                if unwatched {
                    server.nudge_loop();
                }
                Err(NoRequest::Late)
            }
            Err(NoRequest::Late) => Err(NoRequest::LookAgain),
        }
    }

    /// Sees to it that somebody watches the room.
    fn find_watcher(self: &Arc<Self>, mut state: Locked<'_, State>, server: &Server) {
        if state.room.watching > 0 || state.room.server.is_none() {
            return;
        }
        if let Some(id) = state.idle.pop() {
            let worker = state.workers[id].as_mut().expect("an idle thread has an entry");
            worker.called = true;
            let seat = Arc::clone(&worker.seat);
            drop(state);
            seat.wake.notify_one();
            return;
        }
        state.room.by_loop = !self.may_grow(&state);
        let started = if state.room.by_loop { None } else { Some(self.start(&mut state)) };
        drop(state);
        match started {
            Some(Ok(())) => server.thread_was_started(Ok(())),
            Some(Err(error)) => {
                server.thread_was_started(Err(error));
                server.nudge_loop();
            }
            None => server.nudge_loop(),
        }
    }
}
