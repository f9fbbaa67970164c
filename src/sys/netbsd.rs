//! The backend of NetBSD.

#[path = "portable/control.rs"]
mod control;
#[cfg(feature = "capi")]
#[path = "portable/environment.rs"]
mod environment;
#[path = "portable/mod.rs"]
mod portable;
#[path = "portable/sendfile.rs"]
mod sendfile;

use std::ffi::CStr;
use std::io;
use std::net::Ipv4Addr;

use libc::c_int;
use socket2::SockRef;

use super::InterfaceV4;
use super::unix::errno::errno_names;

pub(crate) use control::{packet_info_v4, read_control};
#[cfg(feature = "capi")]
pub(crate) use environment::environment_list;
pub(crate) use portable::*;
pub(crate) use sendfile::sendfile;

/// The flag with which a send raises no SIGPIPE.
pub(crate) const NO_SIGPIPE: c_int = libc::MSG_NOSIGNAL;
/// The option of a socket is not needed, because the flag does it.
pub(super) const SO_NOSIGPIPE: Option<c_int> = None;
/// The flags with which a receive never waits.
pub(crate) const NEVER_WAIT: c_int = libc::MSG_DONTWAIT | libc::MSG_OOB;
/// The flag with which received descriptors are close-on-exec.
pub(crate) const CMSG_CLOEXEC: c_int = libc::MSG_CMSG_CLOEXEC;
/// The type of the control message with the hop limit of an IPv6 datagram, from netinet6/in6.h.
pub(crate) const IPV6_HOPLIMIT: c_int = 47;
/// The flags that may be added to the type of a socket.
pub(crate) const TYPE_FLAGS: c_int = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
/// The flag in the type of a socket that makes the socket non-blocking.
pub(crate) const SOCK_NONBLOCK: c_int = libc::SOCK_NONBLOCK;
/// A stack that is large enough for every thread, in bytes. The system has no constant for the smallest one.
pub(super) const LEAST_STACK: usize = 64 * 1024;

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe { *libc::__errno() = errno };
}

/// Returns the name of an `errno` that not every Unix has.
pub(crate) fn own_errno_name(errno: c_int) -> Option<&'static CStr> {
    errno_names! { errno,
        EAUTH EBADRPC EFTYPE ENEEDAUTH ENOATTR ENODATA ENOSR ENOSTR ENOTBLK ENOTRECOVERABLE ENOTSUP
        EOWNERDEAD EPROCLIM EPROCUNAVAIL EPROGMISMATCH EPROGUNAVAIL ERPCMISMATCH ETIME
    }
    None
}

/// Does nothing, because this crate cannot set the names of threads on this system.
pub(crate) fn name_current_thread(_name: &CStr) {}

/// Returns 0 for the protocol of a socket, because the system does not report it.
pub(crate) fn protocol(_socket: &SockRef<'_>) -> io::Result<c_int> {
    Ok(0)
}

/// Joins a multicast group.
pub(crate) fn join_multicast_v4(
    socket: &SockRef<'_>,
    group: &Ipv4Addr,
    interface: &InterfaceV4,
) -> io::Result<()> {
    socket.join_multicast_v4(group, &interface_address(interface))
}

/// Leaves a multicast group.
pub(crate) fn leave_multicast_v4(
    socket: &SockRef<'_>,
    group: &Ipv4Addr,
    interface: &InterfaceV4,
) -> io::Result<()> {
    socket.leave_multicast_v4(group, &interface_address(interface))
}

/// Returns the value of `IP_MULTICAST_IF` for the interface with this number.
pub(crate) fn multicast_interface_v4(index: u32) -> [u8; 4] {
    interface_address(&InterfaceV4::Index(index)).octets()
}

/// Returns the address that stands for an interface: the system reads 0.x.x.x as the number of an interface.
fn interface_address(interface: &InterfaceV4) -> Ipv4Addr {
    match interface {
        InterfaceV4::Index(index) => Ipv4Addr::from(index & 0xff_ffff),
        InterfaceV4::Address(address) => *address,
    }
}
