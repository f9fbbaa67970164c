//! Loom runs every order in which threads can use, close, lend and give away one descriptor:
//! `RUSTFLAGS="--cfg loom" cargo test --release --package tabi --lib state_model`.
//!
//! It runs `handle` itself, on a model of the system (`kernel_model`) whose descriptor reports when it is
//! used after it was closed or given away. A call that is never woken shows as a deadlock.

use loom::sync::Arc;
use loom::thread;

use super::handle::Handle;
use super::kernel::{self, times_given_away, times_shut_down};

/// Makes a call that uses the descriptor. Returns false if the handle was closed before.
fn call(handle: &Handle, body: impl FnOnce(&Handle)) -> bool {
    let Ok(call) = handle.enter() else { return false };
    kernel::use_descriptor(call.fd());
    body(handle);
    kernel::use_descriptor(call.fd());
    true
}

fn short_call(handle: &Handle) -> bool {
    call(handle, |_| {})
}

fn blocked_call(handle: &Handle) -> bool {
    call(handle, |_| kernel::block())
}

/// Waits as a call on a shared handle does: in `poll`, on the socket and on the wake-up descriptor.
fn polling_call(handle: &Handle) -> bool {
    call(handle, |handle| {
        handle.wake_fd().unwrap();
        kernel::block();
    })
}

/// Borrows the descriptor and uses it while the handle lives.
fn borrowed_use(handle: &Handle) -> bool {
    use crate::sys::fd::AsRawFd;
    let Some(lent) = handle.borrow() else { return false };
    kernel::use_descriptor(lent.as_raw_fd());
    thread::yield_now();
    kernel::use_descriptor(lent.as_raw_fd());
    true
}

/// Returns true if the handle was open before.
fn close(handle: &Handle) -> bool {
    let open = !handle.is_closed();
    handle.close().unwrap();
    open
}

/// Returns false if the handle was closed before.
fn detach(handle: &Handle) -> bool {
    handle.detach().map(kernel::take_over).is_ok()
}

/// Detaches the number as C and Python do. The new owner of the number keeps it open while calls use it.
fn detach_number(handle: &Handle) -> bool {
    handle.detach_number().is_ok()
}

/// Returns false if the handle was closed before the duplicate was recorded.
fn dup(handle: &Handle) -> bool {
    let mut copied = false;
    call(handle, |handle| copied = handle.set_shared().is_ok());
    copied
}

/// What happened in one order of the threads.
struct Outcome<const N: usize> {
    /// The results of the parts.
    results: [bool; N],
    shut_down: usize,
    given_away: usize,
}

/// Runs the parts at the same time, each in a thread of its own, in every order. The descriptor must be
/// closed or given away exactly once.
fn in_every_order<const N: usize>(
    shared: bool,
    parts: [fn(&Handle) -> bool; N],
    check: impl Fn(Outcome<N>) + Send + Sync + 'static,
) {
    loom::model(move || {
        let handle = Arc::new(Handle::new(kernel::open(), shared, false));
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
        assert_eq!(kernel::times_given_up(), 1, "how often the descriptor was given up");
        check(Outcome { results, shut_down: times_shut_down(), given_away: times_given_away() });
    });
}

#[test]
fn the_last_to_leave_a_closed_handle_gives_the_descriptor_back() {
    in_every_order(false, [close, short_call, short_call], |outcome| {
        assert!(outcome.results[0]);
        assert_eq!(outcome.given_away, 0);
    });
}

#[test]
fn several_closes_give_the_descriptor_back_once() {
    in_every_order(false, [close, close, short_call], |outcome| {
        assert!(outcome.results[0] || outcome.results[1]);
        assert_eq!(outcome.given_away, 0);
    });
}

#[test]
fn a_call_that_began_before_a_close_is_woken() {
    in_every_order(false, [close, blocked_call], |outcome| {
        // Nothing else ends the blocked call, so without the wake-up loom would report a deadlock.
        let [_, began] = outcome.results;
        assert!(!began || outcome.shut_down > 0);
    });
}

#[test]
fn a_call_on_a_shared_handle_is_woken_without_a_shutdown() {
    in_every_order(true, [close, polling_call], |outcome| assert_eq!(outcome.shut_down, 0));
}

#[test]
fn a_duplicate_keeps_its_connection() {
    in_every_order(false, [close, dup], |outcome| {
        let [_, copied] = outcome.results;
        assert!(!copied || outcome.shut_down == 0, "the duplicate was shut down");
    });
}

#[test]
fn a_descriptor_is_detached_or_closed() {
    in_every_order(false, [close, detach], |outcome| {
        let [_, detached] = outcome.results;
        assert!(detached || outcome.given_away == 0, "what is not detached is given back");
    });
}

#[test]
fn of_two_detaches_one_has_the_descriptor() {
    in_every_order(false, [detach, detach], |outcome| assert!(outcome.results[0] != outcome.results[1]));
}

#[test]
fn a_call_keeps_the_number_that_is_detached_meanwhile() {
    in_every_order(false, [detach, short_call, short_call], |outcome| assert!(outcome.results[0]));
}

#[test]
fn a_detach_wakes_the_calls_of_a_shared_handle() {
    in_every_order(true, [detach, polling_call], |outcome| {
        assert!(outcome.results[0]);
        assert_eq!(outcome.shut_down, 0);
    });
}

#[test]
fn a_number_that_is_detached_while_others_use_it_is_never_given_back() {
    loom::model(|| {
        let handle = Arc::new(Handle::new(kernel::open(), true, false));
        let threads = [polling_call, short_call].map(|part| {
            let handle = Arc::clone(&handle);
            thread::spawn(move || part(&handle))
        });
        assert!(detach_number(&handle));
        for thread in threads {
            thread.join().unwrap();
        }
        drop(handle);
        assert_eq!(kernel::times_given_up(), 0, "the number is its new owner's");
    });
}

#[test]
fn a_number_is_detached_or_closed() {
    loom::model(|| {
        let handle = Arc::new(Handle::new(kernel::open(), false, false));
        let other = Arc::clone(&handle);
        let closing = thread::spawn(move || close(&other));
        let detached = detach_number(&handle);
        closing.join().unwrap();
        drop(handle);
        assert_eq!(kernel::times_given_up(), usize::from(!detached));
    });
}

#[test]
fn a_lent_descriptor_stays_when_the_handle_is_closed() {
    in_every_order(false, [close, borrowed_use, short_call], |outcome| {
        let [_, lent, _] = outcome.results;
        assert!(!lent || outcome.shut_down > 0, "the connection ends all the same");
    });
}

#[test]
fn a_lent_descriptor_stays_when_the_handle_is_detached() {
    in_every_order(false, [detach, borrowed_use], |outcome| {
        let [detached, lent] = outcome.results;
        assert!(detached);
        assert_eq!(lent, outcome.given_away == 0, "what is lent is not given away");
    });
}
