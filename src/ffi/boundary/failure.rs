//! The reasons why a C function fails, and the code of each.
#![allow(unsafe_code)]

use std::ffi::c_int;

use super::codes::{GAI_CODES, HERROR_CODES, code, to_code};
use crate::address::RawAddress;
use crate::error::Error;
use crate::sys::libc;

/// The reason why an exported function fails: an error of the core, or a mistake that only C can make.
pub(crate) enum Failure {
    Core(Error),
    /// An error of the core, and a text that says more.
    Detailed(Error, String),
    /// An error of the core in a call with this address. The text is made when somebody reads it.
    At(RawAddress, Error),
    /// The named argument is NULL.
    Null(&'static str),
    /// The named buffer is too small. One of this many bytes would hold the result.
    TooSmall(&'static str, usize),
    /// A callback in C has returned this negative code. The error is the core's for it.
    Returned(c_int, Error),
    Panic(String),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Core(error.into())
    }
}

impl Failure {
    /// The negative code that the function returns.
    pub(crate) fn code(&self) -> c_int {
        match self {
            Failure::Null(_) => code::ERR_NULL,
            Failure::TooSmall(..) => code::ERR_TOO_SMALL,
            Failure::Panic(_) => code::ERR_PANIC,
            Failure::Returned(code, _) => *code,
            Failure::Core(error) | Failure::Detailed(error, _) | Failure::At(_, error) => match error {
                Error::Os(errno) => -errno,
                Error::OsMessage(_) | Error::Io(_) => code::ERR_OS,
                Error::Timeout => code::ERR_TIMEOUT,
                Error::Closed => code::ERR_CLOSED,
                Error::Cancelled => code::ERR_CANCELLED,
                Error::Gai(number) => to_code(GAI_CODES, *number).unwrap_or(code::GAI_OTHER),
                Error::Herror(number) => to_code(HERROR_CODES, *number).unwrap_or(code::HERROR_OTHER),
                Error::Value(_) => code::ERR_VALUE,
                Error::Overflow(_) => code::ERR_OVERFLOW,
                Error::Type(_) => code::ERR_TYPE,
            },
        }
    }

    /// The `errno` that fits best.
    pub(crate) fn errno(&self) -> c_int {
        match self {
            Failure::Core(error)
            | Failure::Detailed(error, _)
            | Failure::At(_, error)
            | Failure::Returned(_, error) => match error.errno() {
                // perror() would say "Success".
                0 => libc::EINVAL,
                errno => errno,
            },
            Failure::Null(_) => libc::EINVAL,
            Failure::TooSmall(..) => libc::ERANGE,
            Failure::Panic(_) => libc::EIO,
        }
    }

    /// The text for people, with the values.
    pub(crate) fn message(&self) -> String {
        match self {
            Failure::Core(error) | Failure::Returned(_, error) => error.to_string(),
            Failure::Detailed(_, text) => text.clone(),
            Failure::At(address, error) => format!("{}: {error}", address.decode().repr()),
            Failure::Null(argument) => format!("{argument} must not be NULL"),
            Failure::TooSmall(buffer, needed) => {
                format!("{buffer} is too small for the result: {needed} bytes are needed")
            }
            Failure::Panic(message) => format!("internal error: {message}"),
        }
    }
}
