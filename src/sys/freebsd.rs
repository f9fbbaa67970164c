//! FreeBSD.

#[path = "portable/control.rs"]
mod control;
#[path = "portable/multicast.rs"]
mod multicast;
#[path = "portable/mod.rs"]
mod portable;

use std::ffi::CStr;
use std::io;

use libc::c_int;
use socket2::SockRef;

pub(crate) use control::{packet_info_v4, read_control};
pub(crate) use multicast::{join_multicast_v4, leave_multicast_v4, multicast_interface_v4};
pub(crate) use portable::*;

/// The flag that keeps a send from raising SIGPIPE.
pub(crate) const NO_SIGPIPE: c_int = libc::MSG_NOSIGNAL;
/// The flag that makes received descriptors close-on-exec.
pub(crate) const CMSG_CLOEXEC: c_int = libc::MSG_CMSG_CLOEXEC;
/// The control message of an IPv6 datagram's hop limit.
pub(crate) const IPV6_HOPLIMIT: c_int = libc::IPV6_HOPLIMIT;
/// What is allowed in a socket's type beside the type itself.
pub(crate) const TYPE_FLAGS: c_int = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
/// The flag in a socket's type that makes it non-blocking.
pub(crate) const SOCK_NONBLOCK: c_int = libc::SOCK_NONBLOCK;
/// The least stack of a thread, in bytes.
pub(super) const LEAST_STACK: usize = libc::PTHREAD_STACK_MIN;

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe { *libc::__error() = errno };
}

/// The system keeps no names of threads that this crate could set.
pub(crate) fn name_current_thread(_name: &CStr) {}

/// The protocol that a socket was made with.
pub(crate) fn protocol(socket: &SockRef<'_>) -> io::Result<c_int> {
    Ok(socket.protocol()?.map_or(0, c_int::from))
}
