//! The names and texts of the codes, and the system's numbers for them.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::error::strerror;
use crate::sys::c_face::{EAI_OVERFLOW, ERRNO_RANGES, HOST_ERRORS, LAST_ERRNO};
use crate::sys::{self, libc};

include!("code_table.rs");

pub(crate) mod code {
    macro_rules! constant {
        ($number:expr, $name:ident, $text:expr) => {
            pub(crate) const $name: std::ffi::c_int = $number;
        };
    }
    for_each_code!(constant);
}

/// The resolver's numbers and the codes for them. The numbers differ between systems, the codes do not.
#[rustfmt::skip]
pub(crate) const GAI_CODES: &[(c_int, c_int)] = &[
    (sys::EAI_ADDRFAMILY, code::GAI_ADDRFAMILY),
    (libc::EAI_AGAIN, code::GAI_AGAIN),
    (libc::EAI_BADFLAGS, code::GAI_BADFLAGS),
    (libc::EAI_FAIL, code::GAI_FAIL),
    (libc::EAI_FAMILY, code::GAI_FAMILY),
    (libc::EAI_MEMORY, code::GAI_MEMORY),
    (sys::EAI_NODATA, code::GAI_NODATA),
    (libc::EAI_NONAME, code::GAI_NONAME),
    (libc::EAI_SERVICE, code::GAI_SERVICE),
    (libc::EAI_SOCKTYPE, code::GAI_SOCKTYPE),
    (EAI_OVERFLOW, code::GAI_OVERFLOW),
];

pub(crate) const HERROR_CODES: &[(c_int, c_int)] = &[
    (HOST_ERRORS[0], code::HERROR_HOST_NOT_FOUND),
    (HOST_ERRORS[1], code::HERROR_TRY_AGAIN),
    (HOST_ERRORS[2], code::HERROR_NO_RECOVERY),
    (HOST_ERRORS[3], code::HERROR_NO_DATA),
];

pub(crate) fn to_code(table: &[(c_int, c_int)], number: c_int) -> Option<c_int> {
    table.iter().find(|(own, _)| *own == number).map(|(_, code)| *code)
}

/// The error number in a code that is `-errno`, or `None` for another code.
pub(crate) fn system_errno(code: c_int) -> Option<c_int> {
    macro_rules! is_not_the_systems {
        ($number:expr, $name:ident, $text:expr) => {
            if code == $number {
                return None;
            }
        };
    }
    for_each_code!(is_not_the_systems);
    (-LAST_ERRNO..0).contains(&code).then(|| -code)
}

/// The system's number for a code: an `errno`, an `EAI_*` or an `h_errno`. It is 0 when there is none.
pub(crate) fn system_number(code: c_int) -> c_int {
    match code {
        code::ERR_CLOSED => sys::CLOSED,
        code::ERR_CANCELLED => libc::ECANCELED,
        _ => match GAI_CODES.iter().chain(HERROR_CODES).find(|(_, own)| *own == code) {
            Some((number, _)) => *number,
            None => system_errno(code).unwrap_or(0),
        },
    }
}

/// The name of a code, such as `ECONNREFUSED` or `TABI_ERR_TIMEOUT`.
pub(crate) fn name(code: c_int) -> Option<&'static CStr> {
    macro_rules! own_name {
        ($number:expr, $name:ident, $text:expr) => {
            if code == $number {
                return const { c_str(concat!("TABI_", stringify!($name), "\0")) };
            }
        };
    }
    for_each_code!(own_name);
    crate::error_names::errorcode_c(system_errno(code)?)
}

/// The text of a code.
pub(crate) fn text(code: c_int) -> &'static CStr {
    macro_rules! own_text {
        ($number:expr, $name:ident, $text:expr) => {
            if code == $number {
                if let Some(text) = const { c_str(concat!($text, "\0")) } {
                    return text;
                }
            }
        };
    }
    for_each_code!(own_text);
    match code {
        0.. => c"success",
        _ => system_errno(code).map_or(c"unknown code", system_text),
    }
}

/// The system's text for an `errno`. It is made once and then kept.
pub(crate) fn system_text(errno: c_int) -> &'static CStr {
    const RANGES: usize = ERRNO_RANGES.len();
    static TEXTS: [[Text; 256]; RANGES] = [const { [const { Text::new() }; 256] }; RANGES];
    let place = |(begin, texts): (c_int, &'static [Text; 256])| {
        usize::try_from(errno - begin).ok().and_then(|index| texts.get(index))
    };
    match ERRNO_RANGES.into_iter().zip(&TEXTS).find_map(place) {
        Some(text) => text.get_or_make(|| CString::new(strerror(errno)).unwrap_or_default()),
        None => c"unknown error of the system",
    }
}

/// A text that is kept once it has been made. All of its bits are 0 before, so that a table of them has no place in the file
/// of the library; a `OnceLock` would.
struct Text(AtomicPtr<c_char>);

impl Text {
    const fn new() -> Text {
        Text(AtomicPtr::new(ptr::null_mut()))
    }

    fn get_or_make(&self, make: impl FnOnce() -> CString) -> &'static CStr {
        let mut kept = self.0.load(Ordering::Acquire);
        if kept.is_null() {
            let made = make().into_raw();
            kept = match self.0.compare_exchange(ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => made,
                Err(other) => {
                    // SAFETY: `made` came from `into_raw`, and no other thread has seen it.
                    drop(unsafe { CString::from_raw(made) });
                    other
                }
            };
        }
        // SAFETY: the text was a `CString`, is never changed or freed, and is seen whole by the order of the atomic.
        unsafe { CStr::from_ptr(kept) }
    }
}

const fn c_str(bytes: &'static str) -> Option<&'static CStr> {
    match CStr::from_bytes_with_nul(bytes.as_bytes()) {
        Ok(text) => Some(text),
        Err(_) => None,
    }
}
