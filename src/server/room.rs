//! How a serve loop that cannot accept at the moment learns that it can.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Result;
use crate::sys::Wake;

/// One for each serve loop.
pub(super) struct Rooms(Box<[Room]>);

pub(super) struct Room {
    wanted: AtomicBool,
    wake: Wake,
}

impl Rooms {
    pub(super) fn new(loops: usize) -> Result<Rooms> {
        let room = |_| Ok(Room { wanted: AtomicBool::new(false), wake: Wake::new()? });
        Ok(Rooms((0..loops).map(room).collect::<Result<_>>()?))
    }

    pub(super) fn of_loop(&self, index: usize) -> &Room {
        &self.0[index]
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.0.iter().any(|room| room.wanted.load(Ordering::SeqCst))
    }

    /// Something was given back: a thread, a descriptor, a place. Costs a system call only for loops that wait.
    pub(super) fn made(&self) {
        for room in &self.0 {
            if room.wanted.load(Ordering::SeqCst) && room.wanted.swap(false, Ordering::SeqCst) {
                room.wake.raise();
            }
        }
    }
}

impl Room {
    /// From now on [`Rooms::made`] makes the descriptor readable, once. Ask again for room after this.
    pub(super) fn want(&self) {
        self.wanted.store(true, Ordering::SeqCst);
    }

    pub(super) fn fd(&self) -> RawFd {
        self.wake.fd()
    }

    pub(super) fn clear(&self) {
        self.wake.clear();
    }
}
