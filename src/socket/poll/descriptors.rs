//! The list that `poll(2)` gets. It is on the stack if it is short.

use crate::error::Result;
use crate::memory;
use crate::sys::{NO_FD, libc};

/// How many descriptors need no memory of their own: those of 16 sockets, and one more for each that wakes the poll.
const FEW: usize = 32;

const NOTHING: libc::pollfd = libc::pollfd { fd: NO_FD, events: 0, revents: 0 };

/// Space for a number of descriptors.
pub(super) struct Descriptors {
    few: [libc::pollfd; FEW],
    /// The whole space, if there are more than a few.
    many: Vec<libc::pollfd>,
}

impl Descriptors {
    /// Fails with `Os(ENOMEM)`.
    pub(super) fn with_space(count: usize) -> Result<Self> {
        let mut many = Vec::new();
        if count > FEW {
            memory::reserve(&mut many, count)?;
            many.resize(count, NOTHING);
        }
        Ok(Descriptors { few: [NOTHING; FEW], many })
    }

    pub(super) fn all(&mut self) -> &mut [libc::pollfd] {
        if self.many.is_empty() { &mut self.few } else { &mut self.many }
    }
}
