//! What stands between C and the core: checks of arguments, codes of failures, and the last failure of each thread.

mod arguments;
mod call;
pub(crate) mod codes;
mod errors;
mod failure;
pub(crate) mod growing;
mod last_failure;
mod outcome;
mod outside;
mod results;

pub use errors::*;

/// The number of a descriptor in C. The header defines it in `capi/inline.h`.
pub(crate) use crate::sys::c_face::NumberInC as tabi_fd;
pub(crate) use arguments::{array, bytes, bytes_to_fill, check_buffer, not_null, optional_string, string};
pub(crate) use call::{boundary, count, status};
pub(crate) use failure::Failure;
pub(crate) use last_failure::{Moment, text_since};
pub(crate) use outcome::{Outcome, Reported};
pub(crate) use outside::outside;
pub(crate) use results::{Handle, check_text, copy_bytes, copy_text, give, or_none_moved, take_back};
