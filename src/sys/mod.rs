//! What differs between systems: one small function each, so that a new system has one place to go.
//!
//! The rest of the crate calls these and holds no `cfg(target_os)` but for constants.
#![allow(unsafe_code)]

mod descriptor;
mod errno;
mod fork;
mod many;
mod multicast;
mod netdb;
mod poll;
mod sendfile;
mod thread;
mod wake;

pub(crate) use descriptor::{accept, close, duplicate, set_nonblocking};
pub(crate) use errno::set_errno;
pub(crate) use fork::forks;
pub(crate) use many::{MessageHeader, recvmmsg, sendmmsg};
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use multicast::in_addr;
pub(crate) use multicast::{IPV6_JOIN, IPV6_LEAVE, IpMulticast, ip_multicast};
pub(crate) use netdb::{host_by_address, host_by_name, protocol_by_name, service_by_name, service_by_port};
pub(crate) use poll::{is_ready, poll};
pub(crate) use sendfile::sendfile;
pub(crate) use thread::{Run, Thread, name_current_thread};
pub(crate) use wake::Wake;

/// The flag that keeps a send from raising SIGPIPE; Apple's systems have an option instead.
#[cfg(not(target_vendor = "apple"))]
pub(crate) const NO_SIGPIPE: libc::c_int = libc::MSG_NOSIGNAL;
#[cfg(target_vendor = "apple")]
pub(crate) const NO_SIGPIPE: libc::c_int = 0;

/// The flag that makes received descriptors close-on-exec; on Apple's systems that takes a second call.
#[cfg(not(target_vendor = "apple"))]
pub(crate) const CMSG_CLOEXEC: libc::c_int = libc::MSG_CMSG_CLOEXEC;
#[cfg(target_vendor = "apple")]
pub(crate) const CMSG_CLOEXEC: libc::c_int = 0;

/// The control message of an IPv6 datagram's hop limit.
#[cfg(not(target_os = "netbsd"))]
pub(crate) const IPV6_HOPLIMIT: libc::c_int = libc::IPV6_HOPLIMIT;
#[cfg(target_os = "netbsd")]
pub(crate) const IPV6_HOPLIMIT: libc::c_int = 47;

/// What the monotonic clock shows.
pub(crate) fn monotonic_nanoseconds() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists on every Unix, and `now` is writable.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    // Both fields are narrower on 32-bit systems.
    #[allow(clippy::unnecessary_cast)]
    (now.tv_sec as i64).saturating_mul(1_000_000_000).saturating_add(now.tv_nsec as i64)
}
