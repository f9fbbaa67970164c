//! What only the C face uses.

use std::ffi::c_int;
use std::os::fd::BorrowedFd;

/// The number of a descriptor in C: `tabi_fd` of the header.
pub type NumberInC = c_int;

/// The largest error number of the system.
pub(crate) const LAST_ERRNO: c_int = 4095;
/// Where the error numbers begin that the system uses. Each range has at most 256 of them.
pub(crate) const ERRNO_RANGES: [c_int; 1] = [0];
/// `HOST_NOT_FOUND`, `TRY_AGAIN`, `NO_RECOVERY` and `NO_DATA` of `h_errno`, which the libc crate does not have.
pub(crate) const HOST_ERRORS: [c_int; 4] = [1, 2, 3, 4];
/// The resolver's error for a buffer that is too small.
pub(crate) const EAI_OVERFLOW: c_int = libc::EAI_OVERFLOW;

/// Returns the length of a buffer in bytes.
pub(crate) fn length(buffer: &libc::iovec) -> usize {
    buffer.iov_len
}

/// Returns a file of a C program.
///
/// # Safety
///
/// The number is not -1, and nobody closes the file while the result is in use.
pub(crate) unsafe fn borrow_file<'a>(file: NumberInC) -> BorrowedFd<'a> {
    // SAFETY: the caller promises both.
    unsafe { BorrowedFd::borrow_raw(file) }
}
