//! `poll` by `poll(2)`, whose time limit is rounded up to milliseconds.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::sys::{Polled, syscall};

/// Waits until a descriptor is ready or the time has passed. `None` is no limit. A signal ends the call with EINTR.
pub(crate) fn poll(fds: &mut [libc::pollfd], limit: Option<Duration>) -> Result<Polled> {
    let begin = Instant::now();
    let milliseconds = limit.map_or(-1, |limit| {
        libc::c_int::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(libc::c_int::MAX)
    });
    // SAFETY: `fds` is valid for the call.
    let ready = unsafe { syscall!(poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, milliseconds)) }?;
    Ok(Polled::after(begin.elapsed(), ready as usize))
}
