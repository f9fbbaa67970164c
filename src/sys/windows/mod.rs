//! The backend of Windows.
//!
//! No socket blocks here, whatever its timeout: `shutdown` does not wake a call that is blocked in the system, and
//! `CancelIoEx`, which does, breaks the connection. A call that finds nothing to do waits in `WSAPoll`, for its socket and
//! for a socket that a close makes readable.

#[cfg(feature = "capi")]
pub(crate) mod c_face;
#[cfg(feature = "capi")]
mod c_library;
mod call_wake;
mod calls;
mod child;
mod clock;
mod control;
mod descriptor;
#[path = "../portable/entry.rs"]
mod entry;
mod errno;
pub(crate) mod fd;
mod file;
mod hosts;
pub(crate) mod inet;
mod interface;
pub(crate) mod libc;
#[path = "../portable/lookup.rs"]
mod lookup;
mod message;
#[path = "../portable/multicast.rs"]
mod multicast;
mod poll;
#[path = "../portable/probe.rs"]
pub(crate) mod probe;
mod share;
mod signals;
mod startup;
mod thread;
mod transfer;
#[cfg(feature = "capi")]
mod unwind;
mod wake;
mod watch;

use std::ffi::c_int;
use std::path::PathBuf;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER,
};

pub(crate) use call_wake::CallWake;
pub(crate) use child::{Child, Forked, HAS_FORK, exit, fork};
pub(crate) use clock::monotonic_nanoseconds;
pub(crate) use control::{packet_info_v4, read_control};
pub(crate) use descriptor::*;
pub(crate) use errno::{errno_name, gai_strerror, hstrerror, keeping_errno, trimmed};
pub use file::AsFile;
pub(crate) use file::{Identity, RawFile, file_identity, is_socket, lend_file, raw_file, read_at};
pub(crate) use hosts::{host_by_address, host_by_name, protocol_by_name, service_by_name, service_by_port};
pub(crate) use interface::*;
pub(crate) use lookup::{Answer, Answers, Hints, name_info};
pub(crate) use multicast::{join_multicast_v4, leave_multicast_v4};
pub(crate) use poll::{poll, poll_milliseconds};
#[cfg(feature = "capi")]
pub(crate) use share::SHARED_SIZE;
pub(crate) use share::{from_share, ioctl, share};
pub(crate) use signals::Signals;
pub(crate) use thread::{Thread, block_signals, has_address_space, name_current_thread};
pub(crate) use transfer::Transfer;
#[cfg(feature = "capi")]
pub(crate) use unwind::{is_exception, terminate};
pub(crate) use wake::{Wake, Wake as WakePipe};
pub(crate) use watch::Watch;

use crate::sys::TcpBytes;
use crate::sys::fd::RawFd;

/// The flags that change nothing about the answer for a host and a port that are numbers. `None`: the system answers.
pub(crate) const FLAGS_OF_NUMBERS: Option<c_int> = None;
/// The number of no socket.
pub(crate) const NO_FD: RawFd = RawFd::MAX;
/// Whether calls on a socket without a timeout block in the system, where a shutdown wakes them.
pub(crate) const CALLS_BLOCK: bool = false;
/// Whether a signal ends a wait. No event of a console does.
pub(crate) const SIGNALS_INTERRUPT: bool = false;
/// A shutdown wakes nobody.
pub(crate) const SHUTDOWN_WAKES: bool = false;
/// The limits of a socket in the system (`SO_RCVTIMEO`, `SO_SNDTIMEO`) are for receives and sends only.
pub(crate) const OWN_TIMEOUT_OF_CONNECTIONS: bool = false;
/// A second connect fails with WSAEISCONN and changes nothing.
pub(crate) const CONFIRMS_CONNECT: bool = true;
/// After a failure, another connect begins a new connection.
pub(crate) const SECOND_CONNECT_TELLS: bool = false;
/// No descriptors are received.
pub(crate) const CLOSES_CUT_FDS: bool = true;
/// The system reports a socket whenever it has bytes: there is no `SO_RCVLOWAT`. `Watch` looks whether there are more.
pub(crate) const LOW_WATER: bool = false;
/// Whether the first byte of an address is its length.
pub(crate) const LENGTH_IN_ADDRESS: bool = false;
/// The size in bytes of the space for the path of a unix socket, which includes a NUL.
pub(crate) const UNIX_PATH_SIZE: usize =
    size_of::<libc::sockaddr_un>() - std::mem::offset_of!(libc::sockaddr_un, sun_path);
/// The error of a call on a number that is no open socket.
pub(crate) const CLOSED: c_int = libc::ENOTSOCK;
/// The error of a receive after the socket itself was shut down.
pub(crate) const SHUT_DOWN: c_int = windows_sys::Win32::Networking::WinSock::WSAESHUTDOWN;
/// The error of a call that took longer than the limit of the socket in the system.
pub(crate) const OWN_TIMEOUT: c_int = libc::ETIMEDOUT;
/// The error with which a connect that does not wait has begun.
pub(crate) const CONNECT_BEGUN: c_int = libc::EAGAIN;
/// Sends raise no signals.
pub(crate) const NO_SIGPIPE: c_int = 0;
/// There is no flag with which a receive never waits.
pub(crate) const NEVER_WAIT: c_int = 0;
/// There are no descriptors in messages.
pub(crate) const CMSG_CLOEXEC: c_int = 0;
/// The type of the control message with the hop limit of an IPv6 datagram.
pub(crate) const IPV6_HOPLIMIT: c_int = windows_sys::Win32::Networking::WinSock::IPV6_HOPLIMIT;
/// No flags may be added to the type of a socket.
pub(crate) const TYPE_FLAGS: c_int = 0;
pub(crate) const SOCK_NONBLOCK: c_int = 0;
/// All names of unix sockets are paths.
pub(crate) const ABSTRACT_NAMES: bool = false;
/// The error numbers of the resolver that not every system has. These values are never returned.
pub(crate) const EAI_ADDRFAMILY: c_int = c_int::MIN;
pub(crate) const EAI_NODATA: c_int = c_int::MIN;

/// Whether this process is known to have no other thread. Only forked children ask this.
pub(crate) fn is_only_thread() -> bool {
    false
}

/// Returns 0: the system has no processes that are copies of another.
pub(crate) fn forks() -> u32 {
    0
}

/// Returns the family of a socket's addresses, which is that of the socket.
pub(crate) fn address_family(family: c_int) -> c_int {
    family
}

/// Returns the unit of an option's length, which is one byte for every option.
pub(crate) fn option_unit(_level: c_int, _option: c_int) -> usize {
    1
}

/// Returns the path of a unix socket. Bytes that are not UTF-8 become U+FFFD.
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// Returns a buffer in the form of the system. A length above 2^32 - 1 is used in part.
pub(crate) fn iovec(base: *mut u8, len: usize) -> libc::iovec {
    libc::iovec { iov_base: base.cast(), iov_len: u32::try_from(len).unwrap_or(u32::MAX) }
}

/// Returns whether the number can be that of a socket.
pub(crate) fn is_number(fd: RawFd) -> bool {
    fd != NO_FD
}

/// The descriptors in the data of a control message: none, because no message has them.
pub(crate) fn received_numbers(_data: &[u8]) -> impl Iterator<Item = RawFd> + '_ {
    std::iter::empty()
}

/// Does nothing, because no descriptors are received.
pub(crate) fn set_close_on_exec(_fd: RawFd) {}

/// Whether `SO_REUSEADDR` allows a listener on a port where old connections linger, and no second listener. Here it
/// allows any program to listen on a port that another one uses.
pub(crate) const REUSES_LINGERING: bool = false;
/// There is no option with which several sockets listen on one port.
pub(crate) const SO_REUSEPORT: Option<c_int> = None;

/// The errors with which a [`Transfer`] says that the system cannot send the file: there is no such call, or it does not take
/// this file or this socket. What is wrong with the file itself, a read of it says.
pub(crate) const SENDFILE_REFUSALS: &[c_int] = &[
    libc::EOPNOTSUPP,
    libc::EINVAL,
    ERROR_INVALID_FUNCTION as c_int,
    ERROR_ACCESS_DENIED as c_int,
    ERROR_INVALID_HANDLE as c_int,
    ERROR_INVALID_PARAMETER as c_int,
];
/// The error of a read at a position in a file that has none. Reads of such files succeed, and this is never returned.
pub(crate) const NO_POSITION: c_int = c_int::MIN;

/// The flag with which a receive reports that a datagram was cut off, by a length of one byte more than there is space. The
/// system has no flag with this number; `recvfrom` takes it out.
pub(crate) const TRUE_LENGTH: c_int = 1 << 30;
/// The system does not count the bytes of TCP connections for a program.
pub(crate) fn counts_tcp_bytes() -> bool {
    false
}

/// Returns `None`: see [`counts_tcp_bytes`].
pub(crate) fn tcp_bytes(_fd: RawFd) -> Option<TcpBytes> {
    None
}

/// Does nothing: there are no signals.
pub(crate) fn suppress_sigpipe(_fd: RawFd) {}
