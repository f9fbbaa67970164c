//! How a serve loop that cannot accept at the moment learns that it can.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Result;
use crate::sys::Wake;

/// One for each serve loop.
pub(crate) struct Rooms(Box<[Room]>);

pub(crate) struct Room {
    wanted: AtomicBool,
    wake: Wake,
}

impl Rooms {
    pub(crate) fn new(loops: usize) -> Result<Rooms> {
        let room = |_| Ok(Room { wanted: AtomicBool::new(false), wake: Wake::new()? });
        Ok(Rooms((0..loops).map(room).collect::<Result<_>>()?))
    }

    pub(crate) fn of_loop(&self, index: usize) -> &Room {
        &self.0[index]
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.0.iter().any(|room| room.wanted.load(Ordering::SeqCst))
    }

    /// Something was given back: a thread, a descriptor, a place. Costs a system call only for loops that wait.
    pub(crate) fn made(&self) {
        for room in &self.0 {
            if room.wanted.load(Ordering::SeqCst) && room.wanted.swap(false, Ordering::SeqCst) {
                room.wake.raise();
            }
        }
    }
}

impl Room {
    /// From now on [`Rooms::made`] makes the descriptor readable, once. Ask again for room after this.
    pub(crate) fn want(&self) {
        self.wanted.store(true, Ordering::SeqCst);
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.wake.fd()
    }

    pub(crate) fn clear(&self) {
        self.wake.clear();
    }
}
