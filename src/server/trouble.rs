//! Trouble that is not the failure of one request: what a server cannot do at the moment, and whom it has turned away.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::request::caught;
use super::{Server, Statistics};
use crate::error::{Error, Result};
use crate::sys::monotonic_nanoseconds;

/// Trouble that a server reports to [`Hooks::handle_trouble`](crate::server::Hooks::handle_trouble).
///
/// What lasts is reported when it begins and when it has ended. What happens to single clients is reported at most once
/// a second for each kind; the number that comes with it counts everything since the last such report. The totals are
/// in [`Statistics`].
///
/// Its text ([`Display`](fmt::Display)) fits into a log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// No client can be accepted, because there is no descriptor (`EMFILE`, `ENFILE`) or no memory (`ENOBUFS`,
    /// `ENOMEM`) for it. Clients wait in the kernel's queue.
    TableFull(Error),
    /// Clients are accepted again. For a second, none was refused for the reason of [`Trouble::TableFull`].
    TableFree,
    /// The system refused to start a thread or a process for a request. Requests wait for one.
    ThreadRefused(Error),
    /// Threads and processes can be started again. For a second, none was refused.
    ThreadStarted,
    /// Taking a request from a socket failed in another way: a client gave up, the network is down, or the hook
    /// `get_request` has failed. The server goes on. `error` is that of the last time.
    AcceptFailed {
        /// Why the request could not be taken.
        error: Error,
        /// How often this has happened since the last report.
        times: u64,
    },
    /// The system could not wait for clients: it is short of memory, or the limit of open descriptors was lowered. The
    /// server goes on. `error` is that of the last time.
    PollFailed {
        /// Why waiting was not possible.
        error: Error,
        /// How often this has happened since the last report.
        times: u64,
    },
    /// A listening socket cannot be used any more. It ends `serve_forever`, which returns the same error.
    ListenerFailed(Error),
    /// Clients were turned away, because a limit of the server was reached: `max_connections`,
    /// `max_connections_per_address`, or `max_threads` with [`WhenFull::Refuse`](crate::server::WhenFull::Refuse).
    Refused {
        /// How many clients those are since the last report.
        clients: u64,
    },
    /// Connections that waited for their clients were closed to make room for others, or because of urgent data
    /// ([`request_end`](super::ServerOptions::request_end)).
    Shed {
        /// How many connections those are since the last report.
        clients: u64,
    },
    /// A deadline has passed, or connections moved fewer bytes than the least rate. The connections were shut down.
    Late {
        /// Which limit it was.
        phase: Phase,
        /// How many connections those are since the last report.
        clients: u64,
    },
    /// Connections were refused because of their PROXY header: it was not valid or not complete, or the peer is not
    /// trusted to send one. `error` is that of the last one.
    HeaderRefused {
        /// Why the header was refused.
        error: Error,
        /// How many connections those are since the last report.
        clients: u64,
    },
}

/// A phase in the life of a connection that a setting of the server limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The wait for a client that has not spoken yet, or whose next request has not begun (`idle_timeout`).
    Idle,
    /// The time from the first byte of a request to the handler's answer (`request_deadline`).
    Request,
    /// The least rate at which a request must move bytes (`min_rate`).
    Rate,
    /// The TLS handshake (`handshake_timeout`).
    Handshake,
    /// The wait for the header of the PROXY protocol (`header_timeout`).
    Header,
}

impl Phase {
    pub(crate) const ALL: [Phase; 5] =
        [Phase::Idle, Phase::Request, Phase::Rate, Phase::Handshake, Phase::Header];

    /// Returns the name of the setting that limits the phase.
    pub fn setting(self) -> &'static str {
        match self {
            Phase::Idle => "idle_timeout",
            Phase::Request => "request_deadline",
            Phase::Rate => "min_rate",
            Phase::Handshake => "handshake_timeout",
            Phase::Header => "header_timeout",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::TableFull(error) => write!(f, "no client can be accepted: {error}"),
            Trouble::TableFree => write!(f, "clients are accepted again"),
            Trouble::ThreadRefused(error) => write!(f, "no thread or process can be started: {error}"),
            Trouble::ThreadStarted => write!(f, "threads and processes can be started again"),
            Trouble::AcceptFailed { error, times } => {
                write!(f, "taking a request failed ({times} since the last report): {error}")
            }
            Trouble::PollFailed { error, times } => {
                write!(f, "waiting for clients failed ({times} since the last report): {error}")
            }
            Trouble::ListenerFailed(error) => {
                write!(f, "the listening socket cannot be used any more: {error}")
            }
            Trouble::Refused { clients } => {
                write!(f, "a limit was reached: {clients} refused since the last report")
            }
            Trouble::Shed { clients } => {
                write!(f, "connections that waited: {clients} closed since the last report")
            }
            Trouble::Late { phase, clients } => {
                write!(f, "{}: {clients} cut off since the last report", phase.setting())
            }
            Trouble::HeaderRefused { error, clients } => {
                write!(f, "PROXY headers were refused ({clients} since the last report): {error}")
            }
        }
    }
}

/// How long a state must be over before its end is reported, and how far apart the reports of one kind are, in
/// nanoseconds. A full table that is freed and filled by each client would otherwise be reported for each client.
const PAUSE: i64 = 1_000_000_000;

/// The troubles of one server, and how often each of them was there.
#[derive(Default)]
pub(crate) struct Troubles {
    table: Spell,
    threads: Spell,
    accepts: Burst,
    polls: Burst,
    refused: Burst,
    shed: Burst,
    late: [Burst; Phase::ALL.len()],
    headers: Burst,
}

/// A state that lasts.
#[derive(Default)]
struct Spell {
    begun: AtomicU64,
    /// When it was seen last. 0 means that it is over.
    seen: AtomicI64,
}

impl Spell {
    /// Records that the state is there now. Returns whether that is to be reported.
    fn is_there(&self, now: i64) -> bool {
        let begins = self.seen.swap(now, Ordering::Relaxed) == 0;
        if begins {
            self.begun.fetch_add(1, Ordering::Relaxed);
        }
        begins
    }

    /// Records that the state is not there now. Returns whether its end is to be reported.
    fn is_not_there(&self, now: impl FnOnce() -> i64) -> bool {
        let seen = self.seen.load(Ordering::Relaxed);
        seen != 0
            && now() - seen >= PAUSE
            && self.seen.compare_exchange(seen, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// Events of one kind, of which there may be very many.
#[derive(Default)]
struct Burst {
    total: AtomicU64,
    /// How many of them were reported.
    reported: AtomicU64,
    /// The moment of the next report.
    next: AtomicI64,
}

impl Burst {
    /// Records one event. Returns how many are to be reported now.
    fn one_more(&self, now: i64) -> Option<u64> {
        self.total.fetch_add(1, Ordering::Relaxed);
        let next = self.next.load(Ordering::Relaxed);
        let reports = now >= next
            && self.next.compare_exchange(next, now + PAUSE, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        reports.then(|| {
            let total = self.total();
            total.saturating_sub(self.reported.swap(total, Ordering::Relaxed))
        })
    }

    fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

impl Troubles {
    pub(super) fn count(&self, statistics: &mut Statistics) {
        statistics.table_full = self.table.begun.load(Ordering::Relaxed);
        statistics.threads_refused = self.threads.begun.load(Ordering::Relaxed);
        statistics.accepts_failed = self.accepts.total();
        statistics.polls_failed = self.polls.total();
        statistics.shed = self.shed.total();
        let cut = |phase: Phase| self.late[phase as usize].total();
        statistics.idle_cut = cut(Phase::Idle);
        statistics.request_cut = cut(Phase::Request);
        statistics.rate_cut = cut(Phase::Rate);
        statistics.handshake_cut = cut(Phase::Handshake);
        statistics.header_cut = cut(Phase::Header);
        statistics.header_refused = self.headers.total();
    }
}

/// Each of these counts, and calls the hook if it is time for a report. No lock may be held then.
impl Server {
    /// The default of [`Hooks::handle_trouble`](crate::server::Hooks::handle_trouble): calls
    /// [`ServerOptions::on_trouble`](crate::server::ServerOptions::on_trouble), if it was set. It prints nothing.
    pub fn default_handle_trouble(&self, trouble: &Trouble) {
        if let Some(report) = &self.core.options.on_trouble {
            report(self, trouble);
        }
    }

    /// Accepting was refused for want of descriptors or memory.
    pub(crate) fn table_is_full(&self, error: Error) {
        if self.core.troubles.table.is_there(monotonic_nanoseconds()) {
            self.tell(&Trouble::TableFull(error));
        }
    }

    /// Accepting was not refused for want of descriptors or memory.
    pub(crate) fn table_is_free(&self) {
        if self.core.troubles.table.is_not_there(monotonic_nanoseconds) {
            self.tell(&Trouble::TableFree);
        }
    }

    /// A thread or a process was started, or the system refused it.
    pub(crate) fn thread_was_started(&self, result: Result<()>) {
        let threads = &self.core.troubles.threads;
        match result {
            Ok(()) if threads.is_not_there(monotonic_nanoseconds) => self.tell(&Trouble::ThreadStarted),
            Err(error) if threads.is_there(monotonic_nanoseconds()) => {
                self.tell(&Trouble::ThreadRefused(error))
            }
            _ => {}
        }
    }

    pub(crate) fn accept_failed(&self, error: Error) {
        if let Some(times) = self.core.troubles.accepts.one_more(monotonic_nanoseconds()) {
            self.tell(&Trouble::AcceptFailed { error, times });
        }
    }

    pub(crate) fn poll_failed(&self, error: Error) {
        if let Some(times) = self.core.troubles.polls.one_more(monotonic_nanoseconds()) {
            self.tell(&Trouble::PollFailed { error, times });
        }
    }

    pub(crate) fn listener_failed(&self, error: &Error) {
        self.tell(&Trouble::ListenerFailed(error.clone()));
    }

    /// A client was turned away because of a limit.
    pub(crate) fn client_was_refused(&self) {
        if let Some(clients) = self.core.troubles.refused.one_more(monotonic_nanoseconds()) {
            self.tell(&Trouble::Refused { clients });
        }
    }

    /// A connection that waited was closed to make room, or because of urgent data.
    pub(crate) fn client_was_shed(&self) {
        if let Some(clients) = self.core.troubles.shed.one_more(monotonic_nanoseconds()) {
            self.tell(&Trouble::Shed { clients });
        }
    }

    /// A connection was cut off because the deadline of this phase has passed.
    pub(crate) fn client_was_late(&self, phase: Phase) {
        if let Some(clients) = self.core.troubles.late[phase as usize].one_more(monotonic_nanoseconds()) {
            self.tell(&Trouble::Late { phase, clients });
        }
    }

    /// A connection is refused because of its PROXY header.
    pub(crate) fn header_was_refused(&self, error: Error) {
        if let Some(clients) = self.core.troubles.headers.one_more(monotonic_nanoseconds()) {
            self.tell(&Trouble::HeaderRefused { error, clients });
        }
    }

    fn tell(&self, trouble: &Trouble) {
        // There is nothing to report a panic of the hook to.
        let _ = caught(|| -> Result<()> {
            self.hooks().handle_trouble(self, trouble);
            Ok(())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_reported_when_it_begins_and_when_it_has_been_over_for_a_second() {
        let spell = Spell::default();
        assert!(!spell.is_not_there(|| 1), "it never was");
        assert!(spell.is_there(10));
        assert!(!spell.is_there(20));
        assert!(!spell.is_not_there(|| 20 + PAUSE - 1));
        assert!(!spell.is_there(PAUSE));
        assert!(!spell.is_not_there(|| 2 * PAUSE - 1), "it came back");
        assert!(spell.is_not_there(|| 2 * PAUSE));
        assert!(!spell.is_not_there(|| 9 * PAUSE));
        assert!(spell.is_there(9 * PAUSE));
        assert_eq!(spell.begun.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn the_text_names_the_setting_that_has_cut_connections_off() {
        let text = |phase| Trouble::Late { phase, clients: 3 }.to_string();
        assert_eq!(text(Phase::Idle), "idle_timeout: 3 cut off since the last report");
        assert_eq!(text(Phase::Rate), "min_rate: 3 cut off since the last report");
    }

    #[test]
    fn events_are_reported_together_and_none_is_lost() {
        let burst = Burst::default();
        assert_eq!(burst.one_more(10), Some(1));
        for now in 11..50 {
            assert_eq!(burst.one_more(now), None);
        }
        assert_eq!(burst.one_more(10 + PAUSE), Some(40));
        assert_eq!(burst.one_more(10 + 2 * PAUSE), Some(1));
        assert_eq!(burst.total(), 42);
    }
}
