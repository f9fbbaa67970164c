//! Requests in the table that wait without a thread.

use super::LINGER;
use crate::deadline::Deadline;
use crate::server::request::Table;
use crate::server::{Phase, Request, Server};
use crate::socket::Hold;

/// A request that waits without a thread, and without keeping its server.
pub(crate) struct Parked {
    request: Request,
    /// Keeps the descriptor of a client's socket open. The program keeps that of a job open.
    hold: Option<Hold>,
}

/// A request that waits no longer.
pub(crate) struct Woken {
    parked: Box<Parked>,
    generation: u32,
    /// Whether it has waited for a moment only, so that it is worthwhile to wait for its client in the thread.
    briefly: bool,
    /// Whether it was cut off.
    cut: bool,
}

impl Parked {
    pub(crate) fn new(mut request: Request, hold: Option<Hold>) -> Parked {
        request.ticket_mut().park();
        Parked { request, hold }
    }

    /// Gives the request its server again.
    pub(crate) fn unpark(mut self, server: &Server) -> Request {
        self.request.ticket_mut().unpark(server);
        self.request
    }

    /// In a forked child: closes what the child has of the connection, and runs no code of the program.
    pub(crate) fn abandon(mut self) {
        self.hold = None;
        self.request.close();
        std::mem::forget(self.request);
    }
}

impl Woken {
    /// Returns the request, which is running again. If it was cut off, its next turn is the last one.
    pub(super) fn into_request(self, server: &Server) -> Request {
        let mut request = self.parked.unpark(server);
        request.ticket_mut().set_generation(self.generation);
        request.resume(self.briefly, self.cut);
        request
    }
}

impl Table {
    /// Lets a request wait in its slot. Returns a moment at which the first serve loop must be awake, or gives the
    /// request back if it must go on at once.
    pub(super) fn park(
        &mut self,
        slot: usize,
        parked: Box<Parked>,
        phase: Phase,
        now: Deadline,
    ) -> Result<Deadline, Woken> {
        let place = &mut self.slots[slot];
        if place.woken || place.cut {
            return Err(self.woken(slot, parked, true));
        }
        place.parked = Some(parked);
        self.parked += 1;
        Ok(self.phases.enter(slot as u32, phase, now))
    }

    /// Takes a request that waits out of its slot, because there is something to read. Returns `None` if it does not
    /// wait yet, in which case it will not begin to wait, and for an event that is out of date.
    pub(super) fn wake(&mut self, slot: usize, generation: u32, now: Deadline) -> Option<Woken> {
        let place = self.slots.get_mut(slot).filter(|place| place.generation == generation)?;
        if place.parked.is_none() {
            place.woken = true;
            return None;
        }
        self.take(slot, now)
    }

    /// Takes a request that waits out of its slot.
    pub(super) fn take(&mut self, slot: usize, now: Deadline) -> Option<Woken> {
        let parked = self.slots[slot].parked.take()?;
        self.parked -= 1;
        let waited = self
            .phases
            .leave(slot as u32)
            .map_or(i64::MAX, |(_, since)| now.as_monotonic().saturating_sub(since.as_monotonic()));
        if self.limits_requests() {
            // Whoever wakes a request looks at the deadlines before it sleeps, or wakes the loop.
            let _ = self.phases.enter(slot as u32, Phase::Request, now);
        }
        let briefly = waited < LINGER.as_nanos() as i64;
        Some(self.woken(slot, parked, briefly))
    }

    fn woken(&mut self, slot: usize, parked: Box<Parked>, briefly: bool) -> Woken {
        let place = &mut self.slots[slot];
        place.woken = false;
        place.generation = place.generation.wrapping_add(1);
        Woken { parked, generation: place.generation, briefly, cut: place.cut }
    }
}
