//! Functions of the C library that the libc crate does not declare.

use std::ffi::{c_char, c_int, c_void};

#[expect(unused_doc_comments, reason = "cbindgen reads it: these are not our exports")]
/// cbindgen:ignore
unsafe extern "C" {
    pub(crate) fn inet_aton(text: *const c_char, address: *mut [u8; 4]) -> c_int;
    pub(crate) fn inet_pton(family: c_int, text: *const c_char, packed: *mut c_void) -> c_int;
    pub(crate) fn inet_ntop(
        family: c_int,
        packed: *const c_void,
        text: *mut c_char,
        size: libc::socklen_t,
    ) -> *const c_char;
}
