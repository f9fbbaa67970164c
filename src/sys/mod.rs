//! Everything that differs between systems. The rest of the crate is the same on every system.
//!
//! Each system has one backend, which is chosen here and nowhere else. A backend must have every name that is imported
//! from `system` below. It consists of its own pieces and of pieces from `portable/`, which several systems share.
//! `unix/` is the same on every system. To support a new system, add a backend. This module imports only
//! [`crate::error`] and [`crate::memory`].
#![allow(unsafe_code)]

mod syscall;
#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(target_vendor = "apple", path = "apple.rs")]
#[cfg_attr(target_os = "freebsd", path = "freebsd.rs")]
#[cfg_attr(target_os = "netbsd", path = "netbsd.rs")]
mod system;
mod unix;

#[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd", target_os = "netbsd")))]
compile_error!("tabi has no backend for this system: add one beside src/sys/linux");

pub(crate) use syscall::{as_system_call, syscall};
pub(crate) use system::probe;

/// Marks items that only Linux has: `linux_only! { pub use linux::*; }`. A module that only Linux has is marked with
/// `cfg(target_os)` instead, because rustfmt and cbindgen do not find modules inside a macro.
macro_rules! linux_only {
    ($($item:item)*) => { $(#[cfg(target_os = "linux")] $item)* };
}
pub(crate) use linux_only;

// Every system has these, each in its own way.
pub(crate) use system::{EAI_ADDRFAMILY, EAI_NODATA};
pub(crate) use system::{
    Wake, Watch, abstract_name, accept, address_family, collect_process, host_by_address, host_by_name,
    join_multicast_v4, leave_multicast_v4, multicast_interface_v4, name_current_thread, option_unit,
    packet_info_v4, poll, process_descriptor, protocol, protocol_by_name, read_control, recvmmsg, sendfile,
    sendmmsg, service_by_name, service_by_port, set_errno, signal_process, tcp_bytes,
};
// Numbers that differ between systems, and constants that say whether a system has a feature.
pub(crate) use system::{
    ABSTRACT_NAMES, CMSG_CLOEXEC, COUNTS_TCP_BYTES, IPV6_HOPLIMIT, NEVER_WAIT, NO_SIGPIPE, SOCK_NONBLOCK,
    TRUE_LENGTH, TYPE_FLAGS,
};
pub use unix::HostEntry;

/// How many bytes a TCP connection has moved.
pub(crate) struct TcpBytes {
    /// The bytes that the peer has sent and the system has received, read or not.
    pub(crate) received: u64,
    /// The bytes of which the peer's system has said that it has received them.
    pub(crate) acknowledged: u64,
    /// The bytes that the program has written, sent or not.
    pub(crate) written: u64,
}

pub(crate) use unix::{
    Answer, Answers, ControlValue, Hints, InterfaceV4, MessageHeader, Polled, Run, Signals, Thread, WakePipe,
    block_signals, close, duplicate, errno_name, fd, forks, has_address_space, interface_index, libc,
    monotonic_nanoseconds, name_info, set_nonblocking, socket_number,
};
#[cfg(feature = "capi")]
pub(crate) use unix::{environment, spawn};
