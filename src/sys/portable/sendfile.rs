//! No `sendfile(2)`: the BSDs' calls have other arguments, and who asks copies instead.

use std::os::fd::RawFd;

/// Fails with `ENOSYS`.
pub(crate) fn sendfile(_socket: RawFd, _file: RawFd, _offset: u64, _count: usize) -> isize {
    crate::sys::set_errno(libc::ENOSYS);
    -1
}
