//! The turns of a request: its handler runs once, or again and again while its connection is kept, and then the
//! request ends.

use std::any::Any;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Body, Failure, HandlerResult, Next, Request, caught, fd_of};
use crate::cancel;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::panics::drop_caught;
use crate::server::lifecycle::{Role, with_role};
use crate::server::park::WaitingRoom;
use crate::server::{Phase, Server, lock};
use crate::socket::Hold;
use crate::sys;
use crate::sys::fd::{AsRawFd, RawFd};

/// What a request keeps from one turn to the next.
#[derive(Default)]
pub(super) struct Kept {
    /// Whether the hook `handshake` has run.
    connected: AtomicBool,
    /// Whether the handler's `setup` has run.
    begun: AtomicBool,
    /// The handler's object for this request.
    object: Mutex<Option<Box<dyn Any + Send>>>,
    /// Whether the waiting room has watched the descriptor.
    watched: bool,
    /// Whether the request ends after the next turn, whatever its handler answers.
    last: bool,
    /// How many bytes of an incomplete request there were when the handler had to wait for more.
    bytes_before: usize,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(object) = lock(&self.object).take() {
            drop_caught(object);
        }
    }
}

impl Request {
    /// Handles the request in this thread as the server's own threads do: runs `finish_request`, and ends the request
    /// or parks it. For programs that replace [`crate::server::Hooks::process_request`]. Errors and panics go to
    /// `handle_error`.
    pub fn process(self) {
        Request::process_in(&mut Some(self));
    }

    /// [`Request::process`] for a request in a place that belongs to the caller. The place is empty afterwards.
    pub(crate) fn process_in(place: &mut Option<Request>) {
        while let Some(request) = place {
            let answer = request.take_turn();
            Request::after_turn(place, answer);
        }
    }

    /// Ends, parks or goes on with a request after a turn of its handler. It stays in its place if its next turn is to be
    /// taken here and now.
    // Not inlined: while a handler waits, its thread would keep this function's copies of the request on its stack.
    #[inline(never)]
    fn after_turn(place: &mut Option<Request>, answer: Result<Next, Failed>) {
        let Some(request) = place.take() else { return };
        *place = match answer {
            Ok(Next::End) | Err(Failed) => None,
            Ok(Next::Again) => request.go_on(),
            Ok(Next::Park) => request.park(),
            // The time of the request goes on.
            Ok(Next::More) => Server::park(request, Phase::Request).and_then(Request::go_on_with_rest),
        };
    }

    /// Lets a request that has something to do take its next turn. Returns it if that is to be done here and now.
    fn go_on(mut self) -> Option<Request> {
        self.begin_turn();
        self.go_on_with_rest()
    }

    /// [`Request::go_on`] with the rest of a request whose time has begun before.
    fn go_on_with_rest(self) -> Option<Request> {
        let server = self.server().clone();
        server.core.runner.go_on(&server, self)
    }

    /// Parks the request. Returns it if it is to go on here and now.
    fn park(self) -> Option<Request> {
        let mut request = Server::park(self, Phase::Idle)?;
        request.begin_turn();
        Server::complete(request)?.go_on_with_rest()
    }

    /// A turn begins that no event has begun: its time begins now. If the request was cut off, the turn is the last one.
    fn begin_turn(&mut self) {
        let slot = self.parts.ticket.slot();
        let mut table = self.server().active().table();
        let cut = table.slots[slot].cut;
        if table.limits_requests() {
            // If it is the only one, the loop looks at it when its turn before would have been late.
            let _ = table.phases.enter(slot as u32, Phase::Request, Deadline::now());
        }
        drop(table);
        self.parts.kept.last |= cut;
    }

    /// The header of the request is complete: its own time begins, and its host is counted.
    pub(crate) fn begin_after_header(&mut self) -> Result<()> {
        self.parts.ticket.count_host(&self.parts.client_address)?;
        self.enter(Phase::Request);
        Ok(())
    }

    /// Lets the handler's next `recv` try first, because its socket has something to read.
    fn expect_bytes(&self) {
        if let Body::Stream(socket) = &self.parts.body {
            socket.expect_bytes();
        }
    }

    /// The request is running again after it was parked. `cut` says that the turn that begins is the last one.
    pub(crate) fn resume(&mut self, cut: bool) {
        sys::probe::wake(self.parts.ticket.slot());
        self.expect_bytes();
        self.parts.kept.last |= cut;
    }

    /// Cuts the request off; its next turn is the last one.
    pub(crate) fn cut(&mut self) {
        let entry = {
            let mut table = self.server().active().table();
            let slot = &mut table.slots[self.parts.ticket.slot()];
            slot.cut = true;
            slot.entry.clone()
        };
        entry.cut();
        self.parts.kept.last = true;
    }

    /// Whether the turn that runs or comes is the last one.
    pub(crate) fn is_last(&self) -> bool {
        self.parts.kept.last
    }

    /// How many bytes of an incomplete request there were when the handler had to wait for more.
    pub(crate) fn bytes_before(&self) -> usize {
        self.parts.kept.bytes_before
    }

    pub(crate) fn set_bytes_before(&mut self, bytes: usize) {
        self.parts.kept.bytes_before = bytes;
    }

    /// The bytes with which a request of the connection ends, if a thread is to take only whole requests.
    pub(crate) fn request_end(&self) -> Option<&[u8]> {
        match &self.parts.body {
            Body::Stream(_) => self.server().options().request_end.as_deref(),
            Body::Datagram { .. } | Body::Job(_) => None,
        }
    }

    /// Keeps the descriptor of a client's socket open. Fails with [`Error::Closed`].
    pub(crate) fn hold(&self) -> Result<Option<Hold>> {
        match &self.parts.body {
            Body::Stream(socket) => Hold::new(socket).map(Some),
            Body::Datagram { .. } | Body::Job(_) => Ok(None),
        }
    }

    /// The descriptor on which a job waits, or -1.
    pub(crate) fn job_fileno(&self) -> RawFd {
        match &self.parts.body {
            Body::Job(job) => fd_of(&**job).map_or(sys::NO_FD, |fd| fd.as_raw_fd()),
            Body::Stream(_) | Body::Datagram { .. } => sys::NO_FD,
        }
    }

    /// Records that the waiting room watches the descriptor. Returns whether it has done so before.
    pub(crate) fn be_watched(&mut self) -> bool {
        std::mem::replace(&mut self.parts.kept.watched, true)
    }

    /// Lets the waiting room forget a connection that ends here and has other owners. Closing any other is enough.
    pub(super) fn leave_room(&self) {
        if !self.parts.kept.watched || !self.socket().is_shared() {
            return;
        }
        if let (Some(room), Ok(Some(hold))) = (&self.server().core.room, self.hold()) {
            room.forget(&hold);
        }
    }

    /// Handles the request to its end in this thread, in a child process. Returns whether it was handled without a
    /// failure.
    pub(crate) fn handle_to_end(&self) -> bool {
        loop {
            match self.take_turn() {
                Ok(Next::End) => return true,
                Ok(Next::Park | Next::More | Next::Again) => {}
                Err(_) => return false,
            }
        }
    }

    /// Runs the handler or the job once, and ends the request unless the answer is that it goes on.
    fn take_turn(&self) -> Result<Next, Failed> {
        sys::probe::start(self.parts.ticket.slot());
        with_role(self.server().id(), Role::Request(self.parts.ticket.slot()), || {
            if self.connect().is_err() {
                self.end();
                return Err(Failed);
            }
            let result = self.under_token(|| match &self.parts.body {
                Body::Job(job) => caught(|| self.checked(job.run(self)?)),
                Body::Stream(_) | Body::Datagram { .. } => {
                    caught(|| Ok::<_, Failure>(self.checked(self.server().hooks().finish_request(self)?)?))
                }
            });
            match result {
                Ok(next @ (Next::Park | Next::More | Next::Again)) if !self.parts.kept.last => {
                    return Ok(next);
                }
                Ok(_) => self.end(),
                Err(failure) => {
                    self.server().report(self, &failure);
                    self.end();
                    drop_caught(failure);
                    return Err(Failed);
                }
            }
            Ok(Next::End)
        })
    }

    /// Runs code of the program under the server's token. Afterwards the thread leaves the scopes that a C program has
    /// entered there, because it may be kept for the next request.
    fn under_token<T>(&self, run: impl FnOnce() -> T) -> T {
        let _mark = cancel::Mark::new();
        match &self.server().options().cancel {
            Some(token) => cancel::under(token, run),
            None => run(),
        }
    }

    /// Lets the hook `handshake` prepare a stream, before the first turn.
    fn connect(&self) -> Result<(), Failed> {
        if !matches!(self.parts.body, Body::Stream(_)) || self.parts.kept.connected.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.parts.kept.connected.store(true, Ordering::Relaxed);
        let server = self.server();
        let is_limited = server.options().handshake_timeout.is_some();
        if is_limited {
            self.enter(Phase::Handshake);
        }
        let prepared = self.under_token(|| caught(|| server.hooks().handshake(self)));
        // Who was cut off in it has failed for that reason, and was counted.
        if prepared.is_err() && !self.is_cut_off() {
            server.counters().fail_handshake();
        }
        if is_limited && prepared.is_ok() {
            self.enter(Phase::Request);
        }
        prepared.map_err(|failure| {
            drop_caught(failure);
            Failed
        })
    }

    /// A phase of the request begins, and the one before ends.
    fn enter(&self, phase: Phase) {
        let slot = self.parts.ticket.slot() as u32;
        let mut table = self.server().active().table();
        if phase == Phase::Request && !table.limits_requests() {
            table.phases.leave(slot);
            return;
        }
        let oversleeps = table.phases.enter(slot, phase, Deadline::now()) < table.sleeps_until;
        drop(table);
        if oversleeps {
            self.server().nudge_loop();
        }
    }

    fn is_cut_off(&self) -> bool {
        // In a forked child, the lock of the table may be held for ever.
        !self.parts.ticket.is_inherited()
            && self.server().active().table().slots[self.parts.ticket.slot()].cut
    }

    /// Runs a handler once: `setup` in the first turn, and `finish` in the last one. The first failure is returned.
    pub(super) fn turn(
        &self,
        setup: impl FnOnce() -> HandlerResult,
        handle: impl FnOnce() -> HandlerResult<Next>,
        finish: impl FnOnce() -> HandlerResult,
    ) -> Result<Next, Failure> {
        if !self.parts.kept.begun.load(Ordering::Relaxed) {
            caught(setup)?;
            self.parts.kept.begun.store(true, Ordering::Relaxed);
        }
        let handled = caught(|| self.settled(handle()?));
        if let Ok(Next::Park | Next::More | Next::Again) = handled {
            return handled;
        }
        let finished = caught(finish);
        handled.and_then(|next| finished.map(|()| next))
    }

    /// Returns what an answer means for this request. Fails if the request cannot be parked.
    fn settled(&self, next: Next) -> HandlerResult<Next> {
        let next = self.checked(next)?;
        if next == Next::End || self.parts.kept.last || self.parts.ticket.is_inherited() {
            return Ok(Next::End);
        }
        match &self.parts.body {
            Body::Stream(_) if next == Next::Park && self.has_read_ahead() => Ok(Next::Again),
            _ if next == Next::Again => Ok(next),
            _ if self.server().core.room.as_ref().is_none_or(WaitingRoom::is_closed) => Ok(Next::End),
            Body::Stream(socket) if socket.is_closed() => Err(Error::Closed.into()),
            Body::Stream(socket) if socket.is_at_end() => Ok(Next::End),
            _ => Ok(next),
        }
    }

    /// Fails if the answer is one that this kind of request or server cannot have.
    fn checked(&self, next: Next) -> HandlerResult<Next> {
        let reason = match &self.parts.body {
            _ if next == Next::End => return Ok(next),
            Body::Datagram { .. } => "a datagram cannot be parked",
            _ if next == Next::Again => return Ok(next),
            _ if self.server().core.runner.shares_connections() => {
                "a forking server cannot park a connection"
            }
            Body::Job(job) if fd_of(&**job).is_none() => "a job without a descriptor cannot be parked",
            Body::Job(_) | Body::Stream(_) => return Ok(next),
        };
        Err(Error::type_error(reason).into())
    }

    /// Takes the object that the last turn has kept, if it is of this type.
    pub(super) fn take_object<H: Send + 'static>(&self) -> Option<H> {
        let object = lock(&self.parts.kept.object).take()?;
        object.downcast::<H>().ok().map(|object| *object)
    }

    /// Keeps an object for the next turn.
    pub(super) fn keep_object<H: Send + 'static>(&self, object: Box<H>) {
        *lock(&self.parts.kept.object) = Some(object);
    }
}

/// The turn has failed, which was reported.
struct Failed;
