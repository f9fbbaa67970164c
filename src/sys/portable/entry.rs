//! Entries of the system's databases.

use std::ffi::{CStr, c_char};

use crate::sys::libc;

/// Returns the port of an entry. `servent` has it as 16 bits in network byte order in an `int`.
pub(in crate::sys) fn port_of(entry: &libc::servent) -> u16 {
    u16::from_be(entry.s_port as u16)
}

/// Copies a name. It is empty for NULL, and bytes that are not UTF-8 become U+FFFD.
///
/// # Safety
///
/// `text` is NULL or NUL-terminated.
pub(in crate::sys) unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the text is not NULL, and the caller guarantees that it is NUL-terminated.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
