//! Error codes: what a failure is called in C.

use std::cell::RefCell;
use std::ffi::{CStr, c_int};

use super::boundary::last_text;
use crate::error::{self, Error};

include!("code_table.rs");

mod code {
    macro_rules! constant {
        ($number:expr, $name:ident, $text:expr) => {
            pub(super) const $name: std::ffi::c_int = $number;
        };
    }
    for_each_code!(constant);
}

/// Why an exported function fails: an error of the core's, or one that only C can make.
pub(super) enum Failure {
    Core(Error),
    /// An error of the core's, with a text that says more.
    Detailed(Error, String),
    /// The named argument is NULL.
    Null(&'static str),
    /// A buffer of this many bytes would hold the result.
    TooSmall(usize),
    Panic(String),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Core(error.into())
    }
}

impl Failure {
    /// The negative code that the function returns.
    pub(super) fn code(&self) -> c_int {
        match self {
            Failure::Null(_) => code::ERR_NULL,
            Failure::TooSmall(_) => code::ERR_TOO_SMALL,
            Failure::Panic(_) => code::ERR_PANIC,
            Failure::Core(error) | Failure::Detailed(error, _) => match error {
                Error::Os(errno) => -errno,
                Error::OsMessage(_) => code::ERR_OS,
                Error::Timeout => code::ERR_TIMEOUT,
                Error::Closed => code::ERR_CLOSED,
                Error::Gai(number) => to_code(GAI_CODES, *number).unwrap_or(code::GAI_OTHER),
                Error::Herror(number) => to_code(HERROR_CODES, *number).unwrap_or(code::HERROR_OTHER),
                Error::Value(_) => code::ERR_VALUE,
                Error::Overflow(_) => code::ERR_OVERFLOW,
                Error::Type(_) => code::ERR_TYPE,
            },
        }
    }

    /// The `errno` that comes nearest.
    pub(super) fn errno(&self) -> c_int {
        match self {
            Failure::Core(error) | Failure::Detailed(error, _) => match error.errno() {
                // perror() would say "Success".
                0 => libc::EINVAL,
                errno => errno,
            },
            Failure::Null(_) => libc::EINVAL,
            Failure::TooSmall(_) => libc::ERANGE,
            Failure::Panic(_) => libc::EIO,
        }
    }

    /// What went wrong, with the values.
    pub(super) fn message(&self) -> String {
        match self {
            Failure::Core(error) => error.to_string(),
            Failure::Detailed(_, text) => text.clone(),
            Failure::Null(argument) => format!("{argument} must not be NULL"),
            Failure::TooSmall(needed) => {
                format!("the buffer is too small for the result: {needed} bytes are needed")
            }
            Failure::Panic(message) => format!("internal error: {message}"),
        }
    }
}

/// The resolver's numbers differ between systems; the codes do not.
#[rustfmt::skip]
const GAI_CODES: &[(c_int, c_int)] = &[
    #[cfg(target_os = "linux")]
    (-9, code::GAI_ADDRFAMILY),
    (libc::EAI_AGAIN, code::GAI_AGAIN),
    (libc::EAI_BADFLAGS, code::GAI_BADFLAGS),
    (libc::EAI_FAIL, code::GAI_FAIL),
    (libc::EAI_FAMILY, code::GAI_FAMILY),
    (libc::EAI_MEMORY, code::GAI_MEMORY),
    #[cfg(target_os = "linux")]
    (-5, code::GAI_NODATA),
    (libc::EAI_NONAME, code::GAI_NONAME),
    (libc::EAI_SERVICE, code::GAI_SERVICE),
    (libc::EAI_SOCKTYPE, code::GAI_SOCKTYPE),
    (libc::EAI_OVERFLOW, code::GAI_OVERFLOW),
];

const HERROR_CODES: &[(c_int, c_int)] = &[
    (1, code::HERROR_HOST_NOT_FOUND),
    (2, code::HERROR_TRY_AGAIN),
    (3, code::HERROR_NO_RECOVERY),
    (4, code::HERROR_NO_DATA),
];

fn to_code(table: &[(c_int, c_int)], number: c_int) -> Option<c_int> {
    table.iter().find(|(own, _)| *own == number).map(|(_, code)| *code)
}

thread_local! {
    /// The last code of a callback that no error of the core's stands for, and the error that took its place.
    static RETURNED: RefCell<Option<(c_int, Error)>> = const { RefCell::new(None) };
}

/// The code of an error that perhaps came out of [`to_error`] on this thread.
pub(super) fn returned(error: &Error) -> Option<c_int> {
    let code = |returned: &Option<(c_int, Error)>| {
        returned.as_ref().filter(|(_, own)| own == error).map(|(code, _)| *code)
    };
    RETURNED.try_with(|returned| code(&returned.borrow())).ok().flatten()
}

/// The core's error for a code that a callback returned, with the details when it is this thread's last
/// failure.
pub(super) fn to_error(code: c_int) -> Error {
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

/// The number that the system knows the code by: `errno`, `EAI_*` or `h_errno`; 0 where there is none.
pub(super) fn system_number(code: c_int) -> c_int {
    match code {
        -4095..=-1 => -code,
        code::ERR_CLOSED => libc::EBADF,
        _ => GAI_CODES
            .iter()
            .chain(HERROR_CODES)
            .find(|(_, own)| *own == code)
            .map_or(0, |(number, _)| *number),
    }
}

/// The code's name: `ECONNREFUSED`, `TABI_ERR_TIMEOUT`.
pub(super) fn name(code: c_int) -> Option<&'static CStr> {
    macro_rules! own_name {
        ($number:expr, $name:ident, $text:expr) => {
            if code == $number {
                return c_str(concat!("TABI_", stringify!($name), "\0"));
            }
        };
    }
    for_each_code!(own_name);
    match code {
        -4095..=-1 => crate::error_names::errorcode_c(-code),
        _ => None,
    }
}

/// The code's text, the same for every failure that has it.
pub(super) fn text(code: c_int) -> &'static CStr {
    macro_rules! own_text {
        ($number:expr, $name:ident, $text:expr) => {
            if code == $number {
                if let Some(text) = c_str(concat!($text, "\0")) {
                    return text;
                }
            }
        };
    }
    for_each_code!(own_text);
    match code {
        0.. => c"success",
        -4095..=-1 => super::boundary::system_text(-code),
        _ => c"unknown code",
    }
}

fn c_str(bytes: &'static str) -> Option<&'static CStr> {
    CStr::from_bytes_with_nul(bytes.as_bytes()).ok()
}
