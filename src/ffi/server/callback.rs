//! How the library calls hooks and handlers of a C program, and what their results mean.

use std::ffi::c_int;

use super::lent::{Lent, lending};
use crate::error;
use crate::error::{Error, Result};
use crate::ffi::boundary::codes::{HERROR_CODES, code, system_errno, system_number, text};
use crate::ffi::boundary::{Failure, Moment, outside, text_since};
use crate::server::{self, HandlerResult, Next};

/// [`outside`] for a hook or a handler that is lent a request or a server, which it must not free.
pub(crate) fn outside_with<T>(lent: impl Into<Lent>, hook: impl FnOnce() -> T) -> T {
    let lent = lent.into();
    outside(|| lending(lent, hook))
}

/// Calls a hook whose failures are errors of the core.
pub(crate) fn call_hook(lent: impl Into<Lent>, hook: impl FnOnce() -> c_int) -> Result<c_int> {
    let begin = Moment::now();
    match outside_with(lent, hook) {
        code @ 0.. => Ok(code),
        code => Err(to_error(code, begin)),
    }
}

/// A negative code that a handler or a hook has returned. A [`server::Failure`] carries it through the core unchanged.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct ReturnedCode {
    code: c_int,
    /// The core's error for the code. Its details are known only to the thread that ran the callback.
    error: Error,
}

/// Calls a handler or a job, which answers what happens to its connection.
pub(crate) fn call_for_answer(lent: impl Into<Lent>, handler: impl FnOnce() -> c_int) -> HandlerResult<Next> {
    let begin = Moment::now();
    match outside_with(lent, handler) {
        code::PARK => Ok(Next::Park),
        code::AGAIN => Ok(Next::Again),
        code::MORE => Ok(Next::More),
        code => returned(code, begin).map(|_| Next::End),
    }
}

/// The code of an answer.
pub(crate) fn answer_code(next: Next) -> c_int {
    match next {
        Next::End => 0,
        Next::Park => code::PARK,
        Next::Again => code::AGAIN,
        Next::More => code::MORE,
    }
}

/// Calls a hook that may fail with any error.
pub(crate) fn call_handler(lent: impl Into<Lent>, handler: impl FnOnce() -> c_int) -> HandlerResult<c_int> {
    let begin = Moment::now();
    returned(outside_with(lent, handler), begin)
}

fn returned(code: c_int, begin: Moment) -> HandlerResult<c_int> {
    match code {
        0.. => Ok(code),
        _ => Err(Box::new(ReturnedCode { code, error: to_error(code, begin) })),
    }
}

/// What C sees of the failure of a request.
pub(crate) fn seen_by_c(failure: &server::Failure) -> Failure {
    let error = match failure {
        server::Failure::Error(error) => error,
        server::Failure::Panic(text) => return Failure::Panic(text.clone()),
    };
    if let Some(returned) = error.downcast_ref::<ReturnedCode>() {
        return Failure::Returned(returned.code, returned.error.clone());
    }
    let own = error.downcast_ref::<Error>().cloned();
    Failure::Core(own.unwrap_or_else(|| Error::OsMessage(error.to_string().into())))
}

/// The core's error for a code that a callback has returned. It has the details when the code is that of the last call
/// that failed in the callback, which began at this moment.
fn to_error(code: c_int, begin: Moment) -> Error {
    let message = || {
        let text = text_since(begin, code).unwrap_or_else(|| text(code).to_string_lossy().into_owned());
        error::Message::from(text)
    };
    if let Some(errno) = system_errno(code) {
        return Error::Os(errno);
    }
    match code {
        code::ERR_TIMEOUT => Error::Timeout,
        code::ERR_CLOSED => Error::Closed,
        code::ERR_CANCELLED => Error::Cancelled,
        code::ERR_VALUE => Error::Value(message()),
        code::ERR_OVERFLOW => Error::Overflow(message()),
        code::ERR_TYPE => Error::Type(message()),
        _ => match system_number(code) {
            0 => Error::OsMessage(message()),
            number if HERROR_CODES.iter().any(|(_, own)| *own == code) => Error::Herror(number),
            number => Error::Gai(number),
        },
    }
}
