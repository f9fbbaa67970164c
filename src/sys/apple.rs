//! The backend of Apple's systems.

#[path = "portable/multicast.rs"]
mod multicast;
#[path = "portable/multicast_interface.rs"]
mod multicast_interface;
#[path = "portable/poll_of_kqueue.rs"]
mod poll_of_kqueue;
#[path = "portable/mod.rs"]
mod portable;
#[path = "portable/sendfile_counted.rs"]
mod sendfile_counted;

use std::ffi::CStr;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::RawFd;

use libc::c_int;
use socket2::SockRef;

use super::ControlValue;
use super::unix::control::{read_struct, timeval};
use super::unix::errno::errno_names;
pub(crate) use multicast::{join_multicast_v4, leave_multicast_v4};
pub(crate) use multicast_interface::multicast_interface_v4;
pub(crate) use poll_of_kqueue::poll;
pub(crate) use portable::*;

/// The flag with which a send raises no SIGPIPE. Older versions of the system ignore it, and the option of the socket does it
/// there; but the option cannot be set any more when the connection has ended.
pub(crate) const NO_SIGPIPE: c_int = libc::MSG_NOSIGNAL;
pub(super) const SO_NOSIGPIPE: Option<c_int> = Some(libc::SO_NOSIGPIPE);
/// The flags with which a receive never waits.
pub(crate) const NEVER_WAIT: c_int = libc::MSG_DONTWAIT | libc::MSG_OOB;
/// There is no flag with which received descriptors are close-on-exec. A second call makes them so.
pub(crate) const CMSG_CLOEXEC: c_int = 0;
/// The type of the control message with the hop limit of an IPv6 datagram.
pub(crate) const IPV6_HOPLIMIT: c_int = libc::IPV6_HOPLIMIT;
/// No flags may be added to the type of a socket.
pub(crate) const TYPE_FLAGS: c_int = 0;
pub(crate) const SOCK_NONBLOCK: c_int = 0;
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
        EAUTH EBADARCH EBADEXEC EBADMACHO EBADRPC EDEVERR EFTYPE ENEEDAUTH ENOATTR ENODATA ENOPOLICY
        ENOSR ENOSTR ENOTBLK ENOTRECOVERABLE ENOTSUP EOWNERDEAD EPROCLIM EPROCUNAVAIL EPROGMISMATCH
        EPROGUNAVAIL EPWROFF EQFULL ERPCMISMATCH ESHLIBVERS ETIME
    }
    None
}

/// Sets the name of the current thread, for debuggers.
pub(crate) fn name_current_thread(name: &CStr) {
    // SAFETY: the name is NUL-terminated and copied.
    unsafe { libc::pthread_setname_np(name.as_ptr()) };
}

/// Returns the list of this process's variables, which NULL ends.
///
/// # Safety
///
/// Nobody changes the environment meanwhile.
#[cfg(feature = "capi")]
pub(crate) unsafe fn environment_list() -> *const *mut std::ffi::c_char {
    // SAFETY: the function has no conditions, and what it returns is readable.
    unsafe { *libc::_NSGetEnviron() }
}

/// Decodes a control message. Returns `None` for another kind of message, and for too few bytes.
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

/// Returns the type and the data of the control message that chooses the source address and the interface of an IPv4
/// datagram.
pub(crate) fn packet_info_v4(source: Ipv4Addr, interface: u32) -> Option<(i32, [u8; 12])> {
    let mut data = [0; 12];
    data[..4].copy_from_slice(&interface.to_ne_bytes());
    data[4..8].copy_from_slice(&source.octets());
    Some((libc::IP_PKTINFO, data))
}

/// Sends at most `count` bytes of a file, beginning at `offset`. Returns how many were sent, or -1 and sets `errno`. The system
/// raises no SIGPIPE for this call.
pub(crate) fn sendfile(socket: RawFd, file: RawFd, offset: u64, count: usize) -> isize {
    let mut bytes = libc::off_t::try_from(count).unwrap_or(libc::off_t::MAX);
    // SAFETY: `bytes` is writable during the call, and there are no headers.
    let result =
        unsafe { libc::sendfile(file, socket, offset as libc::off_t, &mut bytes, std::ptr::null_mut(), 0) };
    sendfile_counted::counted(result, bytes)
}

/// Returns 0 for the protocol of a socket, because the system does not report it.
pub(crate) fn protocol(_socket: &SockRef<'_>) -> io::Result<c_int> {
    Ok(0)
}
