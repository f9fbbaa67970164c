//! The system's texts of its error numbers.

use std::io;

use crate::sys;

/// Returns the system's text of an `errno`, such as "Connection refused".
pub fn strerror(errno: i32) -> String {
    let text = sys::keeping_errno(|| io::Error::from_raw_os_error(errno).to_string());
    let number = format!(" (os error {errno})");
    sys::trimmed(text.strip_suffix(number.as_str()).unwrap_or(&text)).to_owned()
}

/// Returns the text of an `EAI_*` number of the resolver, such as "Name or service not known".
pub fn gai_strerror(code: i32) -> String {
    sys::gai_strerror(code)
}

/// Returns the text of an `h_errno` number, such as "Unknown host".
pub fn hstrerror(code: i32) -> String {
    sys::hstrerror(code)
}
