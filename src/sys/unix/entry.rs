//! What the entries of the C library's databases hold.

use std::ffi::{CStr, c_char};
use std::net::IpAddr;

/// What is known of a host: Python's `(hostname, aliaslist, ipaddrlist)`.
///
/// Bytes of a name that are not UTF-8 become U+FFFD. Systems other than Linux with glibc report no aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostEntry {
    /// The host's main name.
    pub name: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Its addresses, at least one.
    pub addresses: Vec<IpAddr>,
}

/// A port as `servent` holds it: 16 bits in network order, in an `int`.
pub(in crate::sys) fn port_of(entry: &libc::servent) -> u16 {
    u16::from_be(entry.s_port as u16)
}

/// A name, empty for NULL. Bytes that are not UTF-8 become U+FFFD.
///
/// # Safety
///
/// `text` is NULL or NUL-terminated.
pub(in crate::sys) unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not NULL, and the caller vouches for the rest.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
