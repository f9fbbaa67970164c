//! Apple's systems.

#[path = "portable/multicast.rs"]
mod multicast;
#[path = "portable/mod.rs"]
mod portable;

use std::ffi::CStr;
use std::io;
use std::net::Ipv4Addr;

use libc::c_int;
use socket2::SockRef;

use super::unix::ControlValue;
use super::unix::control::{read_struct, timeval};
pub(crate) use multicast::{join_multicast_v4, leave_multicast_v4, multicast_interface_v4};
pub(crate) use portable::*;

/// No flag keeps a send from raising SIGPIPE: an option of the socket does, which socket2 sets.
pub(crate) const NO_SIGPIPE: c_int = 0;
/// No flag makes received descriptors close-on-exec: that takes a second call.
pub(crate) const CMSG_CLOEXEC: c_int = 0;
/// The control message of an IPv6 datagram's hop limit.
pub(crate) const IPV6_HOPLIMIT: c_int = libc::IPV6_HOPLIMIT;
/// Nothing is allowed in a socket's type beside the type itself.
pub(crate) const TYPE_FLAGS: c_int = 0;
pub(crate) const SOCK_NONBLOCK: c_int = 0;
/// The least stack of a thread, in bytes.
pub(super) const LEAST_STACK: usize = libc::PTHREAD_STACK_MIN;

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe { *libc::__error() = errno };
}

/// Names the current thread for debuggers.
pub(crate) fn name_current_thread(name: &CStr) {
    // SAFETY: the name is NUL-terminated and copied.
    unsafe { libc::pthread_setname_np(name.as_ptr()) };
}

/// Reads a control message; `None` for another kind of message, and for too few bytes.
pub(crate) fn read_control(level: i32, kind: i32, data: &[u8]) -> Option<ControlValue<'_>> {
    match (level, kind) {
        (libc::SOL_SOCKET, libc::SCM_TIMESTAMP) => timeval(data).map(ControlValue::Timestamp),
        (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
            // SAFETY: an in_pktinfo is integers.
            let info: libc::in_pktinfo = unsafe { read_struct(data) }?;
            Some(ControlValue::PacketInfoV4 {
                interface: info.ipi_ifindex,
                local: u32::from_be(info.ipi_spec_dst.s_addr).into(),
                destination: u32::from_be(info.ipi_addr.s_addr).into(),
            })
        }
        _ => None,
    }
}

/// The type and the data of the control message that chooses an IPv4 datagram's source address and interface.
pub(crate) fn packet_info_v4(source: Ipv4Addr, interface: u32) -> Option<(i32, [u8; 12])> {
    let mut data = [0; 12];
    data[..4].copy_from_slice(&interface.to_ne_bytes());
    data[4..8].copy_from_slice(&source.octets());
    Some((libc::IP_PKTINFO, data))
}

/// The protocol that a socket was made with: 0, since the system does not tell.
pub(crate) fn protocol(_socket: &SockRef<'_>) -> io::Result<c_int> {
    Ok(0)
}
