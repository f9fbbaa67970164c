//! The life of a server: how it begins to serve, how it is stopped, how it ends.
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
//! - A stop that is asked for while the server is idle is kept: the next `begin` leads to stopping at once.
//! - Draining asks the loops to stop, gives the requests under way their time and cuts off those that are late.
//!   From here on `begin` fails.
//! - Closed means that the sockets are closed. Whoever is last does it: `server_close`, or a loop that it could not
//!   wait for.

mod caller;
mod close;
mod serve;

use std::os::fd::RawFd;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::event::{Event, Woken};
use super::lock;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::sys::Wake;

pub(crate) use caller::{Role, with_role};
pub use close::DrainReport;

/// In which state a server is, and how it gets to the next.
pub(crate) struct Lifecycle {
    state: Mutex<State>,
    /// Notified when `serving` becomes false.
    loops_ended: Event,
    /// A stop is asked for. Beside the lock, as each loop reads it before each poll.
    stop: AtomicBool,
    stop_wake: Wake,
}

#[derive(Default)]
struct State {
    /// Serving or stopping, else idle.
    serving: bool,
    /// How often serving has ended: who waits for an end does not wait for the next one too.
    rounds: u64,
    /// Draining or closed.
    closing: bool,
    /// A `server_close` runs or has ended, and was not interrupted: the next need not wait for what it waits for.
    close_began: bool,
}

impl Lifecycle {
    pub(crate) fn new() -> Result<Lifecycle> {
        Ok(Lifecycle {
            state: Mutex::default(),
            loops_ended: Event::default(),
            stop: AtomicBool::new(false),
            stop_wake: Wake::new()?,
        })
    }

    /// From idle to serving, unless `prepare` fails.
    fn begin(&self, prepare: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut state = lock(&self.state);
        if state.closing {
            return Err(Error::Closed);
        }
        if state.serving {
            return Err(Error::value("the server is serving already"));
        }
        prepare()?;
        state.serving = true;
        Ok(())
    }

    /// Back to idle. `close_sockets` runs if a `server_close` could not wait for this. `interrupted` says that whoever
    /// serves looks at signals and then goes on: a stop that was asked for is kept until then.
    fn end(&self, interrupted: bool, close_sockets: impl FnOnce()) {
        let mut state = lock(&self.state);
        state.serving = false;
        state.rounds += 1;
        if !interrupted {
            self.stop.store(false, Ordering::SeqCst);
            self.stop_wake.clear();
        }
        let closing = state.closing;
        drop(state);
        if closing {
            close_sockets();
        }
        self.loops_ended.announce();
    }

    fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.stop_wake.raise();
    }

    /// Whether a stop was asked for; a signal handler that asks for it only makes [`Lifecycle::stop_fd`] readable.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// What a loop polls to learn of a stop.
    pub(crate) fn stop_fd(&self) -> RawFd {
        self.stop_wake.fd()
    }

    /// Asks for a stop and waits until the loops that run now have ended.
    fn stop_and_wait(&self, caller_works_for_server: bool) {
        let mut state = lock(&self.state);
        self.ask_to_stop();
        let before = state.rounds;
        while !caller_works_for_server && state.serving && state.rounds == before {
            (state, _) = self.loops_ended.wait(&self.state, state, Deadline::NEVER, false);
        }
    }

    /// To draining; false when a close came before that was not interrupted.
    fn begin_closing(&self) -> bool {
        let mut state = lock(&self.state);
        state.closing = true;
        !std::mem::replace(&mut state.close_began, true)
    }

    /// A close was interrupted: the next one has everything to wait for.
    fn interrupt_closing(&self) {
        lock(&self.state).close_began = false;
    }

    /// Ends the loops if there are any, without waiting for it.
    fn stop_if_serving(&self) {
        // A stop that nobody is there to obey would be kept for ever.
        if lock(&self.state).serving {
            self.ask_to_stop();
        }
    }

    /// Waits until no loop runs; gives up at the deadline, and if `interruptible` when a signal handler has run.
    fn wait_idle(&self, deadline: Deadline, interruptible: bool) -> Woken {
        let mut state = lock(&self.state);
        let mut woken = Woken::Announced;
        while state.serving && woken == Woken::Announced {
            (state, woken) = self.loops_ended.wait(&self.state, state, deadline, interruptible);
        }
        if state.serving { woken } else { Woken::Announced }
    }
}
