//! Linux, with glibc and with musl.

mod control;
mod datagrams;
mod errno;
#[cfg_attr(not(target_env = "gnu"), path = "../portable/hosts.rs")]
/// cbindgen:ignore
mod hosts;
#[path = "../portable/multicast.rs"]
mod multicast;
// The kernel's own structure of 32-bit systems is not that of their C libraries.
#[cfg_attr(not(target_pointer_width = "64"), path = "../portable/poll.rs")]
mod poll;
mod sendfile;
mod wake;

/// What musl uses, tested where the tests run.
#[cfg(all(test, target_env = "gnu"))]
#[path = "../portable/hosts.rs"]
mod hosts_of_musl;

use std::ffi::CStr;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net;

use libc::c_int;
use socket2::{SockAddr, SockRef};

use crate::error::Result;
use crate::sys::{syscall, unix};
pub(crate) use control::{packet_info_v4, read_control};
pub(crate) use datagrams::{recvmmsg, sendmmsg};
pub(crate) use errno::own_errno_name;
pub(crate) use hosts::{host_by_address, host_by_name, protocol_by_name, service_by_name, service_by_port};
pub(crate) use multicast::{join_multicast_v4, leave_multicast_v4, multicast_interface_v4};
pub(crate) use poll::poll;
pub(crate) use sendfile::sendfile;
pub(crate) use wake::Wake;

/// The flag that keeps a send from raising SIGPIPE.
pub(crate) const NO_SIGPIPE: c_int = libc::MSG_NOSIGNAL;
/// The flag that makes received descriptors close-on-exec.
pub(crate) const CMSG_CLOEXEC: c_int = libc::MSG_CMSG_CLOEXEC;
/// The flag with which a cut datagram reports its true length.
pub(crate) const TRUE_LENGTH: c_int = libc::MSG_TRUNC;
/// The control message of an IPv6 datagram's hop limit.
pub(crate) const IPV6_HOPLIMIT: c_int = libc::IPV6_HOPLIMIT;
/// What is allowed in a socket's type beside the type itself.
pub(crate) const TYPE_FLAGS: c_int = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
/// The flag in a socket's type that makes it non-blocking.
pub(crate) const SOCK_NONBLOCK: c_int = libc::SOCK_NONBLOCK;
/// Whether unix sockets have names that are no paths.
pub(crate) const ABSTRACT_NAMES: bool = true;
/// The resolver's numbers that not every system has, from netdb.h.
#[cfg(feature = "capi")]
pub(crate) const EAI_ADDRFAMILY: c_int = -9;
#[cfg(feature = "capi")]
pub(crate) const EAI_NODATA: c_int = -5;
/// The least stack of a thread, in bytes.
pub(super) const LEAST_STACK: usize = libc::PTHREAD_STACK_MIN;

/// The name of a unix socket that is no path, without its leading NUL.
pub(crate) fn abstract_name(address: &net::SocketAddr) -> Option<&[u8]> {
    address.as_abstract_name()
}

/// Takes a client that waits on a socket of this family: close-on-exec, with its address if the family has any.
///
/// # Safety
///
/// The descriptor is open.
pub(crate) unsafe fn accept(fd: RawFd, family: c_int) -> Result<(OwnedFd, Option<SockAddr>)> {
    if family != libc::AF_ALG {
        // SAFETY: the caller vouches for the descriptor.
        return unsafe { unix::accept_named(fd) }.map(|(client, address)| (client, Some(address)));
    }
    let (address, len) = (std::ptr::null_mut(), std::ptr::null_mut());
    // A cipher has no peer, and fails when asked for its address, which socket2 always does.
    // SAFETY: no address is asked for.
    let client = unsafe { syscall!(accept4(fd, address, len, libc::SOCK_CLOEXEC)) }?;
    // SAFETY: the descriptor was just born and has no other owner.
    Ok((unsafe { OwnedFd::from_raw_fd(client) }, None))
}

/// The family of a socket's addresses: reliable datagram sockets (`AF_RDS`) have those of `AF_INET`.
pub(crate) fn address_family(family: c_int) -> c_int {
    if family == libc::AF_RDS { libc::AF_INET } else { family }
}

/// How many bytes the system means by one in the length of an option: an instruction for the filter, which is 8.
pub(crate) fn option_unit(level: c_int, option: c_int) -> usize {
    let filter = (level, option) == (libc::SOL_SOCKET, libc::SO_GET_FILTER);
    if filter { size_of::<libc::sock_filter>() } else { 1 }
}

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe { *libc::__errno_location() = errno };
}

/// Names the current thread for debuggers and `ps`: 15 bytes are kept.
pub(crate) fn name_current_thread(name: &CStr) {
    // SAFETY: the name is NUL-terminated and copied.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// A descriptor that becomes readable when the child has ended; `None` on kernels before 5.3.
pub(crate) fn process_descriptor(pid: libc::pid_t) -> Option<OwnedFd> {
    // SAFETY: pidfd_open touches no memory; its descriptors are close-on-exec.
    let fd = unsafe { syscall!(syscall(libc::SYS_pidfd_open, pid, 0)) }.ok()?;
    // SAFETY: the descriptor was just born and has no other owner.
    Some(unsafe { OwnedFd::from_raw_fd(RawFd::try_from(fd).ok()?) })
}

/// The protocol that a socket was made with.
pub(crate) fn protocol(socket: &SockRef<'_>) -> io::Result<c_int> {
    Ok(socket.protocol()?.map_or(0, c_int::from))
}
