//! A model of one descriptor and of the threads that wait on it. `state_model` checks `handle` under loom
//! with this file in place of `kernel.rs`.
#![allow(unsafe_code)]

// The counters of the model are not part of what is checked, so they use std's types and not loom's.
use std::sync::OnceLock as Cell;
use std::sync::atomic::AtomicUsize;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::error::Result;
use crate::sys::Watch;
use crate::sys::fd::{FromRawFd, OwnedFd, RawFd};

/// Loom runs every order of the threads already with few tries. More tries would check nothing new.
pub(super) const WAKE_TRIES: u32 = 2;

/// The number of the one descriptor. No open file has this number.
const NUMBER: RawFd = 1 << 30;

/// What the modelled system knows of the descriptor.
struct Kernel {
    /// A read stands for using the descriptor, a write for closing it or giving it away. Loom reports a read
    /// and a write whose order nothing determines.
    descriptor: UnsafeCell<()>,
    given_back: AtomicUsize,
    given_away: AtomicUsize,
    shut_down: AtomicUsize,
    /// Whether a shutdown or a raised wake-up descriptor has ended the waits.
    ended: Mutex<bool>,
    event: Condvar,
}

// SAFETY: the cell is used only through loom, which reports accesses that are not in a determined order.
unsafe impl Sync for Kernel {}

loom::lazy_static! {
    static ref KERNEL: Kernel = Kernel {
        descriptor: UnsafeCell::new(()),
        given_back: AtomicUsize::new(0),
        given_away: AtomicUsize::new(0),
        shut_down: AtomicUsize::new(0),
        ended: Mutex::new(false),
        event: Condvar::new(),
    };
}

fn get(count: &AtomicUsize) -> usize {
    count.load(Ordering::Relaxed)
}

fn give_up(count: &AtomicUsize) {
    KERNEL.descriptor.with_mut(|_| assert_eq!(times_given_up(), 0, "given up twice"));
    count.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn times_given_up() -> usize {
    get(&KERNEL.given_back) + get(&KERNEL.given_away)
}

pub(super) fn times_given_away() -> usize {
    get(&KERNEL.given_away)
}

pub(super) fn times_shut_down() -> usize {
    get(&KERNEL.shut_down)
}

/// Returns a descriptor for a new handle. The number is open nowhere, so dropping it closes nothing.
pub(super) fn open() -> OwnedFd {
    // SAFETY: no open descriptor has this number, so nothing is closed by it.
    unsafe { OwnedFd::from_raw_fd(NUMBER) }
}

/// Takes over the result of a detach: the descriptor itself, or a duplicate.
pub(super) fn take_over(fd: OwnedFd) {
    use crate::sys::fd::IntoRawFd;
    if fd.into_raw_fd() == NUMBER {
        give_up(&KERNEL.given_away);
    }
}

pub(super) fn use_descriptor(fd: RawFd) {
    assert_eq!(fd, NUMBER);
    KERNEL.descriptor.with(|_| assert_eq!(times_given_up(), 0, "used after it was given up"));
}

/// Blocks until a shutdown or a raised wake-up descriptor ends the wait, as a system call does.
pub(super) fn block() {
    let mut ended = KERNEL.ended.lock().unwrap();
    while !*ended {
        ended = KERNEL.event.wait(ended).unwrap();
    }
}

fn end_blocked() {
    *KERNEL.ended.lock().unwrap() = true;
    KERNEL.event.notify_all();
}

pub(super) fn close(fd: RawFd) -> Result<()> {
    assert_eq!(fd, NUMBER);
    give_up(&KERNEL.given_back);
    Ok(())
}

pub(super) fn duplicate(fd: RawFd) -> Result<OwnedFd> {
    use_descriptor(fd);
    // SAFETY: no open descriptor has this number, so nothing is closed by it.
    Ok(unsafe { OwnedFd::from_raw_fd(NUMBER + 1) })
}

pub(super) fn shut_down(fd: RawFd) {
    use_descriptor(fd);
    KERNEL.shut_down.fetch_add(1, Ordering::Relaxed);
    end_blocked();
}

pub(super) fn forks() -> u32 {
    0
}

pub(super) fn is_only_thread() -> bool {
    false
}

pub(super) fn pause(tried: u32) {
    // Yielding lets the other threads end first. After the last try, nothing waits for them.
    if tried + 1 < WAKE_TRIES {
        thread::yield_now();
    }
}

/// A wake-up descriptor that ends every wait.
pub(super) struct CallWake;

impl CallWake {
    pub(super) fn new() -> Result<Self> {
        Ok(CallWake)
    }

    pub(super) fn raise(&self) {
        end_blocked();
    }

    pub(super) fn report_to(&self, _watch: &Watch, _token: u64) {}

    pub(super) fn fd(&self) -> Result<RawFd> {
        Ok(NUMBER + 2)
    }
}

/// A `OnceLock` for which loom sees when it is set.
pub(super) struct OnceLock<T> {
    is_set: AtomicBool,
    value: Cell<T>,
}

impl<T> OnceLock<T> {
    pub(super) fn new() -> Self {
        OnceLock { is_set: AtomicBool::new(false), value: Cell::new() }
    }

    pub(super) fn get(&self) -> Option<&T> {
        self.is_set.load(Ordering::Acquire).then(|| self.value.get().expect("it is set"))
    }

    pub(super) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let value = self.value.get_or_init(make);
        self.is_set.store(true, Ordering::Release);
        value
    }
}
