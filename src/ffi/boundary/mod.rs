//! What stands between C and the core: panics, NULL, lengths, codes, and the error that each thread saw last.

mod arguments;
mod call;
pub(crate) mod codes;
mod errors;
mod failure;
mod last_failure;
mod outcome;
mod results;

pub use errors::*;

pub(crate) use arguments::{bytes, check_buffer, not_null, optional_string, room, string};
pub(crate) use call::{boundary, count, status};
pub(crate) use failure::Failure;
pub(crate) use last_failure::last_text;
pub(crate) use outcome::{Outcome, Reported};
pub(crate) use results::{copy_bytes, copy_text, give, take_back};
