//! The ground: what differs between systems, so that the rooms above are the same on every one.
//!
//! One backend a system, chosen here and nowhere else. A backend offers every name that is taken from `system` below,
//! by pieces of its own and by those in `portable/`, which serve more systems than one; `unix/` is the same everywhere. A
//! new system is one more backend. Nothing here imports anything but [`crate::error`].
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

/// Items that only Linux has: `linux_only! { pub use linux::*; }`. A module itself stands under `cfg(target_os)`, which
/// rustfmt and cbindgen follow.
macro_rules! linux_only {
    ($($item:item)*) => { $(#[cfg(target_os = "linux")] $item)* };
}
pub(crate) use linux_only;

// What every system has, each in its own way.
#[cfg(feature = "capi")]
pub(crate) use system::{EAI_ADDRFAMILY, EAI_NODATA};
pub(crate) use system::{
    Wake, abstract_name, accept, address_family, host_by_address, host_by_name, join_multicast_v4,
    leave_multicast_v4, multicast_interface_v4, name_current_thread, option_unit, packet_info_v4, poll,
    process_descriptor, protocol, protocol_by_name, read_control, recvmmsg, sendfile, sendmmsg,
    service_by_name, service_by_port, set_errno,
};
// Numbers that differ, and whether a system has a thing at all.
pub(crate) use system::{
    ABSTRACT_NAMES, CMSG_CLOEXEC, IPV6_HOPLIMIT, NO_SIGPIPE, SOCK_NONBLOCK, TRUE_LENGTH, TYPE_FLAGS,
};
pub use unix::HostEntry;
pub(crate) use unix::{
    Answer, Answers, ControlValue, Hints, InterfaceV4, MessageHeader, Run, Thread, close, duplicate,
    errno_name, forks, has_address_space, interface_index, monotonic_nanoseconds, name_info, set_nonblocking,
};
