//! The databases of hosts, services and protocols, whose plain functions share static buffers.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
/// cbindgen:ignore
mod glibc;
#[cfg(any(test, not(all(target_os = "linux", target_env = "gnu"))))]
mod portable;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) use glibc::{host_by_address, host_by_name, protocol_by_name, service_by_name, service_by_port};
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) use portable::{
    host_by_address, host_by_name, protocol_by_name, service_by_name, service_by_port,
};

use std::ffi::{CStr, c_char};

/// A port as `servent` holds it: 16 bits in network order, in an `int`.
fn port_of(entry: &libc::servent) -> u16 {
    u16::from_be(entry.s_port as u16)
}

/// # Safety
///
/// `text` is NULL or NUL-terminated.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not NULL, and the caller vouches for the rest.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
