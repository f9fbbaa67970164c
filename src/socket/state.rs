//! The atomic word that says which calls use a descriptor and which of them must close it. `close()` relies
//! on it.
//!
//! This file does not touch descriptors: each transition tells its caller what to do. So it is small enough
//! to be checked in every order that threads can take (`state_model.rs`).

#[cfg(loom)]
use loom::sync::atomic::AtomicU32;
#[cfg(not(loom))]
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use super::wait::Interest;
use crate::cancel;
use crate::sys::libc;

/// No further call may begin. It is the sign of the word, so the instruction with which a call leaves tests for it too.
const CLOSED: u32 = 1 << 31;
/// The descriptor has been closed or given away.
const RELEASED: u32 = 1 << 30;
/// A `BorrowedFd` may exist: the descriptor stays open until the socket is dropped.
const BORROWED: u32 = 1 << 29;
/// The connection has another owner, such as a duplicate: it must not be shut down to wake calls.
const SHARED: u32 = 1 << 28;
/// The last call in this direction had to wait. This is only a hint for the next one.
const WAITED: [u32; 2] = [1 << 27, 1 << 26];
/// Sends wait in `poll` before they try.
const SENDS_POLL: u32 = 1 << 25;
/// The bits below count the calls in flight. There are more than Linux has threads.
const CALLS: u32 = SENDS_POLL - 1;
/// One call in flight.
const CALL: u32 = 1;

// The flags of the tokens are tested together with the state.
const _: () = assert!(cancel::TO_BE_CHECKED == CLOSED && libc::MSG_DONTWAIT as u32 & !CALLS == 0);

/// The state of a descriptor and the number of calls that use it. Every transition is one atomic operation on
/// one word, so all threads see the transitions in the same order.
pub(super) struct State(AtomicU32);

/// The state at one moment.
#[derive(Clone, Copy)]
pub(super) struct Seen(u32);

/// The result of [`State::take`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The descriptor belongs to the caller. Nobody else will touch it.
    Alone,
    /// Other calls or a borrower use the descriptor, so only a duplicate can be given away.
    InUse,
    /// The descriptor was closed before.
    Closed,
}

impl Seen {
    #[inline(always)]
    pub(super) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    #[inline(always)]
    pub(super) fn is_shared(self) -> bool {
        self.0 & SHARED != 0
    }

    /// Whether a call in this direction tries its system call before anything else: the socket is neither closed nor
    /// shared, the last call did not have to wait, and no token has to be checked. One test for all saves instructions.
    #[inline(always)]
    pub(super) fn allows_first_try(self, interest: Interest, tokens: u32) -> bool {
        let polls = match interest {
            Interest::Read => 0,
            Interest::Write => SENDS_POLL,
        };
        (self.0 | tokens) & (CLOSED | SHARED | WAITED[interest as usize] | polls) == 0
    }

    /// Not closed, and no token has to be checked.
    #[inline(always)]
    pub(super) fn is_open(self, tokens: u32) -> bool {
        (self.0 | tokens) & CLOSED == 0
    }

    #[inline]
    pub(super) fn is_borrowed(self) -> bool {
        self.0 & BORROWED != 0
    }

    /// Whether the last call in this direction had to wait.
    pub(super) fn has_waited(self, interest: Interest) -> bool {
        self.0 & WAITED[interest as usize] != 0
    }

    pub(super) fn sends_poll(self) -> bool {
        self.0 & SENDS_POLL != 0
    }

    /// Whether any calls are in flight.
    pub(super) fn has_calls(self) -> bool {
        self.calls() > 0
    }

    /// Whether other calls than the caller's own are in flight.
    pub(super) fn has_others(self) -> bool {
        self.calls() > 1
    }

    /// Whether there are more calls in flight than threads can make. Only polls with a great many entries for one socket
    /// come here, and no further entry may be counted.
    pub(super) fn is_crowded(self) -> bool {
        self.calls() > CALLS / 2
    }

    fn calls(self) -> u32 {
        self.0 & CALLS
    }
}

impl State {
    pub(super) fn new(shared: bool, sends_poll: bool) -> Self {
        let bits = if shared { SHARED } else { 0 } | if sends_poll { SENDS_POLL } else { 0 };
        State(AtomicU32::new(bits))
    }

    /// Reads the state.
    #[inline]
    pub(super) fn see(&self) -> Seen {
        Seen(self.0.load(Ordering::SeqCst))
    }

    /// Begins a call, which must end with [`State::leave`]. If the returned state says closed, the call must
    /// not use the descriptor.
    #[inline(always)]
    pub(super) fn enter(&self) -> Seen {
        // Either this call sees CLOSED, or the call that closes sees this call in the count.
        Seen(self.0.fetch_add(CALL, Ordering::SeqCst))
    }

    /// Counts so many calls more, or less, for a test that cannot make them all.
    #[cfg(all(test, not(loom)))]
    pub(super) fn add_calls(&self, calls: i32) {
        self.0.fetch_add(calls as u32, Ordering::SeqCst);
    }

    /// Ends a call. Returns whether the state is closed, and the caller must ask [`State::must_release`].
    #[inline(always)]
    #[must_use]
    pub(super) fn leave(&self) -> bool {
        // The addition of a negative number and the sign of its result are one instruction. A `fetch_sub` needs three.
        let before = self.0.fetch_add(CALL.wrapping_neg(), Ordering::SeqCst);
        Seen(before.wrapping_sub(CALL)).is_closed()
    }

    /// Returns true to the one caller that must now close the descriptor. Each call that has left a closed state asks this.
    ///
    /// The last one to leave finds no other call in flight, and so may those just before it. A call that begins after the
    /// close comes here too. The first of them all releases the descriptor, unless it is lent.
    pub(super) fn must_release(&self) -> bool {
        self.see().calls() == 0 && self.release()
    }

    /// Returns true to the one caller that must now close the descriptor, whatever calls are counted.
    pub(super) fn release(&self) -> bool {
        self.0.fetch_or(RELEASED, Ordering::SeqCst) & (RELEASED | BORROWED) == 0
    }

    /// Records whether a call in this direction had to wait. Most calls find what is recorded already.
    pub(super) fn set_waited(&self, interest: Interest, waited: bool) {
        let bit = WAITED[interest as usize];
        match waited {
            _ if self.see().has_waited(interest) == waited => {}
            true => drop(self.0.fetch_or(bit, Ordering::SeqCst)),
            false => drop(self.0.fetch_and(!bit, Ordering::SeqCst)),
        }
    }

    /// Lets no further call begin. Returns true to the first caller that does this.
    pub(super) fn close(&self) -> bool {
        self.0.fetch_or(CLOSED, Ordering::SeqCst) & CLOSED == 0
    }

    /// Records another owner of the connection. Returns false after a close, which may have ended the
    /// connection already.
    pub(super) fn share(&self) -> bool {
        self.0.fetch_or(SHARED, Ordering::SeqCst) & CLOSED == 0
    }

    /// Does [`State::share`] and [`State::close`] in one step, so that no thread sees one without the other.
    pub(super) fn share_and_close(&self) -> bool {
        self.0.fetch_or(SHARED | CLOSED, Ordering::SeqCst) & CLOSED == 0
    }

    /// Lends the descriptor until [`State::end`]. Returns false when it is closed.
    pub(super) fn borrow(&self) -> bool {
        self.update(|state| (state & CLOSED == 0).then_some(state | BORROWED)).is_ok()
    }

    /// Takes the descriptor away if the caller's call is the only one in flight.
    pub(super) fn take(&self) -> Taken {
        let alone = |state| Seen(state).calls() == 1 && state & (CLOSED | BORROWED) == 0;
        match self.update(|state| alone(state).then_some(state | CLOSED | RELEASED)) {
            Ok(_) => Taken::Alone,
            Err(state) if state & CLOSED != 0 => Taken::Closed,
            Err(_) => Taken::InUse,
        }
    }

    /// Takes the number away even while calls use it, and records the new owner, so that no call closes the
    /// descriptor from now on. Returns false when it is closed or lent.
    #[cfg(any(feature = "capi", loom))]
    pub(super) fn take_in_use(&self) -> bool {
        let free = |state| state & (CLOSED | BORROWED) == 0;
        self.update(|state| free(state).then_some(state | CLOSED | RELEASED | SHARED)).is_ok()
    }

    fn update(&self, next: impl FnMut(u32) -> Option<u32>) -> Result<u32, u32> {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next)
    }

    /// Ends the handle. Returns true when the descriptor must be closed now.
    pub(super) fn end(&mut self) -> bool {
        let state = self.0.load(Ordering::Relaxed);
        state & RELEASED == 0 || state & BORROWED != 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;

    use super::*;

    /// Loom tries all orders of a few steps; Miri and real threads try many steps.
    #[test]
    fn one_of_many_calls_must_close_the_descriptor() {
        for _ in 0..if cfg!(miri) { 20 } else { 500 } {
            let (state, must_close) = (State::new(false, false), AtomicU32::new(0));
            let leave = || {
                if state.leave() && state.must_release() {
                    must_close.fetch_add(1, Ordering::SeqCst);
                }
            };
            thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        let mut closed = false;
                        while !closed {
                            closed = state.enter().is_closed();
                            leave();
                            // The thread that closes gets its turn where there are fewer processors than threads.
                            thread::yield_now();
                        }
                    });
                }
                state.enter();
                assert!(state.close());
                leave();
            });
            assert_eq!(must_close.load(Ordering::SeqCst), 1);
        }
    }

    #[test]
    fn a_descriptor_that_is_lent_or_given_away_is_not_closed_by_a_call() {
        let lent = State::new(false, false);
        assert!(lent.borrow());
        lent.enter();
        assert!(lent.close() && lent.leave() && !lent.must_release(), "the borrower may still use it");
        let given = State::new(false, false);
        given.enter();
        assert_eq!(given.take(), Taken::Alone);
        assert!(given.leave() && !given.must_release(), "it belongs to somebody else");
        let in_use = State::new(false, false);
        in_use.enter();
        in_use.enter();
        assert_eq!(in_use.take(), Taken::InUse);
    }

    #[test]
    fn a_state_is_crowded_long_before_the_count_ends() {
        let state = State(AtomicU32::new(CLOSED | SHARED | (CALLS / 2)));
        assert!(!state.enter().is_crowded());
        assert!(state.enter().is_crowded() && state.see().has_calls());
    }

    #[test]
    fn after_a_close_nothing_is_shared_lent_or_taken() {
        let state = State::new(false, false);
        assert!(state.close());
        assert!(!state.close() && !state.share() && !state.borrow() && !state.share_and_close());
        state.enter();
        assert_eq!(state.take(), Taken::Closed);
        assert!(state.see().is_closed() && state.see().is_shared());
    }
}
