//! How a server serves, and how it is stopped.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::caller::{Caller, Role, with_role};
use crate::cancel::Tokens;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::server::companion::Companion;
use crate::server::intake::{Loop, Round};
use crate::server::{Core, Server};
use crate::socket::{IntoTimeout, Socket};
use crate::sys::fd::RawFd;
use crate::sys::libc;

/// Python's default of `poll_interval`.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

impl Server {
    /// Handles requests until [`Server::shutdown`] is called (`serve_forever`), with Python's default
    /// `poll_interval` of half a second.
    ///
    /// Returns at once if `shutdown` was called before. The interval only says how often
    /// [`crate::server::Hooks::service_actions`] runs; the rest of the server does not depend on it.
    ///
    /// Fails with [`Closed`](crate::Error::Closed) after [`Server::server_close`], with
    /// [`Value`](crate::Error::Value) when the server is serving already, with the error of
    /// `service_actions`, with the error of a socket that can no longer be used, and with
    /// [`Cancelled`](crate::Error::Cancelled) when the thread is in a [scope](crate::Cancel::scope) whose token is
    /// triggered. Requests that have begun go on.
    pub fn serve_forever(&self) -> Result<()> {
        self.serve_forever_every(POLL_INTERVAL)
    }

    /// [`Server::serve_forever`] with another `poll_interval`: a [`Duration`], an `f64` of seconds, or
    /// `None`, with which `service_actions` runs only after requests.
    ///
    /// Fails with [`Value`](crate::Error::Value) for negative seconds and NaN, and as
    /// [`Server::serve_forever`] does.
    pub fn serve_forever_every(&self, poll_interval: impl IntoTimeout) -> Result<()> {
        let poll_interval = poll_interval.into_timeout()?;
        self.serve(|| match self.options().loops {
            1 => self.run_loop(0, poll_interval),
            loops => self.run_loops(loops, poll_interval),
        })
    }

    /// Runs the first loop in this thread, and each further loop in a thread of its own.
    fn run_loops(&self, loops: usize, poll_interval: Option<Duration>) -> Result<()> {
        let mut others = Vec::new();
        memory::reserve(&mut others, loops - 1)?;
        for index in 1..loops {
            let server = self.clone();
            let started = Companion::start(c"tabi-loop", move || server.run_loop(index, poll_interval));
            match started {
                Ok(other) => others.push(other),
                Err(error) => {
                    // Those that have begun end before this returns.
                    self.core.lifecycle.ask_to_stop();
                    return Err(error);
                }
            }
        }
        let own = self.run_loop(0, poll_interval);
        others.into_iter().map(Companion::join).fold(own, Result::and)
    }

    /// Handles one request (`handle_request`). If the server's timeout passes first, `handle_timeout` runs
    /// instead.
    ///
    /// [`Server::shutdown`] ends the waiting. Fails as [`Server::serve_forever`] does, and with the error of
    /// `handle_timeout`.
    pub fn handle_request(&self) -> Result<()> {
        self.serve(|| with_role(self.id(), Role::Loop, || self.handle_one()))
    }

    fn handle_one(&self) -> Result<()> {
        let deadline = Deadline::after_timeout(self.options().timeout);
        let mut one = Loop::new(self, 0, memory::copied(self.sockets())?);
        loop {
            match one.wait(deadline)? {
                Round::Stopped => return Ok(()),
                Round::TimedOut => return self.hooks().handle_timeout(self),
                Round::Ready(0) => {}
                Round::Woken => return Ok(()),
                Round::Ready(_) => return one.handle_requests(1),
            }
        }
    }

    /// Stops [`Server::serve_forever`] (`shutdown`), and returns when its loops have ended. Requests that
    /// have begun go on.
    ///
    /// Any thread may call this, any number of times. In a handler or a hook of this server it only requests
    /// the stop and returns at once; Python's `shutdown` would wait for itself for ever. If the server is not
    /// serving, the next `serve_forever` returns at once; Python's `shutdown` would wait for it.
    /// A forked child stops only itself.
    pub fn shutdown(&self) {
        self.core.lifecycle.stop_and_wait(Caller::of(self).works_for_server());
    }

    /// Returns the descriptor through which a signal handler can stop the server. The handler writes one or more bytes
    /// of any value with `write(2)`; the descriptor does not block. This is [`Server::shutdown`] without the waiting.
    /// The descriptor belongs to the server, which closes it.
    ///
    /// In a forked child the number means a descriptor of the child's own from the beginning, so that the child never
    /// stops its parent. A stop that was requested in the child before it serves is kept for its `serve_forever`.
    pub fn wake_fd(&self) -> RawFd {
        self.core.lifecycle.stop_wake.lent_fd()
    }

    /// Sets whether calls that wait for a long time return when a signal handler has run in their thread. The
    /// default is false: they go on.
    ///
    /// This is for callers that must look at signals themselves, as Python does. If true, `serve_forever` and
    /// `handle_request` fail with `Os(EINTR)`, and a server with one loop keeps a stop that was requested. They do so after
    /// half a second of waiting, too, because a signal handler may have run just before the wait.
    /// [`Server::server_close`] reports that it was [interrupted](crate::server::DrainReport::interrupted).
    /// Each of them may be called again.
    pub fn set_interruptible(&self, interruptible: bool) {
        self.core.interruptible.store(interruptible, Ordering::Relaxed);
    }

    fn serve(&self, run: impl FnOnce() -> Result<()>) -> Result<()> {
        self.core.lifecycle.begin(|inherited| {
            // First: the child may have closed the server, and the locks below may be held by threads of the parent.
            self.prepare_sockets()?;
            if inherited {
                self.core.forget_inherited()?;
            }
            Ok(())
        })?;
        // If there is no descriptor for the thread's tokens, this is an error of the call and no trouble of a loop.
        let prepared = Tokens::of_thread().prepare();
        let mut serving = Serving { server: self, interrupted: false };
        let result = prepared.and_then(|()| run());
        // With several loops, the others have been stopped too. That cannot be told apart from a stop that
        // the program requested, so it is not kept.
        serving.interrupted = matches!(result, Err(Error::Os(libc::EINTR))) && self.options().loops == 1;
        result
    }

    /// Makes a server the forked child's own in which one of its loops goes on.
    pub(crate) fn serve_on_in_child(&self) -> Result<()> {
        self.core.lifecycle.serve_on(|| self.core.forget_inherited())?;
        self.core.runner.begin_watching(self);
        Ok(())
    }

    /// Each loop has sockets of its own if they share their ports. Otherwise the loops share the sockets.
    fn sockets_of_loop(&self, index: usize) -> &[Arc<Socket>] {
        let (sockets, loops) = (self.sockets(), self.options().loops);
        let bound_elsewhere = self.requested_addresses().is_empty();
        if !self.options().allow_reuse_port || (bound_elsewhere && sockets.len() != loops) {
            return sockets;
        }
        let each = sockets.len() / loops;
        &sockets[index * each..(index + 1) * each]
    }

    fn run_loop(&self, index: usize, poll_interval: Option<Duration>) -> Result<()> {
        let sockets = memory::copied(self.sockets_of_loop(index))?;
        let stop_others = StopOthers(self);
        let _watching = (index == 0).then(|| Watching::begin(self));
        let result = with_role(self.id(), Role::Loop, || Loop::new(self, index, sockets).run(poll_interval));
        if result.is_ok() || self.options().loops == 1 {
            // The loop was stopped, and so were the others, or there are no others.
            std::mem::forget(stop_others);
        }
        result
    }
}

impl Core {
    /// Forgets, in a forked child, the requests, threads and children of the parent, and gives it wakers of its own.
    fn forget_inherited(&self) -> Result<()> {
        self.wakers.renew()?;
        self.lifecycle.stop_wake.renew()?;
        if let Some(room) = &self.room {
            room.renew()?;
        }
        self.runner.forget_inherited();
        self.active.forget(&self.options);
        Ok(())
    }
}

/// The server is serving until this value is dropped, also when a hook panics.
struct Serving<'a> {
    server: &'a Server,
    /// Whether the caller will look at signals and then serve again.
    interrupted: bool,
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        self.server.core.lifecycle.end(self.interrupted, || self.server.close_sockets());
    }
}

/// Until this value is dropped, idle threads may watch the waiting room.
pub(super) struct Watching<'a>(&'a Server);

impl Watching<'_> {
    pub(super) fn begin(server: &Server) -> Watching<'_> {
        server.core.runner.begin_watching(server);
        Watching(server)
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.0.core.runner.end_watching();
    }
}

/// When this value is dropped, all loops stop: one loop has failed, or its hook has panicked.
struct StopOthers<'a>(&'a Server);

impl Drop for StopOthers<'_> {
    fn drop(&mut self) {
        self.0.core.lifecycle.ask_to_stop();
    }
}
