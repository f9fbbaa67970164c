//! The end of a server.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::caller::Caller;
use crate::deadline::Deadline;
use crate::server::event::Woken;
use crate::server::intake::is_datagram;
use crate::server::{Request, Server};

/// How long handlers whose connections were cut may take to notice.
const GRACE: Duration = Duration::from_secs(1);

/// What became of the requests that were active when the server was closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// How many ended by themselves.
    pub finished: usize,
    /// How many were cut off: their connections shut down, or never handled.
    pub cut: usize,
    /// How many are still running: handlers that neither use their socket nor return, a second after they were cut off;
    /// all that had not ended when the server does not wait for them.
    pub left: usize,
    /// True when a signal handler has ended the wait of a server that is
    /// [interruptible](Server::set_interruptible). Nothing was cut off: close again to go on.
    pub interrupted: bool,
}

impl Server {
    /// Stops accepting, waits for the requests that have begun, and closes the sockets (`server_close`).
    ///
    /// Without `drain` it waits as long as they take, or not at all if `block_on_close` is off or `daemon_threads` is on.
    /// With it they have so much time; then their connections are shut down, which ends handlers that use
    /// them, and children get `SIGTERM`, a second later `SIGKILL`. A serve loop is stopped first. Called in a handler, it
    /// does not wait for that one. Closing again with `drain` drains what the first time has left, and without it does
    /// nothing.
    pub fn server_close(&self, drain: Option<Duration>) -> DrainReport {
        if !self.core.lifecycle.begin_closing() && drain.is_none() {
            return DrainReport::default();
        }
        let runner = &self.core.runner;
        let mut close = Close {
            server: self,
            caller: Caller::of(self.id()),
            loops_ended: false,
            interruptible: self.core.interruptible.load(Ordering::Relaxed),
            interrupted: false,
        };
        let waits = drain.is_some() || runner.waits_on_close();
        let deadline = if waits { Deadline::after_timeout(drain) } else { Deadline::now() };

        let (_, handled_before) = self.active().counts();
        close.stop_loops(deadline);
        let unserved = self.reject_all(runner.close());
        let (running, handled) = close.wait_for_requests(deadline);
        let finished = handled.wrapping_sub(handled_before);
        if close.interrupted {
            self.core.lifecycle.interrupt_closing();
            return DrainReport { finished, cut: unserved, left: running, interrupted: true };
        }
        let left = if running > 0 && waits { close.cut_requests() } else { running };
        if left == 0 {
            runner.join(close.caller.handler_threads(), Deadline::after(GRACE));
        }
        if close.loops_ended {
            self.close_sockets();
        }
        let cut = unserved + if waits { running } else { 0 };
        DrainReport { finished, cut, left, interrupted: false }
    }

    /// Ends requests that nobody will handle; returns how many they were.
    fn reject_all(&self, requests: VecDeque<Request>) -> usize {
        requests.iter().for_each(|request| self.reject(request));
        requests.len()
    }

    /// Closes the server's own sockets; called when no loop looks at them.
    pub(super) fn close_sockets(&self) {
        for socket in self.sockets() {
            let _ = socket.close();
        }
    }
}

/// One `server_close` under way.
struct Close<'a> {
    server: &'a Server,
    /// Neither its loop nor its requests can be waited for.
    caller: Caller,
    loops_ended: bool,
    /// Whether signals end the waiting.
    interruptible: bool,
    /// One has.
    interrupted: bool,
}

impl Close<'_> {
    /// Ends the serve loops, and with them the listening; a loop that is late closes the sockets itself.
    fn stop_loops(&mut self, deadline: Deadline) {
        if self.loops_ended {
            return;
        }
        let lifecycle = &self.server.core.lifecycle;
        lifecycle.stop_if_serving();
        if self.caller.in_loop {
            return;
        }
        let woken = lifecycle.wait_idle(deadline, self.interruptible);
        self.loops_ended = woken == Woken::Announced;
        self.interrupted |= woken == Woken::Interrupted;
        if self.loops_ended {
            // Those who answer datagrams still need their socket.
            for socket in self.server.sockets().iter().filter(|socket| !is_datagram(socket)) {
                let _ = socket.close();
            }
        }
    }

    /// Waits for the requests but those of the caller, unless it was interrupted; returns how many are left, and how many
    /// were handled ever.
    fn wait_for_requests(&mut self, deadline: Deadline) -> (usize, usize) {
        let own = self.caller.requests.len();
        if !self.interrupted {
            let collected = self.server.core.runner.collect_until(deadline, self.interruptible);
            self.interrupted = collected == Woken::Interrupted
                || self.server.active().wait(own, deadline, self.interruptible) == Woken::Interrupted;
        }
        let (active, handled) = self.server.active().counts();
        (active.saturating_sub(own), handled)
    }

    /// Cuts off what runs, and a loop that still does; returns how many requests withstood.
    fn cut_requests(&mut self) -> usize {
        let server = self.server;
        let runner = &server.core.runner;
        server.reject_all(runner.interrupt());
        server.active().cut(&self.caller.requests);
        // From here on it does not take long.
        self.interruptible = false;
        let grace = Deadline::after(GRACE);
        self.stop_loops(grace);
        let (mut left, _) = self.wait_for_requests(grace);
        if runner.kill() {
            (left, _) = self.wait_for_requests(Deadline::after(GRACE));
        }
        left
    }
}
