//! Calls of functions written in C, and the codes that they return.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::c_int;

use crate::error;
use crate::error::{Error, Result};
use crate::ffi::boundary::codes::{HERROR_CODES, code, system_number, text};
use crate::ffi::boundary::last_text;

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

pub(crate) fn result(code: c_int) -> Result<c_int> {
    if code < 0 { Err(to_error(code)) } else { Ok(code) }
}

thread_local! {
    /// The last code of a callback that no error of the core's stands for, and the error that took its place.
    static RETURNED: RefCell<Option<(c_int, Error)>> = const { RefCell::new(None) };
}

/// The code of an error that perhaps came out of [`to_error`] on this thread.
pub(crate) fn returned(error: &Error) -> Option<c_int> {
    let code = |returned: &Option<(c_int, Error)>| {
        returned.as_ref().filter(|(_, own)| own == error).map(|(code, _)| *code)
    };
    RETURNED.try_with(|returned| code(&returned.borrow())).ok().flatten()
}

/// The core's error for a code that a callback returned, with the details when it is this thread's last
/// failure.
pub(crate) fn to_error(code: c_int) -> Error {
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
            0 => {
                let error = Error::OsMessage(message());
                let _ = RETURNED.try_with(|returned| *returned.borrow_mut() = Some((code, error.clone())));
                error
            }
            number if HERROR_CODES.iter().any(|(_, own)| *own == code) => Error::Herror(number),
            number => Error::Gai(number),
        },
    }
}
