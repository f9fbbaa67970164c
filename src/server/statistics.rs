//! What a server counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a server has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Requests taken: clients accepted, datagrams received.
    pub accepted: u64,
    /// Requests that have begun and not ended.
    pub active: u64,
    /// Requests ended without being handled: over a limit, refused by `verify_request`, or no thread for them.
    pub rejected: u64,
    /// Requests whose handler returned an error or panicked.
    pub failed: u64,
    /// Requests that have ended, for whatever reason.
    pub finished: u64,
    /// Threads that handle requests or wait for them.
    pub threads: u64,
    /// Those of them that wait.
    pub idle_threads: u64,
    /// Child processes that handle requests.
    pub children: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    accepted: AtomicU64,
    rejected: AtomicU64,
    failed: AtomicU64,
    finished: AtomicU64,
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

    pub(crate) fn finish(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Statistics {
        Statistics {
            accepted: self.accepted.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            finished: self.finished.load(Ordering::Relaxed),
            ..Statistics::default()
        }
    }
}
