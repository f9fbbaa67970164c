//! Panics of the program's own code that must harm nothing else.

use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Drops a value that the program has made. If its `drop` panics, that must harm nothing else.
pub(crate) fn drop_caught<T>(value: T) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) else { return };
    // What it has panicked with may do so too.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        forget(again);
    }
}
