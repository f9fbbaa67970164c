//! The result of a C function's body: a value, or the code of a failure that was noted.
#![allow(unsafe_code)]

use super::failure::Failure;
use super::last_failure::report;
use crate::error::Result;

/// The result of a function that C will see as a code.
pub(crate) type Outcome<T = ()> = Result<T, Reported>;

/// The code of a failure that was noted as the last one of this thread. It fits in a register, and so does a count
/// or a code. Returning whole failures would cost the most frequent calls a dozen instructions.
pub(crate) struct Reported(pub(super) isize);

impl<E: Into<Failure>> From<E> for Reported {
    #[cold]
    #[inline(never)]
    fn from(failure: E) -> Self {
        Reported(report(failure.into()) as isize)
    }
}
