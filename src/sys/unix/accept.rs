//! Accepts clients.

use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use socket2::{SockAddr, SockRef};

use crate::error::Result;

/// Accepts a client and returns its address. The new descriptor is close-on-exec and blocking. If the system has an
/// option against SIGPIPE, it is set.
///
/// # Safety
///
/// The descriptor is open.
pub(crate) unsafe fn accept_named(fd: RawFd) -> Result<(OwnedFd, SockAddr)> {
    // SAFETY: the caller guarantees that the descriptor is open.
    let listener = unsafe { BorrowedFd::borrow_raw(fd) };
    let (client, address) = SockRef::from(&listener).accept()?;
    Ok((client.into(), address))
}
