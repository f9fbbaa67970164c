//! The environment where the C library has a variable for it, as POSIX says.

use std::ffi::c_char;

#[expect(unused_doc_comments, reason = "cbindgen reads it: this is not our export")]
/// cbindgen:ignore
unsafe extern "C" {
    static environ: *const *mut c_char;
}

/// Returns the list of this process's variables, which NULL ends.
///
/// # Safety
///
/// Nobody changes the environment meanwhile.
pub(crate) unsafe fn environment_list() -> *const *mut c_char {
    // SAFETY: the caller promises that nobody changes it.
    unsafe { environ }
}
