//! The phases of a connection's life and their deadlines.
//!
//! A connection is in one phase at most, and each phase of a server takes the same time for all connections. So the
//! connections of a phase are a list in the order in which they entered it: the first one is the first that is late.
//! To enter, to leave and to look for the first one costs the same for any number of connections. The lists are linked
//! through one place for each slot of the table of active requests, so nothing is allocated when a phase begins.
//!
//! A new phase is a variant of [`Phase`] with its time in [`Phases::new`].

use crate::deadline::Deadline;
use crate::error::Result;
use crate::memory;
use crate::server::{Phase, ServerOptions};

/// No slot, at the ends of a list.
const NONE: u32 = u32::MAX;

/// Who is in which phase, and since when.
pub(crate) struct Phases {
    lists: [List; Phase::ALL.len()],
    /// One for each slot of the table of active requests.
    places: Vec<Place>,
}

struct List {
    first: u32,
    last: u32,
    /// How long the phase may take, in nanoseconds.
    time: Option<i64>,
    /// How often somebody looks at those who are in the phase, in nanoseconds.
    looks: Option<i64>,
    /// When somebody looked at them.
    looked: i64,
}

/// How often the rates of running requests are looked at, in nanoseconds.
const LOOK: i64 = 1_000_000_000;

#[derive(Clone, Copy)]
struct Place {
    phase: Option<Phase>,
    /// When the phase began, in nanoseconds of the monotonic clock.
    since: i64,
    previous: u32,
    next: u32,
}

impl Phases {
    pub(crate) fn new(options: &ServerOptions) -> Phases {
        let list = |phase| {
            let time = match phase {
                Phase::Idle => options.idle_timeout,
                Phase::Request => options.request_deadline,
                Phase::Handshake => options.handshake_timeout,
                Phase::Header => options.header_timeout,
                Phase::Rate => None,
            };
            let time = time.map(|time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX));
            let looks = options.min_rate.filter(|_| phase == Phase::Request).map(|_| LOOK);
            List { first: NONE, last: NONE, time, looks, looked: 0 }
        };
        Phases { lists: Phase::ALL.map(list), places: Vec::new() }
    }

    /// Reserves memory for the place of one more slot.
    pub(crate) fn reserve(&mut self) -> Result<()> {
        memory::reserve(&mut self.places, 1)
    }

    /// Adds the place of a new slot, for which memory was reserved.
    pub(crate) fn add(&mut self) {
        self.places.push(Place { phase: None, since: 0, previous: NONE, next: NONE });
    }

    /// Moves a slot to a phase that begins now. Returns the moment at which something is to be done if this slot is the
    /// only one in the phase: nobody knew of that moment before.
    pub(crate) fn enter(&mut self, slot: u32, phase: Phase, now: Deadline) -> Deadline {
        self.leave(slot);
        let list = &mut self.lists[phase as usize];
        let previous = std::mem::replace(&mut list.last, slot);
        let since = now.as_monotonic();
        self.places[slot as usize] = Place { phase: Some(phase), since, previous, next: NONE };
        if previous != NONE {
            self.places[previous as usize].next = slot;
            return Deadline::NEVER;
        }
        list.first = slot;
        list.next_moment(since)
    }

    /// Returns the phase of a slot, and the moment at which the last phase began.
    pub(crate) fn of_slot(&self, slot: u32) -> (Option<Phase>, Deadline) {
        let Place { phase, since, .. } = self.places[slot as usize];
        (phase, Deadline::from_monotonic(since))
    }

    /// Takes a slot out of its phase.
    pub(crate) fn leave(&mut self, slot: u32) {
        let Place { phase, previous, next, .. } = self.places[slot as usize];
        let Some(phase) = phase else { return };
        let list = &mut self.lists[phase as usize];
        match previous {
            NONE => list.first = next,
            _ => self.places[previous as usize].next = next,
        }
        match next {
            NONE => list.last = previous,
            _ => self.places[next as usize].previous = previous,
        }
        self.places[slot as usize].phase = None;
    }

    /// Returns the slot that has been in a phase for the longest time.
    pub(crate) fn first(&self, phase: Phase) -> Option<u32> {
        let first = self.lists[phase as usize].first;
        (first != NONE).then_some(first)
    }

    /// Returns the slots of a phase with the moments at which they entered it, the earliest first.
    pub(crate) fn of(&self, phase: Phase) -> impl Iterator<Item = (u32, Deadline)> + '_ {
        let place = |slot: u32| &self.places[slot as usize];
        let slots = std::iter::successors(self.first(phase), move |&slot| {
            Some(place(slot).next).filter(|&next| next != NONE)
        });
        slots.map(move |slot| (slot, Deadline::from_monotonic(place(slot).since)))
    }

    /// Returns the moment at which something is to be done next: the first slot of a phase is late, or a look is due.
    pub(crate) fn next_moment(&self) -> Deadline {
        let moment = |list: &List| match list.first {
            NONE => Deadline::NEVER,
            first => list.next_moment(self.places[first as usize].since),
        };
        self.lists.iter().map(moment).min().unwrap_or(Deadline::NEVER)
    }

    /// Returns a slot that is late, with its phase.
    pub(crate) fn late(&self, now: Deadline) -> Option<(u32, Phase)> {
        Phase::ALL.into_iter().find_map(|phase| {
            let first = self.first(phase)?;
            let end = self.lists[phase as usize].end(self.places[first as usize].since);
            (end <= now).then_some((first, phase))
        })
    }

    /// Returns whether a look at those in the phase is due, and records that it happens now.
    pub(crate) fn is_look_due(&mut self, phase: Phase, now: Deadline) -> bool {
        let Some(first) = self.first(phase) else { return false };
        let list = &mut self.lists[phase as usize];
        let due = list.look(self.places[first as usize].since) <= now;
        if due {
            list.looked = now.as_monotonic();
        }
        due
    }
}

impl List {
    fn next_moment(&self, since: i64) -> Deadline {
        self.end(since).min(self.look(since))
    }

    fn end(&self, since: i64) -> Deadline {
        self.time.map_or(Deadline::NEVER, |time| Deadline::from_monotonic(since.saturating_add(time)))
    }

    fn look(&self, since: i64) -> Deadline {
        let after = |every| Deadline::from_monotonic(since.max(self.looked).saturating_add(every));
        self.looks.map_or(Deadline::NEVER, after)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::constants::{AF_INET, SOCK_STREAM};

    fn phases(slots: usize) -> Phases {
        let options =
            ServerOptions::new(AF_INET, SOCK_STREAM).idle_timeout(Duration::from_nanos(10)).unwrap();
        let mut phases = Phases::new(&options);
        for _ in 0..slots {
            phases.reserve().unwrap();
            phases.add();
        }
        phases
    }

    fn at(nanoseconds: i64) -> Deadline {
        Deadline::from_monotonic(nanoseconds)
    }

    fn idle(phases: &Phases) -> Vec<u32> {
        phases.of(Phase::Idle).map(|(slot, _)| slot).collect()
    }

    #[test]
    fn who_entered_first_is_late_first() {
        let mut phases = phases(3);
        assert_eq!(phases.next_moment(), Deadline::NEVER);
        assert_eq!(phases.enter(2, Phase::Idle, at(100)), at(110), "the first one in the phase");
        assert_eq!(phases.enter(0, Phase::Idle, at(101)), Deadline::NEVER);
        assert_eq!(phases.enter(1, Phase::Idle, at(102)), Deadline::NEVER);
        assert_eq!((idle(&phases), phases.next_moment()), (vec![2, 0, 1], at(110)));
        assert_eq!(phases.late(at(109)), None);
        assert_eq!(phases.late(at(110)), Some((2, Phase::Idle)));
    }

    #[test]
    fn a_slot_may_leave_from_every_place_of_the_list() {
        for (leaving, left) in [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])] {
            let mut phases = phases(3);
            for slot in 0..3 {
                phases.enter(slot, Phase::Idle, at(slot.into()));
            }
            assert_eq!(phases.of_slot(leaving), (Some(Phase::Idle), at(leaving.into())));
            phases.leave(leaving);
            phases.leave(leaving);
            assert_eq!(phases.of_slot(leaving).0, None);
            assert_eq!(idle(&phases), left);
            phases.enter(leaving, Phase::Idle, at(9));
            assert_eq!(idle(&phases), [left[0], left[1], leaving]);
            for slot in 0..3 {
                phases.leave(slot);
            }
            assert_eq!((phases.first(Phase::Idle), phases.next_moment()), (None, Deadline::NEVER));
        }
    }

    #[test]
    fn a_slot_is_in_one_phase_and_a_phase_without_a_limit_has_no_end() {
        let mut phases = phases(1);
        phases.enter(0, Phase::Idle, at(1));
        assert_eq!(phases.enter(0, Phase::Request, at(2)), Deadline::NEVER);
        assert_eq!((phases.first(Phase::Idle), phases.first(Phase::Request)), (None, Some(0)));
        assert_eq!((phases.next_moment(), phases.late(at(i64::MAX - 1))), (Deadline::NEVER, None));
    }
}
