//! Requests in the table that wait without a thread.

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
        request.resume(self.cut);
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
            return Err(self.woken(slot, parked));
        }
        place.parked = Some(parked);
        self.parked += 1;
        if phase == Phase::Header && self.phases.of_slot(slot as u32).0 == Some(Phase::Header) {
            // The time of a header goes on while its bytes come.
            return Ok(Deadline::NEVER);
        }
        if phase == Phase::Request && self.limits_requests() {
            // Its request began when it was woken, and is not complete.
            return Ok(Deadline::NEVER);
        }
        let phase = if phase == Phase::Request { Phase::Idle } else { phase };
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
        let (phase, _) = self.phases.of_slot(slot as u32);
        if phase == Some(Phase::Header) {
            // Its time goes on, and it has no thread that could wait for more.
            return Some(self.woken(slot, parked));
        }
        if !self.limits_requests() {
            self.phases.leave(slot as u32);
        } else if phase != Some(Phase::Request) {
            // Whoever wakes a request looks at the deadlines before it sleeps, or wakes the loop.
            let _ = self.phases.enter(slot as u32, Phase::Request, now);
        }
        Some(self.woken(slot, parked))
    }

    /// Returns the slot of the request that has been parked longest. Those whose requests have begun come last.
    pub(super) fn longest_parked(&self) -> Option<usize> {
        let is_parked = |slot: &u32| self.slots[*slot as usize].parked.is_some();
        let slots = |phase| self.phases.of(phase).map(|(slot, _)| slot);
        let mut waiting = Phase::ALL.into_iter().flat_map(slots);
        waiting.find(is_parked).map(|slot| slot as usize)
    }

    /// Returns the first slot from here on whose request is parked.
    pub(super) fn parked_from(&self, first: usize) -> Option<usize> {
        if self.parked == 0 {
            return None;
        }
        let mut slots = self.slots.iter().enumerate().skip(first);
        slots.find(|(_, slot)| slot.parked.is_some()).map(|(number, _)| number)
    }

    fn woken(&mut self, slot: usize, parked: Box<Parked>) -> Woken {
        let place = &mut self.slots[slot];
        place.woken = false;
        place.generation = place.generation.wrapping_add(1);
        Woken { parked, generation: place.generation, cut: place.cut }
    }
}
