//! Closing a server.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::caller::Caller;
use super::serve::Watching;
use crate::cancel::Tokens;
use crate::deadline::Deadline;
use crate::server::Server;
use crate::server::event::Woken;
use crate::server::intake::is_datagram;
use crate::signal_poll::SignalPoll;

/// How long handlers may take to end after their connections were cut off.
const GRACE: Duration = Duration::from_secs(1);

/// What happened to the requests that were active when the server was closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// The number of requests that ended by themselves.
    pub finished: usize,
    /// The number of requests that were parked, whose connections were ended at once. If the handler of one does not end
    /// in its last turn, it counts as left too. After [`Server::pass_to`] they are answered once more instead, and count
    /// as finished or cut.
    pub parked: usize,
    /// The number of requests that were cut off: their connections were shut down, or they were never
    /// handled.
    pub cut: usize,
    /// The number of requests that are still running, because their handlers neither used their sockets nor
    /// returned within a second after they were cut off. If the server does not wait for its requests, these
    /// are all that had not ended.
    pub left: usize,
    /// True if a signal handler has ended the wait of an [interruptible](Server::set_interruptible) server, or if half a
    /// second has passed, because a signal handler may have run just before the wait. No running request was cut off
    /// then. Close the server again to go on.
    pub interrupted: bool,
}

impl Server {
    /// Stops accepting clients, waits for the requests that have begun, and closes the sockets
    /// (`server_close`).
    ///
    /// `drain` is the time that the requests get. Afterwards their connections are shut down, which ends
    /// handlers that use them; child processes get `SIGTERM`, and a second later `SIGKILL`. With `None` the
    /// server waits without a limit, or not at all if `block_on_close` is false or `daemon_threads` is true.
    ///
    /// A serve loop is stopped first. In a handler, `server_close` does not wait for the request of this
    /// handler, and in the hooks `get_request`, `verify_request` and `process_request` not for the request that the hook
    /// has.
    ///
    /// A server may be closed again. With a `drain` this drains what the first close has left. With `None` it waits for
    /// what the first close did not wait for, such as the handler that has called it, but not for requests that were
    /// [left](DrainReport::left). Returns what happened to the requests.
    ///
    /// Under a [`Cancel`](crate::Cancel) token that is triggered it does not wait: it cuts the requests off at once. Child
    /// processes then get `SIGTERM` only.
    ///
    /// In a forked child that does not serve, it closes what the child has of the sockets and waits for nothing: the
    /// loops, the requests and the connections are those of the parent, which goes on.
    pub fn server_close(&self, drain: Option<Duration>) -> DrainReport {
        if self.core.lifecycle.is_inherited() {
            self.close_sockets();
            return DrainReport::default();
        }
        let caller = Caller::of(self);
        if !self.core.lifecycle.begin_closing(caller.works_for_server()) && drain.is_none() {
            return DrainReport::default();
        }
        let runner = &self.core.runner;
        let mut close = Close {
            server: self,
            caller,
            loops_ended: false,
            interruptible: self.core.interruptible.load(Ordering::Relaxed),
            interrupted: false,
            cancelled: false,
        };
        let waits = drain.is_some() || runner.waits_on_close();
        let deadline = if waits { Deadline::after_timeout(drain) } else { Deadline::now() };

        let (_, handled_before) = self.active().counts();
        let drains_parked = self.core.handed_over.load(Ordering::Relaxed) && waits;
        if drains_parked {
            // From now on, nobody is parked again.
            self.close_room();
        }
        close.stop_loops(deadline);
        if drains_parked {
            close.serve_parked(deadline);
        }
        let emptied = if close.interrupted { 0 } else { self.empty_room() };
        let (parked, late) = if drains_parked { (0, emptied) } else { (emptied, 0) };
        let unserved = runner.close(|request| self.reject(&request));
        while runner.collect(self, &[]) {}
        let (running, handled) = close.wait_for_requests(deadline);
        let finished = handled.wrapping_sub(handled_before);
        let last_turns = self.active().table().last_turns();
        if close.interrupted {
            self.core.lifecycle.interrupt_closing();
            return DrainReport { finished, parked, cut: unserved, left: running, interrupted: true };
        }
        let left = if running > 0 && waits { close.cut_requests() } else { running };
        if left > 0 {
            self.core.lifecycle.give_up();
        }
        if left == 0 {
            runner.join(close.caller.handler_threads(), Deadline::after(GRACE));
        }
        if close.loops_ended {
            self.close_sockets();
        }
        let cut = unserved + late + if waits { running.saturating_sub(last_turns) } else { 0 };
        DrainReport { finished, parked, cut, left, interrupted: false }
    }

    /// Closes the sockets of the server. Called when no loop uses them.
    pub(super) fn close_sockets(&self) {
        self.core.remove_path();
        for socket in self.sockets() {
            let _ = socket.close();
        }
    }
}

/// A `server_close` that is running.
struct Close<'a> {
    server: &'a Server,
    /// The thread that called it. Its loop and its requests cannot be waited for.
    caller: Caller,
    loops_ended: bool,
    /// Whether a signal ends the waiting.
    interruptible: bool,
    /// Whether a signal has ended the waiting.
    interrupted: bool,
    /// Whether a token has ended the waiting.
    cancelled: bool,
}

impl Close<'_> {
    /// Ends the serve loops, and closes the listening sockets. If a loop does not end in time, it closes the
    /// sockets itself later.
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
        self.cancelled |= woken == Woken::Cancelled;
        if self.loops_ended {
            self.server.core.remove_path();
            // Handlers of datagrams still need the socket for their answers.
            for socket in self.server.sockets().iter().filter(|socket| !is_datagram(socket)) {
                let _ = socket.close();
            }
        }
    }

    /// After a hand-over: the parked connections are answered once more each, while there is time. None is parked again.
    fn serve_parked(&mut self, deadline: Deadline) {
        let server = self.server;
        // As in a serve loop, idle threads watch the room, and this thread does while there are none.
        let _watching = Watching::begin(server);
        let signals = SignalPoll::new(self.interruptible);
        let has_parked = || server.active().table().parked > 0 && !deadline.has_passed();
        while !self.interrupted && !self.cancelled && has_parked() {
            self.cancelled = Tokens::of_thread().prepare().is_err();
            self.interrupted = signals.is_interrupted(&server.serve_parked(&signals, deadline));
        }
    }

    /// Waits for all requests except those of the caller, unless a signal has ended the waiting before.
    /// Returns how many are left, and how many requests have been handled since the server was made.
    fn wait_for_requests(&mut self, deadline: Deadline) -> (usize, usize) {
        let own = self.caller.requests.len();
        if !self.interrupted {
            let mut woken = self.server.core.runner.collect_until(deadline, self.interruptible);
            if woken != Woken::Interrupted {
                woken = self.server.active().wait(own, deadline, self.interruptible);
            }
            self.interrupted = woken == Woken::Interrupted;
            self.cancelled |= woken == Woken::Cancelled;
        }
        let (active, handled) = self.server.active().counts();
        (active.saturating_sub(own), handled)
    }

    /// Cuts off the running requests, and stops a loop that still runs. Returns how many requests are still
    /// running.
    fn cut_requests(&mut self) -> usize {
        let server = self.server;
        let runner = &server.core.runner;
        runner.interrupt(|request| server.reject(&request));
        server.active().cut(&self.caller.requests);
        // The rest takes at most a few seconds, so signals need not end it.
        self.interruptible = false;
        let grace = Deadline::after(GRACE);
        self.stop_loops(grace);
        let (mut left, _) = self.wait_for_requests(grace);
        // A second must have passed since the children were told to end.
        if !self.cancelled && runner.kill() {
            (left, _) = self.wait_for_requests(Deadline::after(GRACE));
        }
        left
    }
}
