//! Many sockets that are watched at once: a thread that polls them with `WSAPoll`. It is started with the first socket.

use std::collections::VecDeque;
use std::ffi::c_short;
use std::slice;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Networking::WinSock as winsock;

use super::libc::{POLLIN, POLLNVAL, pollfd};
use super::{Thread, Wake, name_current_thread, poll};
use crate::error::Result;
use crate::memory;
use crate::sys::Run;
use crate::sys::fd::RawFd;

/// The stack of the thread in bytes.
const STACK_SIZE: usize = 64 * 1024;

/// How long to wait after a poll that has failed.
const RETRY: Duration = Duration::from_millis(10);

/// Watches sockets. Its own socket polls as readable while one of them has something to report.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    /// `None` until a socket is watched.
    thread: Mutex<Option<Thread>>,
}

/// What a close reports to a watch, which it does not keep.
pub(super) struct Reported {
    watch: Weak<Shared>,
    token: u64,
}

struct Shared {
    state: Mutex<State>,
    /// Notified once for each token and each ring.
    found: Condvar,
    /// Readable while there is a token or a ring.
    readable: Wake,
    /// Wakes the thread from its poll, because the sockets have changed.
    changed: Wake,
}

#[derive(Default)]
struct State {
    watched: Vec<Watched>,
    ready: VecDeque<u64>,
    bell: bool,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Watched {
    fd: RawFd,
    token: u64,
    /// How many bytes were there already, and are not to be reported.
    before: usize,
}

impl State {
    fn is_quiet(&self) -> bool {
        self.ready.is_empty() && !self.bell
    }
}

impl Watch {
    /// The token of [`Watch::ring`].
    pub(crate) const BELL: u64 = u64::MAX;

    pub(crate) fn new() -> Result<Self> {
        let shared = memory::shared(Shared {
            state: Mutex::default(),
            found: Condvar::new(),
            readable: Wake::new()?,
            changed: Wake::new()?,
        })?;
        Ok(Watch { shared, thread: Mutex::new(None) })
    }

    /// Returns false: there are no forked children.
    pub(crate) fn is_inherited(&self) -> bool {
        false
    }

    /// Does nothing: there are no forked children.
    pub(crate) fn renew(&self) -> Result<()> {
        Ok(())
    }

    /// Returns the socket that is readable while something is to be reported.
    pub(crate) fn fd(&self) -> RawFd {
        self.shared.readable.fd()
    }

    /// Reports the token once, as soon as there is something to read beyond the bytes that were there `before`, an end, or
    /// an error. A socket that was watched before is watched anew, with this token.
    ///
    /// Fails with `Os(ENOMEM)`, and with `Os(EAGAIN)` when the system refuses the thread.
    pub(crate) fn once(&self, fd: RawFd, token: u64, _again: bool, before: usize) -> Result<()> {
        let mut state = self.shared.lock();
        state.watched.retain(|watched| watched.fd != fd);
        memory::reserve(&mut state.watched, 1)?;
        // Each watched socket has a place for its token, so that the thread needs no memory to report it.
        for _ in state.ready.len()..=state.watched.len() {
            memory::reserve_in_queue(&mut state.ready)?;
        }
        state.watched.push(Watched { fd, token, before });
        drop(state);
        self.start()?;
        self.shared.changed.raise();
        Ok(())
    }

    fn start(&self) -> Result<()> {
        let mut thread = lock(&self.thread);
        if thread.is_none() {
            let poller = memory::shared(Poller(Arc::clone(&self.shared)))?;
            *thread = Some(Thread::start(STACK_SIZE, poller)?);
        }
        Ok(())
    }

    /// Returns what reports a token of a socket that is watched.
    pub(super) fn reported(&self, token: u64) -> Reported {
        Reported { watch: Arc::downgrade(&self.shared), token }
    }

    /// Watches a socket no longer.
    pub(crate) fn forget(&self, fd: RawFd) {
        self.shared.lock().watched.retain(|watched| watched.fd != fd);
        self.shared.changed.raise();
    }

    /// Writes the tokens of sockets that have something to report, and returns how many they are. Never waits.
    pub(crate) fn ready(&self, tokens: &mut [u64]) -> usize {
        let mut state = self.shared.lock();
        let mut count = 0;
        for place in tokens {
            let Some(token) = self.shared.take(&mut state) else { break };
            *place = token;
            count += 1;
        }
        count
    }

    /// Waits for the next token, but not longer than this. Several threads may wait: each token is for one of them.
    ///
    /// Returns `None` when the time is over.
    pub(crate) fn wait(&self, most: Duration) -> Option<u64> {
        let begin = Instant::now();
        let mut state = self.shared.lock();
        loop {
            if let Some(token) = self.shared.take(&mut state) {
                return Some(token);
            }
            let left = most.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return None;
            }
            let waited = self.shared.found.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Reports [`Watch::BELL`] to one of the threads that wait. Several rings may become one.
    pub(crate) fn ring(&self) {
        let mut state = self.shared.lock();
        if state.is_quiet() {
            self.shared.readable.raise();
        }
        state.bell = true;
        self.shared.found.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.raise();
        if let Some(thread) = lock(&self.thread).take() {
            thread.join();
        }
    }
}

impl Reported {
    /// Reports the token, unless the watch has reported it or has forgotten its socket.
    pub(super) fn report(&self) {
        let Some(watch) = self.watch.upgrade() else { return };
        let mut state = watch.lock();
        let is_watched = |watched: &Watched| watched.token == self.token;
        if let Some(index) = state.watched.iter().position(is_watched) {
            watch.found(&mut state, index);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Reports a socket that is watched.
    fn found(&self, state: &mut State, index: usize) {
        // Under the lock: who takes the last token makes the socket unreadable again.
        if state.is_quiet() {
            self.readable.raise();
        }
        // There is a place for the token of each watched socket.
        let found = state.watched.swap_remove(index);
        state.ready.push_back(found.token);
        self.found.notify_one();
    }

    /// Takes a ring or a token.
    fn take(&self, state: &mut State) -> Option<u64> {
        let was_quiet = state.is_quiet();
        let taken = if std::mem::take(&mut state.bell) { Some(Watch::BELL) } else { state.ready.pop_front() };
        if !was_quiet && state.is_quiet() {
            self.readable.clear();
        }
        taken
    }
}

/// How often to look whether sockets have more bytes than before, of which the system does not tell.
const LOOK: Duration = Duration::from_millis(10);

/// How many times as long as it looks the thread does not look, so that many sockets take no more than a part of a processor.
const REST: u32 = 20;

/// The thread that polls.
struct Poller(Arc<Shared>);

impl Run for Poller {
    fn run(self: Arc<Self>) {
        name_current_thread(c"tabi-watch");
        let (mut watched, mut polled) = (Vec::new(), Vec::new());
        let mut next_look = Instant::now();
        while self.list(&mut watched, &mut polled) {
            // The system reports a socket whenever it has bytes. One that has some and waits for more is not polled for them.
            let looks = watched.iter().any(|watched| watched.before > 0);
            let limit = looks.then(|| next_look.saturating_duration_since(Instant::now()));
            if poll(&mut polled, limit).is_err() {
                find_closed(&mut polled[1..]);
            }
            self.0.changed.clear();
            let begin = Instant::now();
            if looks && begin >= next_look {
                look(&watched, &mut polled[1..]);
                next_look = begin + LOOK.max(begin.elapsed() * REST);
            }
            self.report(&watched, &polled[1..]);
        }
    }
}

impl Poller {
    /// Makes the list of what to poll. Returns false when the watch has ended.
    fn list(&self, watched: &mut Vec<Watched>, polled: &mut Vec<pollfd>) -> bool {
        let state = self.0.lock();
        watched.clear();
        polled.clear();
        let count = state.watched.len();
        let readable = |fd| pollfd { fd, events: POLLIN, revents: 0 };
        if memory::reserve(watched, count).and_then(|()| memory::reserve(polled, count + 1)).is_ok() {
            watched.extend(&state.watched);
        }
        // Without memory, the thread waits for the next change.
        polled.push(readable(self.0.changed.fd()));
        let events = |watched: &Watched| if watched.before > 0 { 0 } else { POLLIN };
        let one = |watched: &Watched| pollfd { fd: watched.fd, events: events(watched), revents: 0 };
        polled.extend(watched.iter().map(one));
        !state.ended
    }

    /// Reports the sockets that have something to read, an end or an error.
    fn report(&self, watched: &[Watched], polled: &[pollfd]) {
        const NOTHING: c_short = 0;
        let mut state = self.0.lock();
        for (watched, polled) in watched.iter().zip(polled) {
            if polled.revents == NOTHING {
                continue;
            }
            // Meanwhile it may have been forgotten, or have got another token.
            if let Some(index) = state.watched.iter().position(|now| now == watched) {
                self.0.found(&mut state, index);
            }
        }
    }
}

/// Looks which sockets have more bytes than before. The end of a stream and errors are found by the poll.
fn look(watched: &[Watched], polled: &mut [pollfd]) {
    for (watched, polled) in watched.iter().zip(polled).filter(|(watched, _)| watched.before > 0) {
        if bytes_of(watched.fd) != watched.before {
            polled.revents |= POLLIN;
        }
    }
}

/// Returns how many bytes there are to read from a socket, 0 if it was closed meanwhile.
fn bytes_of(fd: RawFd) -> usize {
    let mut bytes = 0;
    // SAFETY: FIONREAD writes one number.
    let result = unsafe { winsock::ioctlsocket(fd as _, winsock::FIONREAD, &mut bytes) };
    if result == 0 { bytes as usize } else { 0 }
}

/// After a poll that has failed: marks the sockets that cannot be polled, because they were closed while they were watched.
fn find_closed(polled: &mut [pollfd]) {
    for one in polled {
        if poll(slice::from_mut(one), Some(Duration::ZERO)).is_err() {
            one.revents = POLLNVAL;
        }
    }
    // The system may have lacked memory.
    thread::sleep(RETRY);
}

/// Locks a mutex. No foreign code runs under the locks of this module.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
