//! Internet addresses as text, with the signatures of POSIX.

use std::ffi::{CStr, c_char, c_int, c_void};

use windows_sys::Win32::Networking::WinSock as winsock;

use super::startup::start;

/// `inet_aton(3)`, which Windows has not: its older form `inet_addr` does the same, but cannot tell the broadcast address
/// from an error.
///
/// # Safety
///
/// The text is NUL-terminated, and the address writable.
pub(crate) unsafe fn inet_aton(text: *const c_char, address: *mut [u8; 4]) -> c_int {
    // SAFETY: the caller promises the NUL.
    let packed = unsafe { winsock::inet_addr(text.cast()) };
    // SAFETY: the caller promises the NUL here too.
    let is_broadcast = || unsafe { CStr::from_ptr(text) } == c"255.255.255.255";
    if packed == winsock::INADDR_NONE && !is_broadcast() {
        return 0;
    }
    // SAFETY: the caller promises that the address is writable.
    unsafe { *address = packed.to_ne_bytes() };
    1
}

/// `inet_pton(3)`.
///
/// # Safety
///
/// The text is NUL-terminated, and the address writable for the family.
pub(crate) unsafe fn inet_pton(family: c_int, text: *const c_char, packed: *mut c_void) -> c_int {
    start();
    // SAFETY: the caller promises the text and the address.
    unsafe { winsock::inet_pton(family, text.cast(), packed) }
}

/// `inet_ntop(3)`.
///
/// # Safety
///
/// The address is readable for the family, and the text writable for its size.
pub(crate) unsafe fn inet_ntop(
    family: c_int,
    packed: *const c_void,
    text: *mut c_char,
    size: c_int,
) -> *const c_char {
    start();
    // SAFETY: the caller promises the address and the text.
    unsafe { winsock::inet_ntop(family, packed, text.cast(), size as usize).cast() }
}
