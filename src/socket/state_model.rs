//! Every order in which threads can use, close, lend and give away one descriptor, tried by loom:
//! `RUSTFLAGS="--cfg loom" cargo test --release --lib state_model`.
//!
//! The model takes the steps of `handle.rs` with a descriptor that tells when it is used after it was given
//! back. A call that is never woken shows as a deadlock.

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
// What the model itself counts is no part of what is tried.
use std::sync::atomic::AtomicUsize;

use super::state::{State, Taken};

/// What the kernel knows of the socket.
#[derive(Default)]
struct Counts {
    given_back: AtomicUsize,
    given_away: AtomicUsize,
    shut_down: AtomicUsize,
}

impl Counts {
    fn add(count: &AtomicUsize) {
        count.fetch_add(1, Ordering::Relaxed);
    }

    fn get(count: &AtomicUsize) -> usize {
        count.load(Ordering::Relaxed)
    }

    fn is_gone(&self) -> bool {
        Self::get(&self.given_back) + Self::get(&self.given_away) > 0
    }
}

/// A `Handle` whose descriptor and system calls are recorded instead of made.
struct Handle {
    state: State,
    /// Reading is using the descriptor, writing is giving it up; loom fails where nothing orders the two.
    descriptor: UnsafeCell<()>,
    counts: std::sync::Arc<Counts>,
    ended: Mutex<bool>,
    event: Condvar,
    has_wake: AtomicBool,
    /// How often a close tries to wake the others before it leaves them alone.
    tries: usize,
}

impl Handle {
    fn new(shared: bool, tries: usize, counts: &std::sync::Arc<Counts>) -> Self {
        Handle {
            state: State::new(shared),
            descriptor: UnsafeCell::new(()),
            counts: counts.clone(),
            ended: Mutex::new(false),
            event: Condvar::new(),
            has_wake: AtomicBool::new(false),
            tries,
        }
    }

    fn use_descriptor(&self) {
        self.descriptor.with(|_| assert!(!self.counts.is_gone(), "used after it was given up"));
    }

    fn give_up(&self, count: &AtomicUsize) {
        self.descriptor.with_mut(|_| assert!(!self.counts.is_gone(), "given up twice"));
        Counts::add(count);
    }

    fn leave(&self) {
        if self.state.leave() {
            self.give_up(&self.counts.given_back);
        }
    }

    /// A call that uses the descriptor. False when it came too late.
    fn call(&self, body: impl FnOnce(&Self)) -> bool {
        let in_time = !self.state.enter().is_closed();
        if in_time {
            self.use_descriptor();
            body(self);
            self.use_descriptor();
        }
        self.leave();
        in_time
    }

    /// Blocks as a call does: until a shutdown or a raised wake-up ends it.
    fn block(&self) {
        let mut ended = self.ended.lock().unwrap();
        while !*ended {
            ended = self.event.wait(ended).unwrap();
        }
    }

    fn end_blocked(&self) {
        *self.ended.lock().unwrap() = true;
        self.event.notify_all();
    }

    /// Blocks in `poll` on the socket and its wake-up.
    fn block_in_poll(&self) {
        self.has_wake.store(true, Ordering::Release);
        if self.state.see().is_closed() {
            self.end_blocked();
        }
        self.block();
    }

    fn end_connection(&self) {
        if !self.state.see().is_shared() {
            self.use_descriptor();
            Counts::add(&self.counts.shut_down);
            self.end_blocked();
        }
    }

    fn wake_calls(&self) {
        for attempt in 1..=self.tries {
            if !self.state.see().has_others() {
                return;
            }
            self.end_connection();
            if self.has_wake.load(Ordering::Acquire) {
                self.end_blocked();
            }
            // Yielding lets the others end first, which nobody waits for after the last try.
            if attempt < self.tries {
                thread::yield_now();
            }
        }
    }

    /// True for the one close that was the first.
    fn close(&self) -> bool {
        let first = !self.state.enter().is_closed() && self.state.close();
        if first {
            self.wake_calls();
            if self.state.see().is_borrowed() {
                self.end_connection();
            }
        }
        self.leave();
        first
    }

    /// False when it was closed.
    fn detach(&self) -> bool {
        if self.state.enter().is_closed() {
            self.leave();
            return false;
        }
        let detached = match self.state.take() {
            Taken::Alone => {
                self.leave();
                self.give_up(&self.counts.given_away);
                return true;
            }
            Taken::InUse => {
                self.use_descriptor();
                let first = self.state.share_and_close();
                if first {
                    self.wake_calls();
                }
                first
            }
            Taken::Closed => false,
        };
        self.leave();
        detached
    }

    /// False when it was closed before there were two owners.
    fn dup(&self) -> bool {
        let mut copied = false;
        self.call(|handle| copied = handle.state.share());
        copied
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.state.end() {
            self.give_up(&self.counts.given_back);
        }
    }
}

/// Runs the parts at the same time, each in a thread, in every order; the descriptor must be given up once.
/// `check` gets what the parts returned and what happened.
fn in_every_order<const N: usize>(
    parts: [fn(&Handle) -> bool; N],
    check: impl Fn([bool; N], &Counts) + Send + Sync + 'static,
) {
    run(false, 1, parts, check);
}

fn run<const N: usize>(
    shared: bool,
    tries: usize,
    parts: [fn(&Handle) -> bool; N],
    check: impl Fn([bool; N], &Counts) + Send + Sync + 'static,
) {
    loom::model(move || {
        let counts = std::sync::Arc::new(Counts::default());
        let handle = Arc::new(Handle::new(shared, tries, &counts));
        let (first, others) = parts.split_first().expect("a part");
        let threads: Vec<_> = others
            .iter()
            .map(|&part| {
                let handle = Arc::clone(&handle);
                thread::spawn(move || part(&handle))
            })
            .collect();
        let mut results = [first(&handle); N];
        for (result, thread) in results[1..].iter_mut().zip(threads) {
            *result = thread.join().unwrap();
        }
        drop(handle);
        let given_up = Counts::get(&counts.given_back) + Counts::get(&counts.given_away);
        assert_eq!(given_up, 1, "how often the descriptor was given up");
        check(results, &counts);
    });
}

fn short_call(handle: &Handle) -> bool {
    handle.call(|_| {})
}

fn blocked_call(handle: &Handle) -> bool {
    handle.call(Handle::block)
}

fn polling_call(handle: &Handle) -> bool {
    handle.call(Handle::block_in_poll)
}

/// Borrows and uses what was lent for as long as the handle lives.
fn borrowed_use(handle: &Handle) -> bool {
    let lent = handle.state.borrow();
    if lent {
        handle.use_descriptor();
        thread::yield_now();
        handle.use_descriptor();
    }
    lent
}

#[test]
fn the_last_to_leave_a_closed_handle_gives_the_descriptor_back() {
    in_every_order([Handle::close, short_call, short_call], |[closed, ..], counts| {
        assert!(closed);
        assert_eq!(Counts::get(&counts.given_away), 0);
    });
}

#[test]
fn of_several_closes_one_is_the_first() {
    in_every_order([Handle::close, Handle::close, short_call], |[one, other, _], _| {
        assert!(one != other);
    });
}

#[test]
fn a_call_that_began_before_a_close_is_woken() {
    in_every_order([Handle::close, blocked_call], |[closed, began], counts| {
        assert!(closed);
        // Nobody else can end it: without this it would be a deadlock.
        assert!(!began || Counts::get(&counts.shut_down) > 0);
    });
}

#[test]
fn a_call_on_a_shared_handle_is_woken_without_a_shutdown() {
    // One look may be too early to find a wake-up that the caller has just made.
    run(true, usize::MAX, [Handle::close, polling_call], |[closed, _], counts| {
        assert!(closed);
        assert_eq!(Counts::get(&counts.shut_down), 0);
    });
}

#[test]
fn a_duplicate_keeps_its_connection() {
    in_every_order([Handle::close, Handle::dup], |[closed, copied], counts| {
        assert!(closed);
        assert!(!copied || Counts::get(&counts.shut_down) == 0, "the duplicate was shut down");
    });
}

#[test]
fn a_descriptor_is_detached_or_closed() {
    in_every_order([Handle::close, Handle::detach], |[closed, detached], counts| {
        assert!(closed != detached, "one of the two has it");
        assert_eq!(detached, Counts::get(&counts.given_away) == 1 || !closed);
    });
}

#[test]
fn of_two_detaches_one_has_the_descriptor() {
    in_every_order([Handle::detach, Handle::detach], |[one, other], _| assert!(one != other));
}

#[test]
fn a_call_keeps_the_number_that_is_detached_meanwhile() {
    in_every_order([Handle::detach, short_call, short_call], |[detached, ..], _| {
        assert!(detached);
    });
}

#[test]
fn a_lent_descriptor_stays_when_the_handle_is_closed() {
    in_every_order([Handle::close, borrowed_use, short_call], |[closed, lent, _], counts| {
        assert!(closed);
        assert!(!lent || Counts::get(&counts.shut_down) > 0, "the connection ends all the same");
    });
}

#[test]
fn a_lent_descriptor_stays_when_the_handle_is_detached() {
    in_every_order([Handle::detach, borrowed_use], |[detached, lent], counts| {
        assert!(detached);
        assert_eq!(lent, Counts::get(&counts.given_away) == 0, "what is lent is not given away");
    });
}
