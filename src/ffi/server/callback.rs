//! Calls of functions written in C, and the codes that they return.
#![allow(unsafe_code)]

use std::ffi::c_int;

use crate::error;
use crate::error::{Error, Result};
use crate::ffi::boundary::codes::{HERROR_CODES, code, system_number, text};
use crate::ffi::boundary::{Failure, last_text};
use crate::server::{self, HandlerResult};

/// Calls a hook or a handler. A thread that is ended inside of it, as CPython ends its threads when the program
/// exits, stays there: it could not leave through frames of Rust without ending the whole program.
pub(crate) fn outside<T>(hook: impl FnOnce() -> T) -> T {
    struct Stay;
    impl Drop for Stay {
        fn drop(&mut self) {
            loop {
                std::thread::park();
            }
        }
    }
    let stay = Stay;
    let result = hook();
    std::mem::forget(stay);
    result
}

/// What a hook returned whose errors are the core's own.
pub(crate) fn result(code: c_int) -> Result<c_int> {
    if code < 0 { Err(to_error(code)) } else { Ok(code) }
}

/// A negative code that a handler or a hook returned. Inside of a [`server::Failure`] it travels through the core as it is.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct ReturnedCode {
    code: c_int,
    /// What the core would call it, with the details that only the thread knows on which the callback ran.
    error: Error,
}

/// What a handler returned, or a hook that may fail with anything.
pub(crate) fn handler_result(code: c_int) -> HandlerResult<c_int> {
    match code {
        0.. => Ok(code),
        _ => Err(Box::new(ReturnedCode { code, error: to_error(code) })),
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

/// The core's error for a code that a callback returned, with the details when it is this thread's last
/// failure.
fn to_error(code: c_int) -> Error {
    let message = || {
        let text = last_text(code).unwrap_or_else(|| text(code).to_string_lossy().into_owned());
        error::Message::from(text)
    };
    match code {
        -4095..=-1 => Error::Os(-code),
        code::ERR_TIMEOUT => Error::Timeout,
        code::ERR_CLOSED => Error::Closed,
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
