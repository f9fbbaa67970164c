//! The turns of a request: its handler runs once, or again and again while its connection is kept, and then the
//! request ends.

use std::any::Any;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Body, Failure, HandlerResult, Next, Request, caught};
use crate::error::{Error, Result};
use crate::server::lifecycle::{Role, with_role};
use crate::server::lock;
use crate::sys;

/// What a request keeps from one turn to the next.
#[derive(Default)]
pub(super) struct Kept {
    /// Whether the handler's `setup` has run.
    begun: AtomicBool,
    /// The handler's object for this request.
    object: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Request {
    /// Handles the request in this thread as the server's own threads do: runs `finish_request`, and ends the request
    /// or parks it. For programs that replace [`crate::server::Hooks::process_request`]. Errors and panics go to
    /// `handle_error`.
    pub fn process(self) {
        let mut request = Some(self);
        while let Some(current) = request.take() {
            request = match current.take_turn() {
                Ok(Next::End) | Err(_) => None,
                Ok(Next::Again) => {
                    let server = current.server().clone();
                    server.core.runner.go_on(current)
                }
                Ok(Next::Park) => {
                    current.wait_here();
                    Some(current)
                }
            };
        }
    }

    /// Handles the request to its end in this thread, in a child process. Returns whether it was handled without a
    /// failure.
    pub(crate) fn handle_to_end(&self) -> bool {
        loop {
            match self.take_turn() {
                Ok(Next::End) => return true,
                Ok(Next::Park | Next::Again) => {}
                Err(_) => return false,
            }
        }
    }

    /// Runs the handler or the job once, and ends the request unless the answer is that it goes on.
    fn take_turn(&self) -> Result<Next, Failed> {
        with_role(self.server().id(), Role::Request(self.ticket.slot()), || {
            let result = match &self.body {
                Body::Job(job) => caught(|| self.checked(job.run(self)?)),
                Body::Stream(_) | Body::Datagram { .. } => {
                    caught(|| Ok::<_, Failure>(self.checked(self.server().hooks().finish_request(self)?)?))
                }
            };
            match result {
                Ok(next @ (Next::Park | Next::Again)) => return Ok(next),
                Ok(Next::End) => self.end(),
                Err(failure) => {
                    self.server().report(self, &failure);
                    self.end();
                    return Err(Failed);
                }
            }
            Ok(Next::End)
        })
    }

    /// Runs a handler once: `setup` in the first turn, and `finish` in the last one. The first failure is returned.
    pub(super) fn turn(
        &self,
        setup: impl FnOnce() -> HandlerResult,
        handle: impl FnOnce() -> HandlerResult<Next>,
        finish: impl FnOnce() -> HandlerResult,
    ) -> Result<Next, Failure> {
        if !self.kept.begun.load(Ordering::Relaxed) {
            caught(setup)?;
            self.kept.begun.store(true, Ordering::Relaxed);
        }
        let handled = caught(|| self.settled(handle()?));
        if let Ok(Next::Park | Next::Again) = handled {
            return handled;
        }
        let finished = caught(finish);
        handled.and_then(|next| finished.map(|()| next))
    }

    /// Returns what an answer means for this request. Fails if the request cannot be parked.
    fn settled(&self, next: Next) -> HandlerResult<Next> {
        match &self.body {
            Body::Stream(socket) if self.checked(next)? == Next::Park => {
                if self.has_read_ahead() {
                    return Ok(Next::Again);
                }
                if socket.is_closed() {
                    return Err(Error::Closed.into());
                }
                Ok(if socket.is_at_end() { Next::End } else { Next::Park })
            }
            _ => self.checked(next),
        }
    }

    /// Fails if the answer is one that this kind of request or server cannot have.
    fn checked(&self, next: Next) -> HandlerResult<Next> {
        let reason = match &self.body {
            _ if next == Next::End => return Ok(next),
            Body::Datagram { .. } => "a datagram cannot be parked",
            _ if next == Next::Again => return Ok(next),
            _ if self.server().core.runner.shares_connections() => {
                "a forking server cannot park a connection"
            }
            Body::Job(job) if job.fileno().is_none() => "a job without a descriptor cannot be parked",
            Body::Job(_) | Body::Stream(_) => return Ok(next),
        };
        Err(Error::type_error(reason).into())
    }

    /// Waits in this thread until there is something to read.
    fn wait_here(&self) {
        let fd = match &self.body {
            Body::Job(job) => job.fileno().unwrap_or(-1),
            Body::Stream(_) | Body::Datagram { .. } => self.socket().fileno(),
        };
        let mut polled = [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }];
        let _ = sys::poll(&mut polled, None);
    }

    /// Takes the object that the last turn has kept, if it is of this type.
    pub(super) fn take_object<H: Send + 'static>(&self) -> Option<H> {
        let object = lock(&self.kept.object).take()?;
        object.downcast::<Option<H>>().ok().and_then(|object| *object)
    }

    /// Keeps an object for the next turn.
    pub(super) fn keep_object<H: Send + 'static>(&self, object: Box<Option<H>>) {
        *lock(&self.kept.object) = Some(object);
    }
}

/// The turn has failed, which was reported.
struct Failed;
