//! The life of a server: how it begins to serve, how it is stopped, and how it ends.
//!
//! ```text
//!             begin                 ask_to_stop
//!     idle ──────────▶ serving ────────────────────▶ stopping
//!      ▲                  │ (a loop has failed)           │
//!      └──────────────────┴───── the loops have ended ────┘
//!
//!     idle, serving or stopping ── server_close, once ──▶ draining ──▶ closed
//! ```
//!
//! - A stop that is requested while the server is idle is kept. The next `begin` then leads to stopping at
//!   once.
//! - Draining stops the loops, gives the requests that have begun some time, and cuts off those that take
//!   longer. From here on `begin` fails.
//! - All this is of one process. A forked child inherits a server that is its parent's: it does not serve in the child,
//!   whatever the parent does. `begin` makes it the child's own.
//! - Closed means that the sockets are closed. The last user closes them: `server_close`, or a loop for which
//!   `server_close` could not wait.

mod caller;
mod close;
mod serve;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::event::{Event, Woken};
use super::lock;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::sys::fd::RawFd;
use crate::sys::{WakePipe, forks};

pub(crate) use caller::{Role, give_away, hold, with_role, works_in_loop};
pub use close::DrainReport;

/// The state of a server, and the transitions to other states.
pub(crate) struct Lifecycle {
    state: Mutex<State>,
    /// Notified when `serving` becomes false.
    loops_ended: Event,
    /// The process that has asked for a stop: one more than its [`forks`], or [`NOBODY`]. Beside the lock, as each loop
    /// reads it before each poll.
    stop: AtomicU32,
    stop_wake: WakePipe,
    /// The [`forks`] of the process whose server this is.
    process: AtomicU32,
}

/// No process has asked for a stop.
const NOBODY: u32 = 0;

fn this_process() -> u32 {
    forks().wrapping_add(1)
}

#[derive(Default)]
struct State {
    /// True while serving or stopping, false while idle.
    serving: bool,
    /// How often serving has ended. A caller that waits for this end does not wait for the next one too.
    rounds: u64,
    /// True while draining or closed.
    closing: bool,
    /// Whether a `server_close` is running, or has ended without an interruption. A handler need not wait for the
    /// same requests, and two handlers must not wait for each other.
    close_began: bool,
    /// Whether a `server_close` has left requests behind, because they did not end in time or are not waited for. The
    /// next one without a limit does not wait for them.
    gave_up: bool,
}

impl Lifecycle {
    pub(crate) fn new() -> Result<Lifecycle> {
        Ok(Lifecycle {
            state: Mutex::default(),
            loops_ended: Event::default(),
            stop: AtomicU32::new(NOBODY),
            stop_wake: WakePipe::new()?,
            process: AtomicU32::new(forks()),
        })
    }

    /// The process whose server this is.
    pub(crate) fn process(&self) -> u32 {
        self.process.load(Ordering::SeqCst)
    }

    /// True in a forked child that does not serve: all that the server has is the parent's. Its locks may then be held
    /// by threads that only the parent has.
    #[inline]
    pub(crate) fn is_inherited(&self) -> bool {
        self.process() != forks()
    }

    /// Goes from idle to serving, unless `prepare` fails. `prepare` gets whether the server is inherited so far.
    fn begin(&self, prepare: impl FnOnce(bool) -> Result<()>) -> Result<()> {
        let mut state = lock(&self.state);
        let inherited = self.is_inherited();
        if inherited {
            *state = State { rounds: state.rounds, ..State::default() };
        }
        if state.closing {
            return Err(Error::Closed);
        }
        if state.serving {
            return Err(Error::value("the server is serving already"));
        }
        prepare(inherited)?;
        if inherited {
            self.take_over()?;
        }
        state.serving = true;
        Ok(())
    }

    /// Goes on serving in a forked child, unless `prepare` fails.
    fn serve_on(&self, prepare: impl FnOnce() -> Result<()>) -> Result<()> {
        let _state = lock(&self.state);
        prepare()?;
        self.take_over()
    }

    /// Makes the server this process's own, which holds the lock.
    fn take_over(&self) -> Result<()> {
        self.stop_wake.renew()?;
        let asked = self.stop.load(Ordering::SeqCst);
        if asked != this_process() {
            // If that fails, this process has asked just now.
            let _ = self.stop.compare_exchange(asked, NOBODY, Ordering::SeqCst, Ordering::SeqCst);
        }
        self.process.store(forks(), Ordering::SeqCst);
        Ok(())
    }

    /// Goes back to idle. `close_sockets` runs if the server is draining or closed, because a `server_close`
    /// may not have waited for this. `interrupted` says that the caller will look at signals and then serve
    /// again; a requested stop is kept until then.
    fn end(&self, interrupted: bool, close_sockets: impl FnOnce()) {
        let mut state = lock(&self.state);
        state.serving = false;
        state.rounds += 1;
        if !interrupted {
            self.stop.store(NOBODY, Ordering::SeqCst);
            self.stop_wake.clear();
        }
        let closing = state.closing;
        drop(state);
        if closing {
            close_sockets();
        }
        self.loops_ended.announce();
    }

    pub(crate) fn ask_to_stop(&self) {
        self.stop.store(this_process(), Ordering::SeqCst);
        self.stop_wake.raise();
    }

    /// Returns whether a stop was requested. A signal handler that requests a stop only makes
    /// [`Lifecycle::stop_fd`] readable.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst) != NOBODY
    }

    /// Returns the descriptor that a loop polls to notice a stop.
    pub(crate) fn stop_fd(&self) -> RawFd {
        self.stop_wake.fd()
    }

    /// Requests a stop, and waits until the loops that run now have ended, or a token of this thread is triggered.
    fn stop_and_wait(&self, caller_works_for_server: bool) {
        if self.is_inherited() {
            self.ask_to_stop();
            // Unless another thread of this process has just begun to serve, there is no loop to wait for.
            if self.is_inherited() {
                return;
            }
        }
        let mut state = lock(&self.state);
        self.ask_to_stop();
        let before = state.rounds;
        let mut woken = Woken::Announced;
        while !caller_works_for_server && state.serving && state.rounds == before && woken == Woken::Announced
        {
            (state, woken) = self.loops_ended.wait(&self.state, state, Deadline::NEVER, false);
        }
    }

    /// Goes to draining. Returns whether a close without a limit has something to wait for.
    fn begin_closing(&self, caller_works_for_server: bool) -> bool {
        let mut state = lock(&self.state);
        state.closing = true;
        let began = std::mem::replace(&mut state.close_began, true);
        !(state.gave_up || began && caller_works_for_server)
    }

    /// Records that a close has left requests behind, which the next one without a limit does not wait for.
    fn give_up(&self) {
        lock(&self.state).gave_up = true;
    }

    /// Records that a close was interrupted. The next close waits for everything again.
    fn interrupt_closing(&self) {
        lock(&self.state).close_began = false;
    }

    /// Stops the loops if there are any, without waiting for their end.
    fn stop_if_serving(&self) {
        // If no loop runs, the stop would be kept for ever.
        if lock(&self.state).serving {
            self.ask_to_stop();
        }
    }

    /// Waits until no loop runs, but not longer than the deadline, and if `interruptible` only until a signal
    /// handler has run.
    fn wait_idle(&self, deadline: Deadline, interruptible: bool) -> Woken {
        let mut state = lock(&self.state);
        let mut woken = Woken::Announced;
        while state.serving && woken == Woken::Announced {
            (state, woken) = self.loops_ended.wait(&self.state, state, deadline, interruptible);
        }
        if state.serving { woken } else { Woken::Announced }
    }
}
