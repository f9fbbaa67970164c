//! `sendfile` on systems other than Linux. The calls of the BSDs have other arguments, so the caller copies the bytes
//! instead.

use std::os::fd::RawFd;

/// Fails with `ENOSYS`.
pub(crate) fn sendfile(_socket: RawFd, _file: RawFd, _offset: u64, _count: usize) -> isize {
    crate::sys::set_errno(libc::ENOSYS);
    -1
}
