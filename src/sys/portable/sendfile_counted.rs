//! The results of `sendfile(2)` on systems where it counts the bytes in an argument, also when it fails.

use std::ffi::c_int;

/// Returns how many bytes were sent, or -1 and leaves `errno` as it is.
///
/// A call that had to stop fails with EAGAIN or EINTR although it has sent some bytes. They count as a success: if the reason
/// lasts, the next call fails with it and has sent nothing.
pub(in crate::sys) fn counted(result: c_int, sent: libc::off_t) -> isize {
    match isize::try_from(sent) {
        Ok(sent) if sent > 0 => sent,
        _ if result == -1 => -1,
        _ => 0,
    }
}
