//! `sendfile` on systems that have no such call: the caller copies the bytes instead.

use std::os::fd::RawFd;

/// Fails with `ENOSYS`.
pub(crate) fn sendfile(_socket: RawFd, _file: RawFd, _offset: u64, _count: usize) -> isize {
    crate::sys::set_errno(libc::ENOSYS);
    -1
}
