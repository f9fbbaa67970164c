//! No SIGPIPE from sockets that the library did not make itself.

use std::os::fd::RawFd;

use crate::sys::system::SO_NOSIGPIPE;

/// Sets the option of the socket with which sends raise no SIGPIPE, on systems where no flag of a send does this. A socket
/// keeps it, whoever else has a descriptor of it.
pub(crate) fn suppress_sigpipe(fd: RawFd) {
    let Some(option) = SO_NOSIGPIPE else { return };
    let on: libc::c_int = 1;
    let len = size_of_val(&on) as libc::socklen_t;
    // It fails for a file that is not a socket, and for a connection that has ended, where no send can succeed.
    // SAFETY: the value has as many readable bytes as stated.
    unsafe { libc::setsockopt(fd, libc::SOL_SOCKET, option, (&raw const on).cast(), len) };
}
