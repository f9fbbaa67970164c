//! What every call looks at: one word that says whether the process uses tokens at all.
//!
//! Its upper half has two counts: the attachments (scopes of threads, and sockets with a token), and the tokens that are
//! triggered and have not been freed. Its lower half follows from the counts, and is all that a call needs. A call that
//! does not have to wait must only know whether any token is triggered, and must not block in the system while any is
//! attached, because it could be its own.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::sys::libc;

static STATE: AtomicU64 = AtomicU64::new(0);

const ATTACHED: Count = Count { shift: 32, most: (1 << 20) - 1 };
const TRIGGERED: Count = Count { shift: 52, most: (1 << 12) - 1 };

/// Set while a token is attached anywhere and one is triggered anywhere.
pub(crate) const TO_BE_CHECKED: u32 = 1 << 31;
/// Set while a token is attached anywhere: the flag with which a system call does not wait. It is 0 where none does.
const NEVER_BLOCKS: u32 = libc::MSG_DONTWAIT as u32;

/// One of the counts. If it has reached its limit, it never changes again: then all calls of the process take the way of
/// those under a token.
struct Count {
    shift: u32,
    most: u64,
}

impl Count {
    fn of(&self, state: u64) -> u64 {
        (state >> self.shift) & self.most
    }

    /// Safe to call in a signal handler.
    fn change(&self, by: i64) {
        let next = |state: u64| {
            let count = self.of(state);
            let changed = if count == self.most { count } else { count.wrapping_add_signed(by) };
            let counts = (state & !(self.most << self.shift)) | (changed << self.shift);
            let counts = counts & (u64::MAX << ATTACHED.shift);
            Some(counts | u64::from(flags(ATTACHED.of(counts) > 0, TRIGGERED.of(counts) > 0)))
        };
        let _ = STATE.fetch_update(Ordering::SeqCst, Ordering::Relaxed, next);
    }
}

const fn flags(attached: bool, triggered: bool) -> u32 {
    match (attached, triggered) {
        (false, _) => 0,
        (true, false) => NEVER_BLOCKS,
        (true, true) => NEVER_BLOCKS | TO_BE_CHECKED,
    }
}

/// Returns the flags for a system call that is tried before anything else. With [`TO_BE_CHECKED`], it must not be made
/// before the tokens of the call have been looked at.
#[inline(always)]
pub(crate) fn flags_of_first_try() -> u32 {
    STATE.load(Ordering::Relaxed) as u32
}

/// Whether a token is attached anywhere in the process. If not, no call is under a token.
#[inline]
pub(crate) fn is_used() -> bool {
    ATTACHED.of(STATE.load(Ordering::Relaxed)) > 0
}

pub(super) fn count_attached() {
    ATTACHED.change(1);
}

pub(super) fn count_detached() {
    ATTACHED.change(-1);
}

pub(super) fn count_triggered() {
    TRIGGERED.change(1);
}

pub(super) fn count_freed() {
    TRIGGERED.change(-1);
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_flags_follow_from_the_counts() {
        assert_eq!(flags(false, false), 0);
        assert_eq!(flags(false, true), 0, "nobody is under a token");
        assert_eq!(flags(true, false), NEVER_BLOCKS);
        assert_eq!(flags(true, true), NEVER_BLOCKS | TO_BE_CHECKED);
    }

    #[test]
    fn the_counts_do_not_touch_each_other_nor_the_flags() {
        assert_eq!(ATTACHED.shift, u32::BITS);
        assert_eq!((ATTACHED.most << ATTACHED.shift) & (TRIGGERED.most << TRIGGERED.shift), 0);
        assert_eq!(TRIGGERED.most << TRIGGERED.shift, u64::MAX << TRIGGERED.shift);
        let both = 5 << ATTACHED.shift | 7 << TRIGGERED.shift;
        assert_eq!((ATTACHED.of(both), TRIGGERED.of(both)), (5, 7));
    }
}
