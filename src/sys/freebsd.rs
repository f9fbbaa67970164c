//! The backend of FreeBSD.

#[path = "portable/control.rs"]
mod control;
#[cfg(feature = "capi")]
#[path = "portable/environment.rs"]
mod environment;
#[path = "portable/multicast.rs"]
mod multicast;
#[path = "portable/multicast_interface.rs"]
mod multicast_interface;
#[path = "portable/mod.rs"]
mod portable;
#[path = "portable/sendfile_counted.rs"]
mod sendfile_counted;

use std::ffi::CStr;
use std::io;
use std::os::fd::RawFd;

use libc::c_int;
use socket2::SockRef;

use super::unix::errno::errno_names;

pub(crate) use control::{packet_info_v4, read_control};
#[cfg(feature = "capi")]
pub(crate) use environment::environment_list;
pub(crate) use multicast::{join_multicast_v4, leave_multicast_v4};
pub(crate) use multicast_interface::multicast_interface_v4;
pub(crate) use portable::*;

/// The flag with which a send raises no SIGPIPE.
pub(crate) const NO_SIGPIPE: c_int = libc::MSG_NOSIGNAL;
/// The option of a socket is not needed, because the flag does it.
pub(super) const SO_NOSIGPIPE: Option<c_int> = None;
/// The flags with which a receive never waits.
pub(crate) const NEVER_WAIT: c_int = libc::MSG_DONTWAIT | libc::MSG_OOB;
/// The flag with which received descriptors are close-on-exec.
pub(crate) const CMSG_CLOEXEC: c_int = libc::MSG_CMSG_CLOEXEC;
/// The type of the control message with the hop limit of an IPv6 datagram.
pub(crate) const IPV6_HOPLIMIT: c_int = libc::IPV6_HOPLIMIT;
/// The flags that may be added to the type of a socket.
pub(crate) const TYPE_FLAGS: c_int = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
/// The flag in the type of a socket that makes the socket non-blocking.
pub(crate) const SOCK_NONBLOCK: c_int = libc::SOCK_NONBLOCK;
/// The smallest stack that a thread may have, in bytes.
pub(super) const LEAST_STACK: usize = libc::PTHREAD_STACK_MIN;

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe { *libc::__error() = errno };
}

/// Returns the name of an `errno` that not every Unix has.
pub(crate) fn own_errno_name(errno: c_int) -> Option<&'static CStr> {
    errno_names! { errno,
        EAUTH EBADRPC ECAPMODE EDOOFUS EFTYPE EINTEGRITY ENEEDAUTH ENOATTR ENOTBLK ENOTCAPABLE
        ENOTRECOVERABLE EOWNERDEAD EPROCLIM EPROCUNAVAIL EPROGMISMATCH EPROGUNAVAIL ERPCMISMATCH
    }
    None
}

/// Does nothing, because this crate cannot set the names of threads on this system.
pub(crate) fn name_current_thread(_name: &CStr) {}

/// Sends at most `count` bytes of a file, beginning at `offset`. Returns how many were sent, or -1 and sets `errno`. The system
/// raises no SIGPIPE for this call.
pub(crate) fn sendfile(socket: RawFd, file: RawFd, offset: u64, count: usize) -> isize {
    let mut sent = 0;
    // SAFETY: `sent` is writable during the call, and there are no headers.
    let result = unsafe {
        libc::sendfile(file, socket, offset as libc::off_t, count, std::ptr::null_mut(), &mut sent, 0)
    };
    sendfile_counted::counted(result, sent)
}

/// Returns the protocol with which a socket was made.
pub(crate) fn protocol(socket: &SockRef<'_>) -> io::Result<c_int> {
    Ok(socket.protocol()?.map_or(0, c_int::from))
}
