//! What the systems do without that are not Linux.

use std::ffi::CStr;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::net;

use libc::c_int;
use socket2::SockAddr;

use crate::error::Result;
use crate::sys::unix;

/// No flag makes a cut datagram report its true length.
pub(crate) const TRUE_LENGTH: c_int = 0;
/// Every name of a unix socket is a path.
pub(crate) const ABSTRACT_NAMES: bool = false;

pub(crate) fn abstract_name(_address: &net::SocketAddr) -> Option<&[u8]> {
    None
}

/// The resolver's numbers that not every system has: here, numbers that it never returns.
#[cfg(feature = "capi")]
pub(crate) const EAI_ADDRFAMILY: c_int = c_int::MIN;
#[cfg(feature = "capi")]
pub(crate) const EAI_NODATA: c_int = c_int::MIN;

/// Takes a client that waits on a socket of this family: close-on-exec, with its address, which every family has.
///
/// # Safety
///
/// The descriptor is open.
pub(crate) unsafe fn accept(fd: RawFd, _family: c_int) -> Result<(OwnedFd, Option<SockAddr>)> {
    // SAFETY: the caller vouches for the descriptor.
    unsafe { unix::accept_named(fd) }.map(|(client, address)| (client, Some(address)))
}

/// The family of a socket's addresses: always its own.
pub(crate) fn address_family(family: c_int) -> c_int {
    family
}

/// The length of every option is in bytes.
pub(crate) fn option_unit(_level: c_int, _option: c_int) -> usize {
    1
}

/// No descriptor tells that a child has ended.
pub(crate) fn process_descriptor(_pid: libc::pid_t) -> Option<OwnedFd> {
    None
}

/// Every system has the same `errno` numbers, as far as they are named here.
pub(crate) fn own_errno_name(_errno: c_int) -> Option<&'static CStr> {
    None
}
