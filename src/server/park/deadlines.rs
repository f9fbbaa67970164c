//! What happens when a request takes too long in a phase, or is too slow.

use std::collections::HashMap;

use super::room::BATCH;
use super::settings::MinRate;
use crate::deadline::Deadline;
use crate::server::request::{Entry, fd_of};
use crate::server::{Phase, Server, lock};
use crate::socket::Hold;
use crate::sys;
use crate::sys::fd::{AsRawFd, RawFd};

/// How far running requests have come, by their slot and its generation.
pub(super) type Progress = HashMap<(u32, u32), Moved>;

/// How many bytes a request has moved in the time that counts.
#[derive(Clone, Copy)]
pub(super) struct Moved {
    /// The bytes of the connection, in both directions, when the time began.
    from: u64,
    /// How long a handler was inside a call since then, in nanoseconds.
    time: i64,
    /// When it was looked at last.
    looked: Deadline,
}

impl Server {
    /// Returns the moment at which [`Server::keep_deadlines`] is to be called next. The first serve loop calls this
    /// before it sleeps.
    pub(crate) fn next_deadline(&self) -> Deadline {
        if !self.options().limits_phases() {
            return Deadline::NEVER;
        }
        let mut table = self.active().table();
        let mut next = table.phases.next_moment();
        // While the phases are empty, the loop keeps its last moment, so that the next connection need not wake it.
        if next == Deadline::NEVER && !table.sleeps_until.has_passed() {
            next = table.sleeps_until;
        }
        table.sleeps_until = next;
        next
    }

    /// Cuts off the requests that are late in their phase, and those that are too slow.
    pub(crate) fn keep_deadlines(&self) {
        if !self.options().limits_phases() {
            return;
        }
        for _ in 0..BATCH {
            if !self.cut_late() {
                break;
            }
        }
        if let Some(rate) = self.options().min_rate {
            self.look_at_rates(rate);
        }
    }

    /// Cuts off a request that is late in its phase. Returns false if there is none.
    fn cut_late(&self) -> bool {
        let mut table = self.active().table();
        let Some((slot, phase)) = table.phases.late(Deadline::now()) else { return false };
        table.phases.leave(slot);
        if self.cut_slot(table, slot as usize) {
            self.client_was_late(phase);
        }
        true
    }

    /// Cuts off the running requests that are slower than this.
    fn look_at_rates(&self, rate: MinRate) {
        let Some(room) = &self.core.room else { return };
        let mut table = self.active().table();
        let now = Deadline::now();
        if !table.phases.is_look_due(Phase::Request, now) {
            return;
        }
        let running: Vec<_> = table.phases.of(Phase::Request).map(|(slot, _)| table.running(slot)).collect();
        drop(table);
        let mut progress = lock(&room.progress);
        let before = std::mem::take(&mut *progress);
        for Running { slot, generation, parked, entry } in running {
            let Some(seen) = seen(&entry, parked) else { continue };
            let moved = match before.get(&(slot, generation)) {
                Some(moved) => moved.until(&seen, now),
                None => Moved { from: seen.bytes, time: 0, looked: now },
            };
            if !moved.is_too_slow(seen.bytes, rate) {
                progress.insert((slot, generation), moved);
                continue;
            }
            let table = self.active().table();
            let is_same = table.slots[slot as usize].generation == generation;
            if is_same && self.cut_slot(table, slot as usize) {
                self.client_was_late(Phase::Rate);
            }
        }
    }
}

/// A request that is running.
pub(crate) struct Running {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
    /// Whether it waits without a thread for the rest of its bytes.
    pub(crate) parked: bool,
    pub(crate) entry: Entry,
}

/// The bytes that a connection has moved so far, and whether somebody waits for it.
struct Seen {
    bytes: u64,
    in_call: bool,
}

fn moved(fd: RawFd) -> Option<u64> {
    sys::tcp_bytes(fd).map(|bytes| bytes.received.wrapping_add(bytes.acknowledged))
}

fn seen(entry: &Entry, parked: bool) -> Option<Seen> {
    match entry {
        Entry::Stream(socket) => {
            let hold = Hold::new(socket).ok()?;
            Some(Seen { bytes: moved(hold.fd())?, in_call: parked || hold.is_in_call() })
        }
        Entry::Job(job) => Some(Seen { bytes: moved(fd_of(&**job)?.as_raw_fd())?, in_call: true }),
        Entry::Free | Entry::Datagram => None,
    }
}

impl Moved {
    fn until(self, seen: &Seen, now: Deadline) -> Moved {
        let passed = now.as_monotonic().saturating_sub(self.looked.as_monotonic());
        Moved { time: self.time + if seen.in_call { passed } else { 0 }, looked: now, ..self }
    }

    fn is_too_slow(self, bytes: u64, rate: MinRate) -> bool {
        let moved = u128::from(bytes.saturating_sub(self.from)) * 1_000_000_000;
        let due = u128::from(rate.bytes_per_second) * self.time.unsigned_abs() as u128;
        self.time.unsigned_abs() as u128 >= rate.grace.as_nanos() && moved < due
    }
}
