//! Clients that wait.

use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use socket2::{SockAddr, SockRef};

use crate::error::Result;

/// Takes a client and its address. The new descriptor is close-on-exec, blocks, and raises no SIGPIPE where the
/// system has an option for that.
///
/// # Safety
///
/// The descriptor is open.
pub(crate) unsafe fn accept_named(fd: RawFd) -> Result<(OwnedFd, SockAddr)> {
    // SAFETY: the caller vouches for the descriptor.
    let listener = unsafe { BorrowedFd::borrow_raw(fd) };
    let (client, address) = SockRef::from(&listener).accept()?;
    Ok((client.into(), address))
}
