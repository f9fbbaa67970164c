//! Features that only Linux has, as the other systems do without them.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net;

use libc::c_int;
use socket2::SockAddr;

use crate::error::{Error, Result};
use crate::sys::{TcpBytes, set_nonblocking, unix};

/// There is no flag with which a receive reports the whole length of a datagram that was cut off.
pub(crate) const TRUE_LENGTH: c_int = 0;
/// Whether the system can report a socket only when it has more bytes than before (`SO_RCVLOWAT`).
pub(crate) const LOW_WATER: bool = true;
/// A shutdown fails with ENOTCONN for a listener and for a datagram socket that is not connected. Not every system wakes
/// the calls on them all the same, so all calls that wait do so in `poll`.
pub(crate) const SHUTDOWN_WAKES: bool = false;
/// The limits of a socket in the system (`SO_RCVTIMEO`, `SO_SNDTIMEO`) are for receives and sends only.
pub(crate) const OWN_TIMEOUT_OF_CONNECTIONS: bool = false;
/// A socket is connected when the system has reported this. Another connect is not needed, and would fail with EINVAL if the
/// connection has ended in the meantime.
pub(crate) const CONFIRMS_CONNECT: bool = false;
/// Another connect says only that one was begun, or that the socket is connected.
pub(crate) const SECOND_CONNECT_TELLS: bool = false;
/// macOS leaves received descriptors open that do not fit into the control buffer, and nobody knows their numbers.
pub(crate) const CLOSES_CUT_FDS: bool = false;
/// Whether the first byte of an address is its length.
pub(crate) const LENGTH_IN_ADDRESS: bool = true;
/// The size in bytes of the space for the name of a unix socket, which includes a NUL.
pub(crate) const UNIX_PATH_SIZE: usize =
    size_of::<libc::sockaddr_un>() - std::mem::offset_of!(libc::sockaddr_un, sun_path);
/// All names of unix sockets are paths.
pub(crate) const ABSTRACT_NAMES: bool = false;

/// Whether this process is known to have no other thread.
pub(crate) fn is_only_thread() -> bool {
    false
}

pub(crate) fn abstract_name(_address: &net::SocketAddr) -> Option<&[u8]> {
    None
}

/// The error numbers of the resolver that not every system has, from netdb.h. No system has others with these numbers.
pub(crate) const EAI_ADDRFAMILY: c_int = 1;
pub(crate) const EAI_NODATA: c_int = 7;

/// Accepts a client on a socket of this family. The new descriptor is close-on-exec and blocking, although accept(2) of
/// some systems gives it the O_NONBLOCK of the listener. Clients of every family have an address.
///
/// # Safety
///
/// The descriptor is open.
pub(crate) unsafe fn accept(fd: RawFd, _family: c_int) -> Result<(OwnedFd, Option<SockAddr>)> {
    // SAFETY: the caller guarantees that the descriptor is open.
    let (client, address) = unsafe { unix::accept_named(fd) }?;
    set_nonblocking(client.as_raw_fd(), false)?;
    Ok((client, Some(address)))
}

/// Returns the family of a socket's addresses, which is that of the socket.
pub(crate) fn address_family(family: c_int) -> c_int {
    family
}

/// Returns the unit of an option's length, which is one byte for every option.
pub(crate) fn option_unit(_level: c_int, _option: c_int) -> usize {
    1
}

/// The system does not count the bytes of TCP connections.
pub(crate) fn counts_tcp_bytes() -> bool {
    false
}

/// Returns `None`: see [`counts_tcp_bytes`].
pub(crate) fn tcp_bytes(_fd: RawFd) -> Option<TcpBytes> {
    None
}

/// Returns `None`: there is no descriptor that becomes readable when a child has ended.
pub(crate) fn process_descriptor(_pid: libc::pid_t) -> Option<OwnedFd> {
    None
}

/// Fails with `Os(ENOSYS)`: there are no descriptors of processes.
pub(crate) fn collect_process(_process: BorrowedFd<'_>) -> Result<Option<bool>> {
    Err(Error::Os(libc::ENOSYS))
}

/// Fails with `Os(ENOSYS)`: there are no descriptors of processes.
pub(crate) fn signal_process(_process: BorrowedFd<'_>, _signal: c_int) -> Result<()> {
    Err(Error::Os(libc::ENOSYS))
}
