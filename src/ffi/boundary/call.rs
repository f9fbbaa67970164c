//! What surrounds the body of each C function: a failure becomes its code, and so does a panic.
#![allow(unsafe_code)]

use std::any::Any;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::sys::libc::ssize_t;

use super::failure::Failure;
use super::last_failure::report;
use super::outcome::{Outcome, Reported};

/// The types that exported functions return: `int` and `ssize_t`. A negative value is the code of a failure.
pub(crate) trait Code {
    fn from_code(code: c_int) -> Self;
}

impl Code for c_int {
    fn from_code(code: c_int) -> Self {
        code
    }
}

impl Code for ssize_t {
    fn from_code(code: c_int) -> Self {
        code as ssize_t
    }
}

/// Runs the body of an exported function and returns its value, or the code of its failure. A panic becomes a code
/// too, because it must not unwind into C.
#[inline(always)]
pub(crate) fn boundary<C: Code>(body: impl FnOnce() -> Outcome<C>) -> C {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(Reported(code))) => C::from_code(code as c_int),
        Err(panic) => C::from_code(panicked(panic)),
    }
}

/// [`boundary`] for a function that returns 0 when it succeeds.
#[inline]
pub(crate) fn status(body: impl FnOnce() -> Outcome) -> c_int {
    boundary(|| body().map(|()| 0))
}

/// [`boundary`] for a function that returns a count of bytes.
#[inline(always)]
pub(crate) fn count(body: impl FnOnce() -> Outcome<usize>) -> ssize_t {
    boundary(|| body().map(|n| n as ssize_t))
}

/// The code of a panic. It cannot unwind, as [`report`].
#[cold]
#[allow(improper_ctypes_definitions, reason = "only Rust calls it")]
extern "C" fn panicked(panic: Box<dyn Any + Send>) -> c_int {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    report(Failure::Panic(text.unwrap_or_else(|| "panic".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::boundary::codes::code;
    use crate::ffi::boundary::last_failure::{Moment, text_since};

    #[test]
    fn a_panic_ends_as_a_code_with_its_text() {
        let begin = Moment::now();
        assert_eq!(status(|| panic!("on purpose")), code::ERR_PANIC);
        assert_eq!(text_since(begin, code::ERR_PANIC).as_deref(), Some("internal error: on purpose"));
        assert_eq!(count(|| panic!("number {}", 7)), code::ERR_PANIC as ssize_t);
        assert_eq!(text_since(begin, code::ERR_PANIC).as_deref(), Some("internal error: number 7"));
    }

    #[test]
    fn a_failure_has_its_text_only_for_its_code_and_since_a_moment_before_it() {
        assert_eq!(status(|| panic!("before")), code::ERR_PANIC);
        let between = Moment::now();
        assert_eq!(text_since(between, code::ERR_PANIC), None);
        assert_eq!(status(|| panic!("after")), code::ERR_PANIC);
        assert_eq!(text_since(between, code::ERR_PANIC).as_deref(), Some("internal error: after"));
        assert_eq!(text_since(between, code::ERR_VALUE), None);
    }
}
