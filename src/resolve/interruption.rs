//! Signals during look-ups that have a deadline.

use std::cell::RefCell;
use std::rc::Rc;

type Ask = Rc<dyn Fn() -> bool>;

thread_local! {
    static ASK: RefCell<Option<Ask>> = const { RefCell::new(None) };
}

/// Lets a function decide whether a signal ends the look-ups of this thread. `None`, the default, lets none end them.
#[cfg(feature = "capi")]
pub(crate) fn interrupt_look_ups(ask: Option<Ask>) {
    // What was there before is dropped outside of the borrow.
    let _before = ASK.replace(ask);
}

/// Whom a look-up of this thread asks when a signal handler has run.
pub(super) struct Interruption(Option<Ask>);

impl Interruption {
    pub(super) fn of_this_thread() -> Interruption {
        // A thread that is ending asks nobody any more.
        Interruption(ASK.try_with(|ask| ask.borrow().clone()).ok().flatten())
    }

    /// Whether somebody wants to know of signals.
    pub(super) fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Asks whether the look-up shall end.
    pub(super) fn ends_look_up(&self) -> bool {
        self.0.as_ref().is_some_and(|ask| ask())
    }
}
