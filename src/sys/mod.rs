//! Everything that differs between systems. The rest of the crate is the same on every system.
//!
//! Each system has one backend, which is chosen here and nowhere else. A backend must have every name that is imported
//! from `system` below. It consists of its own pieces and of pieces from `portable/`, which several systems share.
//! `unix/` is the same on every system. To support a new system, add a backend. With `--cfg tabi_portable`, Linux gets the
//! backend of a system like macOS, for tests. This module imports only
//! [`crate::error`] and [`crate::memory`].
#![allow(unsafe_code)]

mod short_lock;
mod syscall;
#[cfg_attr(all(target_os = "linux", not(tabi_portable)), path = "linux/mod.rs")]
#[cfg_attr(all(target_os = "linux", tabi_portable), path = "like_macos.rs")]
#[cfg_attr(target_vendor = "apple", path = "apple.rs")]
#[cfg_attr(target_os = "freebsd", path = "freebsd.rs")]
#[cfg_attr(target_os = "netbsd", path = "netbsd.rs")]
#[cfg_attr(windows, path = "windows/mod.rs")]
mod system;
mod types;
#[cfg(unix)]
mod unix;

#[cfg(not(any(
    target_os = "linux",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    windows
)))]
compile_error!("tabi has no backend for this system: add one beside src/sys/linux");

/// What all systems of a kind do in the same way.
#[cfg(windows)]
use system as common;
#[cfg(unix)]
use unix as common;

pub(crate) use short_lock::ShortLock;
pub(crate) use syscall::{as_system_call, syscall};
pub(crate) use system::probe;

/// Marks items that only Linux has: `linux_only! { pub use linux::*; }`. A module that only Linux has is marked with
/// `cfg(target_os)` instead, because rustfmt and cbindgen do not find modules inside a macro.
macro_rules! linux_only {
    ($($item:item)*) => { $(#[cfg(target_os = "linux")] $item)* };
}
pub(crate) use linux_only;

/// Implements the standard library's trait with which a type lends its descriptor. The method returns it.
#[cfg(unix)]
macro_rules! lends {
    ($type:ty, $method:ident) => {
        impl std::os::fd::AsFd for $type {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.$method()
            }
        }
    };
}
#[cfg(windows)]
macro_rules! lends {
    ($type:ty, $method:ident) => {
        impl std::os::windows::io::AsSocket for $type {
            fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
                self.$method()
            }
        }
    };
}
pub(crate) use lends;

/// Implements the standard library's trait with which a type tells the number of its descriptor. The method returns it.
#[cfg(unix)]
macro_rules! numbered {
    ($type:ty, $method:ident) => {
        impl std::os::fd::AsRawFd for $type {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.$method()
            }
        }
    };
}
#[cfg(windows)]
macro_rules! numbered {
    ($type:ty, $method:ident) => {
        impl std::os::windows::io::AsRawSocket for $type {
            fn as_raw_socket(&self) -> std::os::windows::io::RawSocket {
                self.$method()
            }
        }
    };
}
pub(crate) use numbered;

/// Marks items that every Unix has, and Windows has not.
macro_rules! unix_only {
    ($($item:item)*) => { $(#[cfg(unix)] $item)* };
}
pub(crate) use unix_only;

// Every system has these, each in its own way.
pub(crate) use system::{EAI_ADDRFAMILY, EAI_NODATA};
pub(crate) use system::{
    Wake, Watch, accept, address_family, counts_tcp_bytes, host_by_address, host_by_name, is_only_thread,
    join_multicast_v4, leave_multicast_v4, multicast_interface_v4, name_current_thread, option_unit,
    packet_info_v4, poll, protocol, protocol_by_name, read_control, recvmmsg, sendmmsg, service_by_name,
    service_by_port, set_errno, tcp_bytes,
};
// Numbers that differ between systems, and constants that say whether a system has a feature.
pub(crate) use common::suppress_sigpipe;
pub(crate) use system::{
    ABSTRACT_NAMES, CMSG_CLOEXEC, IPV6_HOPLIMIT, NEVER_WAIT, NO_SIGPIPE, SOCK_NONBLOCK, TRUE_LENGTH,
    TYPE_FLAGS,
};
pub(crate) use system::{
    CLOSES_CUT_FDS, CONFIRMS_CONNECT, LENGTH_IN_ADDRESS, LOW_WATER, OWN_TIMEOUT_OF_CONNECTIONS,
    SECOND_CONNECT_TELLS, SHUTDOWN_WAKES, UNIX_PATH_SIZE,
};
pub use types::HostEntry;
pub(crate) use types::{ControlValue, InterfaceV4, MessageHeader, Polled, Run, TcpBytes, poll_each_once};

// Loom has a model in its place.
#[cfg(not(loom))]
pub(crate) use common::CallWake;
pub(crate) use common::{
    Answer, Answers, AsFile, CALLS_BLOCK, CLOSED, CONNECT_BEGUN, Child, FLAGS_OF_NUMBERS, Forked, HAS_FORK,
    Hints, Identity, NO_FD, NO_INTERFACE, NO_POSITION, OWN_TIMEOUT, REUSES_LINGERING, SENDFILE_REFUSALS,
    SHUT_DOWN, SIGNALS_INTERRUPT, SO_REUSEPORT, Signals, Thread, WakePipe, block_signals, close, duplicate,
    errno_name, exit, fd, file_identity, fork, forks, gai_strerror, get_inheritable, has_address_space,
    host_name, hstrerror, inet, interface_index, interface_name, interfaces, iovec, is_nonblocking,
    is_number, is_socket, keepalive_times, keeping_errno, lend_file, libc, monotonic_nanoseconds, name_info,
    path_of, poll_milliseconds, raw_file, read_at, received_numbers, set_blocking, set_close_on_exec,
    set_inheritable, set_nonblocking, socket_pair, trimmed,
};

unix_only! {
    pub(crate) use system::{abstract_name, sendfile};
    pub(crate) use unix::socket_number;
    #[cfg(feature = "capi")]
    pub(crate) use unix::{environment, spawn};
}

#[cfg(feature = "capi")]
pub(crate) use common::{c_face, is_exception, terminate};

#[cfg(all(windows, feature = "capi"))]
pub(crate) use system::SHARED_SIZE;
#[cfg(windows)]
pub(crate) use system::{Transfer, from_share, ioctl, share};
