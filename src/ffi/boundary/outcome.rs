//! How a function of the C face ends: with a value, or with a failure that is noted.
#![allow(unsafe_code)]

use super::failure::Failure;
use super::last_failure::report;
use crate::error::Result;

/// The result of a function that C will see as a code.
pub(crate) type Outcome<T = ()> = Result<T, Reported>;

/// The code of a failure that is noted as this thread's last. A word, so that a count or a code comes out of
/// the hot calls in registers: whole failures cost them a dozen instructions each.
pub(crate) struct Reported(pub(super) isize);

impl<E: Into<Failure>> From<E> for Reported {
    #[cold]
    #[inline(never)]
    fn from(failure: E) -> Self {
        Reported(report(failure.into()) as isize)
    }
}
