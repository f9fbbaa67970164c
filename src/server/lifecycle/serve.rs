//! Serving, and how it is stopped.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::caller::{Caller, Role, with_role};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::server::intake::{Loop, Round};
use crate::server::{Request, Server};
use crate::socket::IntoTimeout;

/// Python's `poll_interval`, in seconds.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

impl Server {
    /// Handles requests until [`Server::shutdown`] (`serve_forever`), with Python's `poll_interval` of half a second.
    ///
    /// Returns at once when `shutdown` was called before. The interval is only how often
    /// [`crate::server::Hooks::service_actions`] runs: nothing else waits for it.
    ///
    /// Fails with [`Closed`](crate::Error::Closed) after [`Server::server_close`], with [`Value`](crate::Error::Value)
    /// when the server is serving already, with what `service_actions` fails with, and when a socket of the server is of
    /// no more use.
    pub fn serve_forever(&self) -> Result<()> {
        self.serve_forever_every(POLL_INTERVAL)
    }

    /// [`Server::serve_forever`] with another `poll_interval`: a [`Duration`], `f64` seconds, or `None` for one that
    /// never ends.
    ///
    /// Fails with [`Value`](crate::Error::Value) for negative seconds and NaN, else as [`Server::serve_forever`] does.
    pub fn serve_forever_every(&self, poll_interval: impl IntoTimeout) -> Result<()> {
        let poll_interval = poll_interval.into_timeout()?;
        self.serve(|| match self.options().loops {
            1 => self.run_loop(0, poll_interval),
            loops => self.run_loops(loops, poll_interval),
        })
    }

    /// The first loop on this thread, each of the others on one of its own.
    fn run_loops(&self, loops: usize, poll_interval: Option<Duration>) -> Result<()> {
        thread::scope(|scope| {
            let others: Result<Vec<_>> = (1..loops)
                .map(|index| {
                    let builder = thread::Builder::new().name(format!("tabi-loop-{}", index + 1));
                    let run = move || self.run_loop(index, poll_interval);
                    Ok(builder.spawn_scoped(scope, run)?)
                })
                .collect();
            let own = match &others {
                Ok(_) => self.run_loop(0, poll_interval),
                Err(error) => {
                    self.core.lifecycle.ask_to_stop();
                    Err(error.clone())
                }
            };
            let rest = others.into_iter().flatten().map(|other| match other.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            rest.fold(own, Result::and)
        })
    }

    /// Handles one request, or none when the server's timeout passes first; then `handle_timeout` runs (`handle_request`).
    ///
    /// [`Server::shutdown`] ends the wait. Fails as [`Server::serve_forever`] does.
    pub fn handle_request(&self) -> Result<()> {
        self.serve(|| with_role(self.id(), Role::Loop, || self.handle_one()))
    }

    fn handle_one(&self) -> Result<()> {
        let deadline = Deadline::after_timeout(self.options().timeout);
        let mut one = Loop::new(self, 0, self.sockets().to_vec());
        loop {
            match one.wait(deadline)? {
                Round::Stopped => return Ok(()),
                Round::TimedOut => return self.hooks().handle_timeout(self),
                Round::Ready(0) => {}
                Round::Ready(_) => return one.handle_requests(1),
            }
        }
    }

    /// Stops [`Server::serve_forever`] (`shutdown`).
    ///
    /// May be called from any thread, as often as one likes, and returns when the loop has ended. In a handler or a
    /// hook of this server it only asks for the end and returns, where Python's would wait for itself for ever.
    /// Before `serve_forever` it makes the next one return at once (Python's waits for that). Requests that have begun go on.
    pub fn shutdown(&self) {
        self.core.lifecycle.stop_and_wait(Caller::of(self.id()).works_for_server());
    }

    /// The descriptor through which a signal handler stops the server: it writes eight bytes, a native-endian 64-bit 1,
    /// with `write(2)`. That is [`Server::shutdown`] without the wait. The server keeps and closes the descriptor.
    pub fn wake_fd(&self) -> std::os::fd::RawFd {
        self.core.lifecycle.stop_wake.write_fd()
    }

    /// Whether calls that wait for long return when a signal handler has run in their thread, for callers that must look
    /// at signals themselves, as Python does. `serve_forever` and `handle_request` then fail with `Os(EINTR)`, and a
    /// server with one loop keeps a stop that was asked for; [`Server::server_close`] reports that it was
    /// [interrupted](crate::server::DrainReport::interrupted). Each may be called again. By default they go on.
    pub fn set_interruptible(&self, interruptible: bool) {
        self.core.interruptible.store(interruptible, Ordering::Relaxed);
    }

    pub(crate) fn is_over_limit(&self, request: &Request) -> bool {
        let options = self.options();
        options.max_connections.is_some_and(|most| self.active().count() > most)
            || options.max_connections_per_address.is_some_and(|most| request.same_host() > most)
    }

    fn serve(&self, run: impl FnOnce() -> Result<()>) -> Result<()> {
        self.core.lifecycle.begin(|| self.prepare_sockets())?;
        let mut serving = Serving { server: self, interrupted: false };
        let result = run();
        // Of several loops the others have been stopped, and a stop by somebody else cannot be told from that.
        serving.interrupted = matches!(result, Err(Error::Os(libc::EINTR))) && self.options().loops == 1;
        result
    }

    fn run_loop(&self, index: usize, poll_interval: Option<Duration>) -> Result<()> {
        let own_sockets = self.options().allow_reuse_port && self.sockets().len() == self.options().loops;
        let sockets =
            if own_sockets { vec![Arc::clone(&self.sockets()[index])] } else { self.sockets().to_vec() };
        let stop_others = StopOthers(self);
        let result = with_role(self.id(), Role::Loop, || Loop::new(self, index, sockets).run(poll_interval));
        if result.is_ok() || self.options().loops == 1 {
            // It was stopped, and so were the others; or there are none.
            std::mem::forget(stop_others);
        }
        result
    }
}

/// The server serves until this is dropped, also by a panic of a hook.
struct Serving<'a> {
    server: &'a Server,
    /// It looks at signals, and then serves on.
    interrupted: bool,
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        self.server.core.lifecycle.end(self.interrupted, || self.server.close_sockets());
    }
}

/// One loop that cannot go on, or whose hook panics, ends the others.
struct StopOthers<'a>(&'a Server);

impl Drop for StopOthers<'_> {
    fn drop(&mut self) {
        self.0.core.lifecycle.ask_to_stop();
    }
}
