//! The names and texts of the codes, and the system's numbers for them.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_int};
use std::sync::OnceLock;

use crate::error::strerror;
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
    (libc::EAI_OVERFLOW, code::GAI_OVERFLOW),
];

pub(crate) const HERROR_CODES: &[(c_int, c_int)] = &[
    (1, code::HERROR_HOST_NOT_FOUND),
    (2, code::HERROR_TRY_AGAIN),
    (3, code::HERROR_NO_RECOVERY),
    (4, code::HERROR_NO_DATA),
];

pub(crate) fn to_code(table: &[(c_int, c_int)], number: c_int) -> Option<c_int> {
    table.iter().find(|(own, _)| *own == number).map(|(_, code)| *code)
}

/// The system's number for a code: an `errno`, an `EAI_*` or an `h_errno`. It is 0 when there is none.
pub(crate) fn system_number(code: c_int) -> c_int {
    match code {
        -4095..=-1 => -code,
        code::ERR_CLOSED => libc::EBADF,
        code::ERR_CANCELLED => libc::ECANCELED,
        _ => GAI_CODES
            .iter()
            .chain(HERROR_CODES)
            .find(|(_, own)| *own == code)
            .map_or(0, |(number, _)| *number),
    }
}

/// The name of a code, such as `ECONNREFUSED` or `TABI_ERR_TIMEOUT`.
pub(crate) fn name(code: c_int) -> Option<&'static CStr> {
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

/// The text of a code.
pub(crate) fn text(code: c_int) -> &'static CStr {
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
        -4095..=-1 => system_text(-code),
        _ => c"unknown code",
    }
}

/// The system's text for an `errno`. It is made once and then kept.
pub(crate) fn system_text(errno: c_int) -> &'static CStr {
    static TEXTS: [OnceLock<CString>; 256] = [const { OnceLock::new() }; 256];
    match usize::try_from(errno).ok().and_then(|index| TEXTS.get(index)) {
        Some(text) => text.get_or_init(|| CString::new(strerror(errno)).unwrap_or_default()),
        None => c"unknown error of the system",
    }
}

fn c_str(bytes: &'static str) -> Option<&'static CStr> {
    CStr::from_bytes_with_nul(bytes.as_bytes()).ok()
}
