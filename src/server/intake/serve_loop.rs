//! The serve loop. It waits for clients, takes their requests, and gives them to the runner.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::transport::{HUNG_UP, is_datagram, is_of_no_use};
use crate::cancel::Tokens;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::server::request::caught;
use crate::server::run::Capacity;
use crate::server::{Failure, Server};
use crate::signal_poll::SignalPoll;
use crate::socket::Socket;
use crate::sys::fd::RawFd;
use crate::sys::{self, libc};

/// How long a loop takes no requests after an error such as EMFILE, unless one of its own requests ends
/// earlier.
const FULL_PAUSE: Duration = Duration::from_millis(50);
/// How many requests are taken without a poll while clients are waiting. After so many, the loop polls again
/// and notices a stop.
const IN_A_ROW: u32 = 16;
/// After this many polls in a row that found clients at once, the loop takes requests without a poll. An accept that finds
/// no client costs the system as much as five polls, so a few clients that come together are no reason.
const POLLS_IN_A_ROW: u32 = 4;
/// After this many failures of `get_request` in a row the loop pauses, because the cause will probably last.
const FAILURES: u32 = 8;

/// One serve loop.
pub(crate) struct Loop<'a> {
    server: &'a Server,
    index: usize,
    /// The sockets of the server that this loop serves.
    sockets: Vec<Arc<Socket>>,
    polled: Vec<libc::pollfd>,
    /// How many more tries are made before the next poll. Above 0 when the last polls found clients at once,
    /// because there are probably more of them.
    tries: u32,
    /// How many polls in a row have found clients at once, without a try that found none.
    polls_in_a_row: u32,
    /// Whether this round is such a try, so that perhaps no client is there.
    is_try: bool,
    /// The loop takes no request before this moment.
    paused: Option<Deadline>,
    failures: u32,
    signals: SignalPoll,
}

/// Why [`Loop::wait`] returned.
pub(crate) enum Round {
    /// This many sockets are ready.
    Ready(usize),
    /// No socket is ready, but a parked request was woken, or has run in this thread.
    Woken,
    TimedOut,
    Stopped,
}

impl<'a> Loop<'a> {
    pub(crate) fn new(server: &'a Server, index: usize, sockets: Vec<Arc<Socket>>) -> Self {
        Loop {
            server,
            index,
            sockets,
            polled: Vec::new(),
            tries: 0,
            polls_in_a_row: 0,
            is_try: false,
            paused: None,
            failures: 0,
            signals: SignalPoll::new(server.core.interruptible.load(Ordering::Relaxed)),
        }
    }

    pub(crate) fn run(&mut self, poll_interval: Option<Duration>) -> Result<()> {
        let poll_interval = poll_interval.filter(|_| self.server.hooks().has_service_actions());
        let next = || Deadline::after_timeout(poll_interval);
        let mut deadline = next();
        loop {
            match self.wait(deadline)? {
                Round::Stopped => return Ok(()),
                Round::Ready(0) => continue,
                Round::Ready(_) => self.handle_requests(usize::MAX)?,
                Round::Woken | Round::TimedOut => {}
            }
            self.server.hooks().service_actions(self.server)?;
            deadline = next();
        }
    }

    /// Waits until a socket is ready, the loop should stop, or the deadline has passed.
    pub(crate) fn wait(&mut self, deadline: Deadline) -> Result<Round> {
        let server = self.server;
        let core = &server.core;
        if core.lifecycle.is_inherited() {
            // A handler or a hook has forked, and this is the child.
            self.server.serve_on_in_child()?;
        }
        // Not left to the poll: while clients come without a pause, that finds something to do every time.
        Tokens::of_thread().check()?;
        let waker = core.wakers.of_loop(self.index);
        let mut capacity = self.capacity();
        if !capacity.is_free() {
            waker.arm();
            // Capacity that became free before the line above was not announced, so it is checked once more.
            capacity = self.capacity();
        }
        let accepts = capacity.is_free();
        self.polled.clear();
        let no_memory = memory::reserve(&mut self.polled, 4 + 2 * self.sockets.len()).is_err();
        if no_memory {
            return Ok(self.pause(deadline));
        }
        self.polled.push(readable(core.lifecycle.stop_fd()));
        if accepts {
            self.polled.extend(self.sockets.iter().map(|socket| readable(socket.fileno())));
        } else {
            self.polled.push(readable(waker.fd()));
        }
        let own = self.polled.len();
        let mut look_again = core.runner.poll_for(&mut self.polled).min(capacity.look_again());
        let runners = self.polled.len();
        let room = core.room.as_ref().filter(|_| self.index == 0);
        if let Some(room) = room {
            look_again = look_again.min(self.server.next_deadline());
            self.polled.push(readable(room.nudge().fd()));
            if room.is_used() && !core.runner.watches_room() {
                self.polled.push(readable(room.fd()));
            }
        }
        if core.lifecycle.is_stopping() {
            return Ok(Round::Stopped);
        }
        if accepts && self.polled[1..own].iter().any(|polled| !sys::is_number(polled.fd)) {
            // Somebody has closed a socket of the server, and no poll would notice.
            server.listener_failed(&Error::Closed);
            return Err(Error::Closed);
        }
        self.is_try = accepts && self.tries > 0;
        if self.is_try {
            self.tries -= 1;
            self.polled[1..].iter_mut().for_each(|polled| polled.revents = libc::POLLIN);
            return Ok(Round::Ready(self.sockets.len()));
        }
        let end = self.polled.len();
        let look_again = look_again.min(self.poll_for_close());
        let polled = self.signals.poll(&mut self.polled, deadline.min(look_again));
        let interrupted = self.signals.is_interrupted(&polled);
        match polled {
            Ok(polled) => {
                // Not for an in-line server: a request between two tries may take long, and the loop would
                // notice a stop only after it.
                let takes_at_once =
                    core.runner.takes_at_once() && self.server.hooks().get_request_never_waits();
                let more = accepts && !polled.waited && takes_at_once;
                self.polls_in_a_row = if more { self.polls_in_a_row.saturating_add(1) } else { 0 };
                self.tries = if self.polls_in_a_row >= POLLS_IN_A_ROW { IN_A_ROW } else { 0 };
            }
            Err(error @ Error::Os(libc::EINTR)) => {
                return if interrupted { Err(error) } else { Ok(Round::Ready(0)) };
            }
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => {
                server.poll_failed(error);
                return Ok(self.pause(deadline));
            }
        }
        let is_ready = |polled: &libc::pollfd| polled.revents != 0;
        let mut woken = 0;
        if let (Some(room), [nudge, parked @ ..]) = (room, &self.polled[runners..end]) {
            if is_ready(nudge) {
                room.nudge().clear();
            }
            if parked.iter().any(is_ready) {
                woken = self.server.wake_parked();
            }
        }
        let ran = core.runner.collect(self.server, &self.polled[own..runners]);
        if is_ready(&self.polled[0]) || core.lifecycle.is_stopping() {
            return Ok(Round::Stopped);
        }
        if room.is_some() {
            self.server.keep_deadlines();
        }
        let mut ready = self.polled[1..own].iter().filter(|polled| is_ready(polled)).count();
        if !accepts {
            if ready > 0 {
                waker.clear();
                self.paused = None;
            }
            ready = 0;
        }
        if ready == 0 && (ran || woken > 0) {
            return Ok(Round::Woken);
        }
        let late = ready == 0 && deadline.has_passed();
        Ok(if late { Round::TimedOut } else { Round::Ready(ready) })
    }

    /// Adds the descriptors that become readable when somebody closes a socket of the server; a poll of the socket itself
    /// need not notice it. Returns when to check again if the process has no descriptor for that.
    fn poll_for_close(&mut self) -> Deadline {
        let mut look_again = Deadline::NEVER;
        for socket in &self.sockets {
            match socket.closing_fd() {
                _ if memory::reserve(&mut self.polled, 1).is_err() => {
                    look_again = Deadline::after(FULL_PAUSE)
                }
                Ok(fd) => self.polled.push(readable(fd)),
                Err(_) => look_again = Deadline::after(FULL_PAUSE),
            }
        }
        look_again
    }

    /// Waits for a short time when the system cannot poll: it is short of memory, or the limit of open
    /// descriptors was lowered below the number of sockets.
    fn pause(&mut self, deadline: Deadline) -> Round {
        let mut wake = [readable(self.server.core.lifecycle.stop_fd())];
        match sys::poll(&mut wake, Some(FULL_PAUSE)) {
            Ok(polled) if polled.ready > 0 => return Round::Stopped,
            Ok(_) => {}
            Err(_) => thread::sleep(FULL_PAUSE),
        }
        if deadline.has_passed() { Round::TimedOut } else { Round::Ready(0) }
    }

    /// Returns whether the loop may take another request.
    fn capacity(&mut self) -> Capacity {
        if let Some(paused) = self.paused {
            if !paused.has_passed() {
                return Capacity::Full { look_again: paused };
            }
            self.paused = None;
        }
        self.server.core.runner.capacity(self.server)
    }

    /// Takes a request from each ready socket, at most `most` requests.
    pub(crate) fn handle_requests(&mut self, most: usize) -> Result<()> {
        let mut left = most;
        for index in 0..self.sockets.len() {
            if left == 0 || self.polled[index + 1].revents == 0 {
                continue;
            }
            // The first request may have used the last free thread.
            if left == most || self.capacity().is_free() {
                left -= 1;
                self.handle_request(index)?;
            }
        }
        Ok(())
    }

    fn handle_request(&mut self, index: usize) -> Result<()> {
        let (server, socket) = (self.server, Arc::clone(&self.sockets[index]));
        let request = match caught(|| Ok::<_, Failure>(server.hooks().get_request(server, &socket))) {
            Ok(Ok(request)) => request,
            Ok(Err(error)) => return self.no_request(index, error),
            Err(panic) => return self.no_request(index, Error::OsMessage(panic.to_string().into())),
        };
        server.table_is_free();
        self.failures = 0;
        sys::probe::accept(request.ticket().slot());
        if server.is_over_limit(&request) {
            server.turn_away(&request);
        } else {
            server.admit(request);
        }
        Ok(())
    }

    /// Decides what to do when `get_request` returned no request. The loop goes on after most errors, such as those of a client that gave up or of a network that is down. It
    /// pauses when the process has too many open descriptors.
    fn no_request(&mut self, index: usize, error: Error) -> Result<()> {
        let server = self.server;
        match error {
            // After a shutdown, a unix socket reports only that no client is there.
            Error::Os(libc::EAGAIN) if self.polled[index + 1].revents & HUNG_UP != 0 => {
                let error = Error::Os(libc::EINVAL);
                server.listener_failed(&error);
                return Err(error);
            }
            Error::Os(libc::EAGAIN | libc::EINTR) => {
                server.table_is_free();
                (self.tries, self.polls_in_a_row) = (0, 0);
                return Ok(());
            }
            // An answer to an earlier datagram has not reached its client, which Windows reports here. Clients must not be able
            // to let the loop pause.
            Error::Os(libc::ECONNRESET | libc::ENETRESET) if is_datagram(&self.sockets[index]) => {
                return Ok(());
            }
            Error::Cancelled if Tokens::of_thread().check().is_err() => return Err(error),
            // A hook may return these errors for other reasons, so the socket is checked too.
            Error::Closed | Error::Os(libc::EBADF | libc::ENOTSOCK | libc::EINVAL)
                if is_of_no_use(&self.sockets[index]) =>
            {
                server.listener_failed(&error);
                return Err(error);
            }
            // The system looks for a descriptor first, and for a client then. Nobody makes room for a client that is not
            // there, so the poll says first whether one is.
            Error::Os(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM) if self.is_try => {
                self.tries = 0;
                return Ok(());
            }
            Error::Os(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM) => {
                server.table_is_full(error);
                server.shed();
                self.failures = FAILURES;
            }
            _ => {
                server.accept_failed(error);
                self.failures += 1;
            }
        }
        if self.failures >= FAILURES {
            self.paused = Some(Deadline::after(FULL_PAUSE));
        }
        Ok(())
    }
}

fn readable(fd: RawFd) -> libc::pollfd {
    libc::pollfd { fd, events: libc::POLLIN, revents: 0 }
}
