//! What only the C face uses.

use std::ffi::c_int;
use std::os::windows::io::{BorrowedHandle, RawHandle};

use windows_sys::Win32::Networking::WinSock as winsock;

use super::libc;

/// The number of a socket, or the handle of a file, in C: `tabi_fd` of the header.
pub type NumberInC = isize;

/// The largest error number of the system.
pub(crate) const LAST_ERRNO: c_int = 15999;
/// Where the error numbers begin that the system uses: its own, those of sockets, and those of the resolver. Each range
/// has at most 256 of them.
pub(crate) const ERRNO_RANGES: [c_int; 3] = [0, 10000, 11000];
/// `HOST_NOT_FOUND`, `TRY_AGAIN`, `NO_RECOVERY` and `NO_DATA` of `h_errno`.
pub(crate) const HOST_ERRORS: [c_int; 4] =
    [winsock::WSAHOST_NOT_FOUND, winsock::WSATRY_AGAIN, winsock::WSANO_RECOVERY, winsock::WSANO_DATA];
/// The resolver has no error for a buffer that is too small. This value is never returned.
pub(crate) const EAI_OVERFLOW: c_int = c_int::MIN;

/// Returns the length of a buffer in bytes.
pub(crate) fn length(buffer: &libc::iovec) -> usize {
    buffer.iov_len as usize
}

/// Returns a file of a C program.
///
/// # Safety
///
/// The handle is not -1, and nobody closes the file while the result is in use.
pub(crate) unsafe fn borrow_file<'a>(file: NumberInC) -> BorrowedHandle<'a> {
    // SAFETY: the caller promises both.
    unsafe { BorrowedHandle::borrow_raw(file as RawHandle) }
}
