//! The serve loop, and how it is stopped.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::children::LOOK;
use super::handler::caught;
use super::inside::{self, Role, with_role};
use super::{Failure, Request, Server, lock, wait_until};
use crate::error::{Error, Result};
use crate::socket::{IntoTimeout, Socket};
use crate::sys;

/// Python's `poll_interval`, in seconds.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long a loop leaves its sockets alone when the table of descriptors is full and none of its own requests ends.
const FULL_PAUSE: Duration = Duration::from_millis(50);
/// How soon a thread that the system refused is tried again.
const THREAD_PAUSE: Duration = Duration::from_millis(20);
/// How many requests are taken without a poll while clients are waiting: stopping must not wait longer.
const IN_A_ROW: u32 = 16;
/// So many failures of `get_request` in a row are a state, not an accident.
const FAILURES: u32 = 8;

/// Whether somebody serves, and how often that has ended.
#[derive(Default)]
pub(super) struct Serving {
    serving: bool,
    ended: u64,
}

/// One serve loop.
struct Loop<'a> {
    server: &'a Server,
    index: usize,
    /// Which of the server's sockets this loop looks at.
    sockets: Vec<Arc<Socket>>,
    polled: Vec<libc::pollfd>,
    /// The last poll found clients at once, so there may be more: how many tries before the next poll.
    tries: u32,
    /// No request is taken before this moment.
    paused: Option<Instant>,
    failures: u32,
}

/// Why a round of the loop came to its end.
enum Round {
    /// Sockets were ready; this many of them.
    Ready(usize),
    TimedOut,
    Stopped,
}

impl Server {
    /// Handles requests until [`Server::shutdown`] (`serve_forever`), with Python's `poll_interval` of half a second.
    ///
    /// Returns at once when `shutdown` was called before. The interval is only how often
    /// [`super::Hooks::service_actions`] runs: nothing else waits for it.
    ///
    /// Fails with [`Error::Closed`] after [`Server::server_close`], with [`Error::Value`] when the server is serving
    /// already, with what `service_actions` fails with, and when a socket of the server is of no more use.
    pub fn serve_forever(&self) -> Result<()> {
        self.serve_forever_every(POLL_INTERVAL)
    }

    /// [`Server::serve_forever`] with another `poll_interval`: a [`Duration`], `f64` seconds, or `None` for one that
    /// never ends.
    ///
    /// Fails with [`Error::Value`] for negative seconds and NaN, else as [`Server::serve_forever`] does.
    pub fn serve_forever_every(&self, poll_interval: impl IntoTimeout) -> Result<()> {
        let poll_interval = poll_interval.into_timeout()?;
        let _serving = self.begin()?;
        match self.options().loops {
            1 => self.run_loop(0, poll_interval),
            loops => self.run_loops(loops, poll_interval),
        }
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
                    self.request_stop();
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
        let _serving = self.begin()?;
        with_role(self.id(), Role::Loop, || self.handle_one())
    }

    fn handle_one(&self) -> Result<()> {
        let deadline = self.options().timeout.and_then(|timeout| Instant::now().checked_add(timeout));
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
        let mut serving = lock(&self.core.serving);
        self.request_stop();
        let own = !inside::roles(self.id()).is_empty();
        let before = serving.ended;
        while !own && serving.serving && serving.ended == before {
            (serving, _) = wait_until(&self.core.ended, serving, None);
        }
    }

    /// The descriptor through which a signal handler stops the server: it writes eight bytes, a native-endian 64-bit 1,
    /// with `write(2)`. That is [`Server::shutdown`] without the wait. The server keeps and closes the descriptor.
    pub fn wake_fd(&self) -> std::os::fd::RawFd {
        self.core.stop_wake.write_fd()
    }

    /// Whether `serve_forever` and `handle_request` end with `Os(EINTR)` when a signal handler has run, for callers that
    /// must look at signals themselves, as Python does; they may be called again. At first they go on.
    pub fn set_interruptible(&self, interruptible: bool) {
        self.core.interruptible.store(interruptible, Ordering::Relaxed);
    }

    pub(super) fn request_stop(&self) {
        self.core.stop.store(true, Ordering::SeqCst);
        self.core.stop_wake.raise();
    }

    pub(super) fn is_serving(&self) -> bool {
        lock(&self.core.serving).serving
    }

    /// Waits until nobody serves; false when the deadline came first.
    pub(super) fn wait_served(&self, deadline: Option<Instant>) -> bool {
        let mut serving = lock(&self.core.serving);
        let mut late = false;
        while serving.serving && !late {
            (serving, late) = wait_until(&self.core.ended, serving, deadline);
        }
        !serving.serving
    }

    fn is_over_limit(&self, request: &Request) -> bool {
        let options = self.options();
        options.max_connections.is_some_and(|most| self.active().count() > most)
            || options.max_connections_per_address.is_some_and(|most| request.same_host() > most)
    }

    fn begin(&self) -> Result<ServingGuard<'_>> {
        let mut serving = lock(&self.core.serving);
        if self.core.closed.load(Ordering::SeqCst) {
            return Err(Error::Closed);
        }
        if serving.serving {
            return Err(Error::value("the server is serving already"));
        }
        self.prepare_sockets()?;
        serving.serving = true;
        Ok(ServingGuard { server: self })
    }

    fn run_loop(&self, index: usize, poll_interval: Option<Duration>) -> Result<()> {
        let own_sockets = self.options().allow_reuse_port && self.sockets().len() == self.options().loops;
        let sockets =
            if own_sockets { vec![Arc::clone(&self.sockets()[index])] } else { self.sockets().to_vec() };
        let result = with_role(self.id(), Role::Loop, || Loop::new(self, index, sockets).run(poll_interval));
        if result.is_err() {
            // One loop that cannot go on ends the others.
            self.request_stop();
        }
        result
    }
}

/// Somebody serves until this is dropped, also by a panic of a hook.
struct ServingGuard<'a> {
    server: &'a Server,
}

impl Drop for ServingGuard<'_> {
    fn drop(&mut self) {
        let core = &self.server.core;
        let mut serving = lock(&core.serving);
        serving.serving = false;
        serving.ended += 1;
        core.stop.store(false, Ordering::SeqCst);
        core.stop_wake.clear();
        let closing = core.closed.load(Ordering::SeqCst);
        drop(serving);
        if closing {
            self.server.close_sockets();
        }
        core.ended.notify_all();
    }
}

impl<'a> Loop<'a> {
    fn new(server: &'a Server, index: usize, sockets: Vec<Arc<Socket>>) -> Self {
        Loop { server, index, sockets, polled: Vec::new(), tries: 0, paused: None, failures: 0 }
    }

    fn run(&mut self, poll_interval: Option<Duration>) -> Result<()> {
        let next = || poll_interval.and_then(|interval| Instant::now().checked_add(interval));
        let mut deadline = next();
        loop {
            match self.wait(deadline)? {
                Round::Stopped => return Ok(()),
                Round::Ready(0) => continue,
                Round::Ready(_) => self.handle_requests(usize::MAX)?,
                Round::TimedOut => {}
            }
            self.server.hooks().service_actions(self.server)?;
            deadline = next();
        }
    }

    /// Waits until a socket is ready, the loop is to stop, or the deadline comes.
    fn wait(&mut self, deadline: Option<Instant>) -> Result<Round> {
        let core = &self.server.core;
        let room = core.rooms.of_loop(self.index);
        let mut until = deadline;
        let mut accepts = self.may_accept(&mut until);
        if !accepts {
            room.want();
            // Room that was made before the line above was not announced.
            until = deadline;
            accepts = self.may_accept(&mut until);
        }
        self.polled.clear();
        self.polled.push(readable(core.stop_wake.fd()));
        if accepts {
            self.polled.extend(self.sockets.iter().map(|socket| readable(socket.fileno())));
        } else {
            self.polled.push(readable(room.fd()));
        }
        let own = self.polled.len();
        if let Some(children) = self.server.children() {
            children.poll_for(&mut self.polled);
            if children.must_look() {
                until = earlier(until, Instant::now() + LOOK);
            }
        }
        if core.stop.load(Ordering::SeqCst) {
            return Ok(Round::Stopped);
        }
        if accepts && self.tries > 0 {
            self.tries -= 1;
            self.polled[1..].iter_mut().for_each(|polled| polled.revents = libc::POLLIN);
            return Ok(Round::Ready(self.sockets.len()));
        }
        let left = until.map(|moment| moment.saturating_duration_since(Instant::now()));
        match sys::poll(&mut self.polled, left) {
            Ok(polled) => {
                // In-line, a request in between could take long, and so could the next look at the wake descriptor.
                let hands_over = core.pool.is_some() && self.server.hooks().get_request_never_waits();
                let more = accepts && !polled.waited && hands_over;
                self.tries = if more { IN_A_ROW } else { 0 };
            }
            Err(Error::Os(libc::EINTR)) if !core.interruptible.load(Ordering::Relaxed) => {
                return Ok(Round::Ready(0));
            }
            Err(error) => return Err(error),
        }
        if let Some(children) = self.server.children() {
            children.collect(&self.polled[own..]);
        }
        let is_ready = |polled: &libc::pollfd| polled.revents != 0;
        if is_ready(&self.polled[0]) || core.stop.load(Ordering::SeqCst) {
            return Ok(Round::Stopped);
        }
        let mut ready = self.polled[1..own].iter().filter(|polled| is_ready(polled)).count();
        if !accepts {
            if ready > 0 {
                room.clear();
                self.paused = None;
            }
            ready = 0;
        }
        let late = ready == 0 && deadline.is_some_and(|deadline| Instant::now() >= deadline);
        Ok(if late { Round::TimedOut } else { Round::Ready(ready) })
    }

    /// Whether there is room for another request; else `until` is brought forward to when it is worth asking again.
    fn may_accept(&mut self, until: &mut Option<Instant>) -> bool {
        let now = Instant::now;
        if let Some(paused) = self.paused {
            if now() < paused {
                *until = earlier(*until, paused);
                return false;
            }
            self.paused = None;
        }
        if let Some(children) = self.server.children() {
            return children.has_room();
        }
        let Some(pool) = &self.server.core.pool else { return true };
        if pool.has_room() {
            return true;
        }
        if pool.retry() {
            *until = earlier(*until, now() + THREAD_PAUSE);
        }
        pool.has_room()
    }

    /// Takes a request from each socket that is ready, at most so many.
    fn handle_requests(&mut self, most: usize) -> Result<()> {
        let mut left = most;
        for index in 0..self.sockets.len() {
            if left == 0 || self.polled[index + 1].revents == 0 {
                continue;
            }
            // The first request may have taken the last thread.
            if left == most || self.may_accept(&mut None) {
                left -= 1;
                let socket = Arc::clone(&self.sockets[index]);
                self.handle_request(&socket)?;
            }
        }
        Ok(())
    }

    fn handle_request(&mut self, socket: &Arc<Socket>) -> Result<()> {
        let server = self.server;
        let request = match caught(|| server.hooks().get_request(server, socket)) {
            Ok(request) => request,
            Err(failure) => return self.no_request(failure),
        };
        self.failures = 0;
        server.counters().accept();
        if server.is_over_limit(&request) {
            server.reject(&request);
            return Ok(());
        }
        match caught(|| server.hooks().verify_request(&request)) {
            Ok(true) => {
                let processed = caught(|| -> Result<()> {
                    server.hooks().process_request(request);
                    Ok(())
                });
                if processed.is_err() {
                    server.counters().fail();
                }
            }
            Ok(false) => server.reject(&request),
            Err(failure) => {
                server.report(&request, &failure);
                request.end();
            }
        }
        Ok(())
    }

    /// A client that gave up, or a network that is down, is no reason to stop; a full table is one to pause.
    fn no_request(&mut self, failure: Failure) -> Result<()> {
        match failure {
            Failure::Error(Error::Os(libc::EAGAIN | libc::EINTR)) => {
                self.tries = 0;
                return Ok(());
            }
            Failure::Error(
                error @ (Error::Closed | Error::Os(libc::EBADF | libc::ENOTSOCK | libc::EINVAL)),
            ) => {
                return Err(error);
            }
            Failure::Error(Error::Os(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)) => {
                self.failures = FAILURES;
            }
            _ => self.failures += 1,
        }
        if self.failures >= FAILURES {
            self.paused = Some(Instant::now() + FULL_PAUSE);
        }
        Ok(())
    }
}

fn earlier(one: Option<Instant>, other: Instant) -> Option<Instant> {
    Some(one.map_or(other, |one| one.min(other)))
}

fn readable(fd: std::os::fd::RawFd) -> libc::pollfd {
    libc::pollfd { fd, events: libc::POLLIN, revents: 0 }
}
