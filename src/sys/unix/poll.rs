//! `poll(2)`, which is the same on every Unix.

use crate::error::Result;
use crate::sys::{libc, syscall};

/// Waits until a descriptor is ready, or this many milliseconds have passed. Returns how many are ready. A signal ends the
/// call with EINTR.
pub(crate) fn poll_milliseconds(fds: &mut [libc::pollfd], limit: libc::c_int) -> Result<usize> {
    // SAFETY: `fds` is valid for the call.
    let ready = unsafe { syscall!(poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, limit)) }?;
    Ok(ready as usize)
}
