//! The pieces that are the same on every Unix.

mod accept;
#[cfg(feature = "capi")]
pub(crate) mod c_face;
#[cfg(not(loom))]
mod call_wake;
mod child;
mod clock;
pub(super) mod control;
mod descriptor;
#[path = "../portable/entry.rs"]
mod entry;
pub(super) mod errno;
mod file;
mod fork;
pub(crate) mod inet;
mod interface;
#[path = "../portable/lookup.rs"]
mod lookup;
mod poll;
mod signals;
mod sigpipe;
#[cfg(feature = "capi")]
mod spawn;
mod thread;
#[cfg(feature = "capi")]
mod unwind;
mod wake_pipe;

/// What the system calls of sockets and the C library are made of.
pub(crate) use ::libc;
pub(crate) use accept::accept_named;
#[cfg(not(loom))]
pub(crate) use call_wake::CallWake;
pub(crate) use child::{Child, Forked, HAS_FORK, exit, fork};
pub(crate) use clock::monotonic_nanoseconds;
pub(crate) use descriptor::{
    close, duplicate, get_inheritable, is_nonblocking, received_numbers, set_blocking, set_close_on_exec,
    set_inheritable, set_nonblocking, socket_number, socket_pair,
};
pub(super) use entry::{port_of, text};
pub(crate) use errno::{errno_name, gai_strerror, hstrerror, keeping_errno, trimmed};
pub use file::AsFile;
pub(crate) use file::{Identity, file_identity, is_socket, lend_file, raw_file, read_at};
pub(crate) use fork::forks;
pub(crate) use interface::{NO_INTERFACE, host_name, interface_index, interface_name, interfaces};
pub(crate) use lookup::{Answer, Answers, Hints, name_info};
pub(crate) use poll::poll_milliseconds;
pub(crate) use signals::Signals;
pub(crate) use sigpipe::suppress_sigpipe;
#[cfg(feature = "capi")]
pub(crate) use spawn::{environment, spawn};
/// Owned, borrowed and bare descriptors.
pub(crate) use std::os::fd;
pub(crate) use thread::{Thread, block_signals, has_address_space};
#[cfg(feature = "capi")]
pub(crate) use unwind::{is_exception, terminate};
pub(crate) use wake_pipe::WakePipe;

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use socket2::SockRef;

/// The flags that change nothing about the answer for a host and a port that are numbers, where that answer is known: one,
/// with the address and with the protocol of the type, which glibc has always given. `None` elsewhere; musl adds a name.
pub(crate) const FLAGS_OF_NUMBERS: Option<libc::c_int> = if cfg!(target_env = "gnu") {
    Some(libc::AI_PASSIVE | libc::AI_NUMERICHOST | libc::AI_NUMERICSERV)
} else {
    None
};

/// The number of no descriptor.
pub(crate) const NO_FD: fd::RawFd = -1;
/// Whether calls on a socket without a timeout block in the system, where a shutdown wakes them.
pub(crate) const CALLS_BLOCK: bool = true;
/// Whether a signal ends a wait.
pub(crate) const SIGNALS_INTERRUPT: bool = true;
/// The error of a call on a number that is no open descriptor.
pub(crate) const CLOSED: libc::c_int = libc::EBADF;
/// The error with which a connect that does not wait has begun.
pub(crate) const CONNECT_BEGUN: libc::c_int = libc::EINPROGRESS;
/// The error of a receive after the socket itself was shut down: there is none, it finds the end of the stream.
pub(crate) const SHUT_DOWN: libc::c_int = libc::c_int::MIN;

/// The error of a call that took longer than the limit of the socket in the system.
pub(crate) const OWN_TIMEOUT: libc::c_int = libc::EAGAIN;

/// Returns the path with these bytes.
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    std::ffi::OsStr::from_bytes(bytes).into()
}

/// Returns a buffer in the form of the system.
pub(crate) fn iovec(base: *mut u8, len: usize) -> libc::iovec {
    libc::iovec { iov_base: base.cast(), iov_len: len }
}

/// Returns whether the number can be that of a descriptor.
pub(crate) fn is_number(fd: fd::RawFd) -> bool {
    fd >= 0
}

/// Whether `SO_REUSEADDR` allows a listener on a port where old connections linger, and no second listener.
pub(crate) const REUSES_LINGERING: bool = true;
/// The option with which several sockets listen on one port.
pub(crate) const SO_REUSEPORT: Option<libc::c_int> = Some(libc::SO_REUSEPORT);

/// The errors with which `sendfile(2)` says that it cannot send this file.
pub(crate) const SENDFILE_REFUSALS: &[libc::c_int] =
    &[libc::EINVAL, libc::ENOSYS, libc::ESPIPE, libc::EOPNOTSUPP, libc::ENOTSUP, libc::EOVERFLOW];
/// The error of a read at a position in a file that has none.
pub(crate) const NO_POSITION: libc::c_int = libc::ESPIPE;

/// Returns how long a TCP connection is idle before its first probe, and the time between two probes.
pub(crate) fn keepalive_times(socket: &SockRef<'_>) -> io::Result<[Duration; 2]> {
    Ok([socket.tcp_keepalive_time()?, socket.tcp_keepalive_interval()?])
}
