//! The counters of a server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::sys::TcpBytes;

/// Counts of what a server has done so far, and of what it has at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Requests that were taken: clients that were accepted, datagrams that were received, and jobs.
    pub accepted: u64,
    /// Requests that have begun but not ended.
    pub active: u64,
    /// Requests that ended without being handled, because of a limit, because `verify_request` refused them,
    /// or because there was no thread for them.
    pub rejected: u64,
    /// Requests whose handler or hook returned an error or panicked.
    pub failed: u64,
    /// Stream clients for which the hook [`handshake`](super::Hooks::handshake) returned an error or panicked.
    pub handshake_failed: u64,
    /// Requests that have ended, for any reason.
    pub finished: u64,
    /// Threads that handle requests or wait for them.
    pub threads: u64,
    /// Threads among them that wait for requests.
    pub idle_threads: u64,
    /// Child processes that handle requests.
    pub children: u64,
    /// How often the server became unable to accept clients, because there was no descriptor or no memory for them
    /// ([`Trouble::TableFull`](crate::server::Trouble::TableFull)).
    pub table_full: u64,
    /// How often the system began to refuse threads or processes
    /// ([`Trouble::ThreadRefused`](crate::server::Trouble::ThreadRefused)).
    pub threads_refused: u64,
    /// How often taking a request from a socket failed for another reason.
    pub accepts_failed: u64,
    /// How often waiting for clients failed.
    pub polls_failed: u64,
    /// Requests that are parked: they wait without a thread.
    pub parked: u64,
    /// How often a parked request was woken because there was something to read.
    pub woken: u64,
    /// Parked connections that were closed to make room for others: because of
    /// [`max_parked`](super::ServerOptions::max_parked), or because the process had too many open descriptors. Those
    /// whose urgent data hid the end of a request count too ([`request_end`](super::ServerOptions::request_end)).
    pub shed: u64,
    /// Connections that were cut off because [`idle_timeout`](super::ServerOptions::idle_timeout) has passed.
    pub idle_cut: u64,
    /// Connections that were cut off because [`request_deadline`](super::ServerOptions::request_deadline) has passed.
    pub request_cut: u64,
    /// Connections that were cut off because they were slower than [`min_rate`](super::ServerOptions::min_rate).
    pub rate_cut: u64,
    /// Connections that were cut off because `handshake_timeout` has passed.
    pub handshake_cut: u64,
    /// Connections that were cut off because [`header_timeout`](super::ServerOptions::header_timeout) has passed.
    pub header_cut: u64,
    /// Connections that were refused because their PROXY header was not valid or not complete, or because their peer is
    /// not trusted to send one ([`proxy_protocol`](super::ServerOptions::proxy_protocol)).
    pub header_refused: u64,
    /// The longest time for which a request has waited in the queue for a thread.
    pub longest_wait: Duration,
    /// The mean time for which requests have waited for a thread. Those that got one at once count as zero.
    pub mean_wait: Duration,
    /// Bytes that clients have sent over connections that have ended, if the server
    /// [counts them](crate::server::ServerOptions::count_bytes).
    pub bytes_received: u64,
    /// Bytes that the server has sent over such connections.
    pub bytes_sent: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    accepted: AtomicU64,
    rejected: AtomicU64,
    failed: AtomicU64,
    handshake_failed: AtomicU64,
    finished: AtomicU64,
    woken: AtomicU64,
    bytes_received: AtomicU64,
    bytes_sent: AtomicU64,
}

impl Counters {
    pub(crate) fn accept(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn reject(&self) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn fail(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn fail_handshake(&self) {
        self.handshake_failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn moved(&self, bytes: &TcpBytes) {
        self.bytes_received.fetch_add(bytes.received, Ordering::Relaxed);
        self.bytes_sent.fetch_add(bytes.written, Ordering::Relaxed);
    }

    pub(crate) fn finish(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn wake(&self) {
        self.woken.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Statistics {
        Statistics {
            accepted: self.accepted.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            handshake_failed: self.handshake_failed.load(Ordering::Relaxed),
            finished: self.finished.load(Ordering::Relaxed),
            bytes_received: self.bytes_received.load(Ordering::Relaxed),
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            woken: self.woken.load(Ordering::Relaxed),
            ..Statistics::default()
        }
    }
}
