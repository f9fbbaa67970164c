//! The events that a poll waits for, and those that it finds.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use crate::error::{Error, Result};
use crate::sys::libc;

/// A set of the events of `poll(2)`, for [`Poll`](super::Poll).
///
/// ```
/// use tabi::PollEvents;
///
/// let wished = PollEvents::IN | PollEvents::OUT;
/// assert!(wished.contains(PollEvents::IN));
/// assert_eq!(format!("{wished:?}"), "IN | OUT");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PollEvents(u32);

/// The events that a socket or a descriptor may be polled for: all positive numbers of C's `short`.
const WISHES: u32 = i16::MAX as u32;

impl PollEvents {
    /// Something can be read without waiting: bytes, a datagram, a client to accept, or the end of the stream (`POLLIN`).
    pub const IN: PollEvents = PollEvents::of(libc::POLLIN);
    /// There are urgent bytes, or something else that is exceptional (`POLLPRI`).
    pub const PRI: PollEvents = PollEvents::of(libc::POLLPRI);
    /// Something can be written without waiting, or a connection has been made or refused (`POLLOUT`).
    pub const OUT: PollEvents = PollEvents::of(libc::POLLOUT);
    /// There is an error (`POLLERR`). It is found without being asked for.
    pub const ERR: PollEvents = PollEvents::of(libc::POLLERR);
    /// The connection has ended in both directions, or there is none (`POLLHUP`). It is found without being asked for.
    pub const HUP: PollEvents = PollEvents::of(libc::POLLHUP);
    /// The descriptor is not open (`POLLNVAL`). It is found without being asked for.
    pub const NVAL: PollEvents = PollEvents::of(libc::POLLNVAL);
    /// The [`Socket`](crate::Socket) was closed before or during the call. It is found without being asked for, and
    /// then it is the only event. No system has a bit for this, and this bit is beyond those of `poll(2)`.
    pub const CLOSED: PollEvents = PollEvents(1 << 16);

    const fn of(events: libc::c_short) -> PollEvents {
        PollEvents(events as u16 as u32)
    }

    /// What `poll(2)` has found.
    pub(super) const fn found(revents: libc::c_short) -> PollEvents {
        PollEvents::of(revents)
    }

    /// Returns a set of the system's `POLL*` bits, for those that have no name here, such as Linux's `POLLRDHUP`.
    ///
    /// Fails with [`Error::Value`] for bits other than 0 to 0x7fff and [`PollEvents::CLOSED`].
    pub fn from_bits(bits: u32) -> Result<PollEvents> {
        if bits & !(WISHES | PollEvents::CLOSED.0) != 0 {
            return Err(Error::value(format_args!("events of a poll must be 0-{WISHES:#x}, got {bits:#x}")));
        }
        Ok(PollEvents(bits))
    }

    /// Returns the bits, as `poll(2)` has them.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The bits that `poll(2)` is asked for.
    pub(super) const fn wishes(self) -> libc::c_short {
        (self.0 & WISHES) as libc::c_short
    }

    /// Returns whether all of these events are in the set.
    pub const fn contains(self, events: PollEvents) -> bool {
        self.0 & events.0 == events.0
    }

    /// Returns whether any of these events is in the set.
    pub const fn intersects(self, events: PollEvents) -> bool {
        self.0 & events.0 != 0
    }

    /// Returns whether there is no event in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for PollEvents {
    type Output = PollEvents;

    fn bitor(self, other: PollEvents) -> PollEvents {
        PollEvents(self.0 | other.0)
    }
}

impl BitOrAssign for PollEvents {
    fn bitor_assign(&mut self, other: PollEvents) {
        *self = *self | other;
    }
}

impl fmt::Debug for PollEvents {
    /// Writes the names: `IN | HUP`. The rest is a number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(PollEvents, &str); 7] = [
            (PollEvents::IN, "IN"),
            (PollEvents::PRI, "PRI"),
            (PollEvents::OUT, "OUT"),
            (PollEvents::ERR, "ERR"),
            (PollEvents::HUP, "HUP"),
            (PollEvents::NVAL, "NVAL"),
            (PollEvents::CLOSED, "CLOSED"),
        ];
        let mut rest = self.0;
        let mut between = "";
        for (event, name) in NAMES {
            if self.contains(event) {
                write!(f, "{between}{name}")?;
                between = " | ";
                rest &= !event.0;
            }
        }
        if rest != 0 || between.is_empty() {
            write!(f, "{between}{rest:#x}")?;
        }
        Ok(())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_those_of_the_system_and_one_of_our_own() {
        let both = PollEvents::IN | PollEvents::OUT;
        assert_eq!(both.bits(), (libc::POLLIN | libc::POLLOUT) as u32);
        assert_eq!(PollEvents::from_bits(both.bits()), Ok(both));
        assert_eq!(both.wishes(), libc::POLLIN | libc::POLLOUT);
        assert_eq!((both | PollEvents::CLOSED).wishes(), both.wishes(), "the system does not know CLOSED");
    }

    #[test]
    fn bits_that_no_system_has_are_refused() {
        for bits in [0x8000, 1 << 17, u32::MAX] {
            let message = format!("events of a poll must be 0-0x7fff, got {bits:#x}");
            assert_eq!(PollEvents::from_bits(bits), Err(Error::value(message)));
        }
    }

    #[test]
    fn a_set_says_what_is_in_it() {
        let set = PollEvents::IN | PollEvents::HUP;
        assert!(set.contains(PollEvents::IN) && !set.contains(PollEvents::IN | PollEvents::OUT));
        assert!(set.intersects(PollEvents::IN | PollEvents::OUT) && !set.intersects(PollEvents::OUT));
        assert!(PollEvents::default().is_empty() && !set.is_empty());
        assert_eq!(format!("{set:?}"), "IN | HUP");
        assert_eq!(format!("{:?}", PollEvents::default()), "0x0");
        assert_eq!(
            format!("{:?}", PollEvents::from_bits(PollEvents::IN.bits() | 0x2000).unwrap()),
            "IN | 0x2000"
        );
    }
}
