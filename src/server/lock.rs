//! Mutexes of servers.
//!
//! What locks and unlocks a mutex is an `extern "C"` function, of which the compiler knows that it does not unwind. The
//! functions that hold a lock need fewer landing pads.
#![allow(unsafe_code)]

use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::deadline::Deadline;

/// A mutex that is locked until this is dropped.
pub(super) struct Locked<'a, T>(ManuallyDrop<MutexGuard<'a, T>>);

/// Locks a mutex, also after a panic. No lock of the servers is held while foreign code runs, so a panic
/// leaves no half-changed state behind.
#[allow(improper_ctypes_definitions, reason = "only Rust calls it")]
#[inline(never)]
pub(super) extern "C" fn lock<T>(mutex: &Mutex<T>) -> Locked<'_, T> {
    Locked::new(mutex.lock().unwrap_or_else(PoisonError::into_inner))
}

#[inline(never)]
extern "C" fn unlock<T>(guard: &mut ManuallyDrop<MutexGuard<'_, T>>) {
    // SAFETY: `Locked` is being dropped, so nobody uses its guard any more.
    unsafe { ManuallyDrop::drop(guard) };
}

/// Waits for a notification or the deadline. Returns whether the deadline has passed.
pub(super) fn wait_until<'a, T>(
    condition: &Condvar,
    locked: Locked<'a, T>,
    deadline: Deadline,
) -> (Locked<'a, T>, bool) {
    let guard = locked.into_guard();
    let Some(left) = deadline.left() else {
        return (Locked::new(condition.wait(guard).unwrap_or_else(PoisonError::into_inner)), false);
    };
    let (guard, result) = condition.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner);
    (Locked::new(guard), result.timed_out() && deadline.has_passed())
}

impl<'a, T> Locked<'a, T> {
    fn new(guard: MutexGuard<'a, T>) -> Locked<'a, T> {
        Locked(ManuallyDrop::new(guard))
    }

    fn into_guard(self) -> MutexGuard<'a, T> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not used any more, and is never dropped.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> Drop for Locked<'_, T> {
    fn drop(&mut self) {
        unlock(&mut self.0);
    }
}
