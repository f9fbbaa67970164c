//! NetBSD.

#[path = "portable/control.rs"]
mod control;
#[path = "portable/mod.rs"]
mod portable;

use std::ffi::CStr;
use std::io;
use std::net::Ipv4Addr;

use libc::c_int;
use socket2::SockRef;

use super::unix::InterfaceV4;

pub(crate) use control::{packet_info_v4, read_control};
pub(crate) use portable::*;

/// The flag that keeps a send from raising SIGPIPE.
pub(crate) const NO_SIGPIPE: c_int = libc::MSG_NOSIGNAL;
/// The flag that makes received descriptors close-on-exec.
pub(crate) const CMSG_CLOEXEC: c_int = libc::MSG_CMSG_CLOEXEC;
/// The control message of an IPv6 datagram's hop limit, from netinet6/in6.h.
pub(crate) const IPV6_HOPLIMIT: c_int = 47;
/// What is allowed in a socket's type beside the type itself.
pub(crate) const TYPE_FLAGS: c_int = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
/// The flag in a socket's type that makes it non-blocking.
pub(crate) const SOCK_NONBLOCK: c_int = libc::SOCK_NONBLOCK;
/// The system has no constant for the least stack of a thread; it is less than this.
pub(super) const LEAST_STACK: usize = 64 * 1024;

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe { *libc::__errno() = errno };
}

/// The system keeps no names of threads that this crate could set.
pub(crate) fn name_current_thread(_name: &CStr) {}

/// The protocol that a socket was made with: 0, since the system does not tell.
pub(crate) fn protocol(_socket: &SockRef<'_>) -> io::Result<c_int> {
    Ok(0)
}

/// Joins a group.
pub(crate) fn join_multicast_v4(
    socket: &SockRef<'_>,
    group: &Ipv4Addr,
    interface: &InterfaceV4,
) -> io::Result<()> {
    socket.join_multicast_v4(group, &interface_address(interface))
}

/// Leaves a group.
pub(crate) fn leave_multicast_v4(
    socket: &SockRef<'_>,
    group: &Ipv4Addr,
    interface: &InterfaceV4,
) -> io::Result<()> {
    socket.leave_multicast_v4(group, &interface_address(interface))
}

/// The value of `IP_MULTICAST_IF` for an interface by its number.
pub(crate) fn multicast_interface_v4(index: u32) -> [u8; 4] {
    interface_address(&InterfaceV4::Index(index)).octets()
}

/// The system reads an address of the form 0.x.x.x as an interface's number.
fn interface_address(interface: &InterfaceV4) -> Ipv4Addr {
    match interface {
        InterfaceV4::Index(index) => Ipv4Addr::from(index & 0xff_ffff),
        InterfaceV4::Address(address) => *address,
    }
}
