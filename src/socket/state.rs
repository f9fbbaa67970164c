//! The word that says who uses a descriptor and who gives it back: all that `close()` relies on.
//!
//! It knows nothing of descriptors: each transition tells its caller what to do. That makes it small
//! enough to be checked in every order that threads can take (`state_model.rs`).

#[cfg(loom)]
use loom::sync::atomic::AtomicU32;
#[cfg(not(loom))]
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

/// No further call may begin.
const CLOSED: u32 = 1;
/// The descriptor has been given back, or given away.
const RELEASED: u32 = 2;
/// A `BorrowedFd` may be about: the descriptor stays until the socket is dropped.
const BORROWED: u32 = 4;
/// Somebody else owns the same socket (a duplicate): waking must not shut it down.
const SHARED: u32 = 8;
/// One call in flight.
const CALL: u32 = 16;

/// Who uses a descriptor. Every transition is one atomic operation on one word, so that all threads
/// see them in the same order.
pub(super) struct State(AtomicU32);

/// How things stood at a moment.
#[derive(Clone, Copy)]
pub(super) struct Seen(u32);

/// What `detach` comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The descriptor is the caller's; nobody else will touch it.
    Alone,
    /// Other calls or a borrower use it: only a duplicate can be given away.
    InUse,
    /// It was closed before.
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

    /// Neither closed nor shared: one test for the two.
    #[inline(always)]
    pub(super) fn is_open_and_alone(self) -> bool {
        self.0 & (CLOSED | SHARED) == 0
    }

    #[inline]
    pub(super) fn is_borrowed(self) -> bool {
        self.0 & BORROWED != 0
    }

    /// Whether there are calls in flight beside the caller's own.
    pub(super) fn has_others(self) -> bool {
        self.0 / CALL > 1
    }
}

impl State {
    pub(super) fn new(shared: bool) -> Self {
        State(AtomicU32::new(if shared { SHARED } else { 0 }))
    }

    /// How things stand.
    #[inline]
    pub(super) fn see(&self) -> Seen {
        Seen(self.0.load(Ordering::SeqCst))
    }

    /// Begins a call, which must [`State::leave`]; if it was closed before, without using the descriptor.
    #[inline(always)]
    pub(super) fn enter(&self) -> Seen {
        // Either the caller sees CLOSED, or the closer sees the call.
        Seen(self.0.fetch_add(CALL, Ordering::SeqCst))
    }

    /// Ends a call. True for the one caller that must now give the descriptor back.
    #[inline(always)]
    #[must_use]
    pub(super) fn leave(&self) -> bool {
        let before = self.0.fetch_sub(CALL, Ordering::SeqCst);
        before & CLOSED != 0 && before / CALL == 1 && self.release()
    }

    /// A call that came too late may bring the count to nothing a second time: the first to release does it.
    #[cold]
    #[inline(never)]
    fn release(&self) -> bool {
        self.0.fetch_or(RELEASED, Ordering::SeqCst) & (RELEASED | BORROWED) == 0
    }

    /// Lets no further call begin. True for the first to do so.
    pub(super) fn close(&self) -> bool {
        self.0.fetch_or(CLOSED, Ordering::SeqCst) & CLOSED == 0
    }

    /// Notes another owner of the connection. False when a close came before and may have ended it already.
    pub(super) fn share(&self) -> bool {
        self.0.fetch_or(SHARED, Ordering::SeqCst) & CLOSED == 0
    }

    /// [`State::share`] and [`State::close`] at once: nobody can see one without the other.
    pub(super) fn share_and_close(&self) -> bool {
        self.0.fetch_or(SHARED | CLOSED, Ordering::SeqCst) & CLOSED == 0
    }

    /// Lends the descriptor out until [`State::end`]. False when closed.
    pub(super) fn borrow(&self) -> bool {
        self.update(|state| (state & CLOSED == 0).then_some(state | BORROWED)).is_ok()
    }

    /// Takes the descriptor away if the caller's is the only call in flight.
    pub(super) fn take(&self) -> Taken {
        let alone = |state| state / CALL == 1 && state & (CLOSED | BORROWED) == 0;
        match self.update(|state| alone(state).then_some(state | CLOSED | RELEASED)) {
            Ok(_) => Taken::Alone,
            Err(state) if state & CLOSED != 0 => Taken::Closed,
            Err(_) => Taken::InUse,
        }
    }

    /// Takes the number away whoever uses it, and notes its new owner: nobody gives it back from now on. False when it was
    /// closed, or when a borrower counts on it.
    #[cfg(any(feature = "capi", loom))]
    pub(super) fn take_in_use(&self) -> bool {
        let free = |state| state & (CLOSED | BORROWED) == 0;
        self.update(|state| free(state).then_some(state | CLOSED | RELEASED | SHARED)).is_ok()
    }

    fn update(&self, next: impl FnMut(u32) -> Option<u32>) -> Result<u32, u32> {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next)
    }

    /// The last use. True when the descriptor must be given back now.
    pub(super) fn end(&mut self) -> bool {
        let state = self.0.load(Ordering::Relaxed);
        state & RELEASED == 0 || state & BORROWED != 0
    }
}
