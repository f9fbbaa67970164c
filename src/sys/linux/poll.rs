//! `poll` by `ppoll(2)`, whose time limit has nanoseconds, so that nothing is rounded.

use std::time::Duration;

use crate::error::Result;
use crate::sys::{Polled, syscall};

/// Waits until a descriptor is ready or the time has passed. `None` is no limit. A signal ends the call with EINTR.
pub(crate) fn poll(fds: &mut [libc::pollfd], limit: Option<Duration>) -> Result<Polled> {
    // No limit is about 292 years here, because the kernel writes the time that is left only if there is a limit.
    let limit = limit.unwrap_or(Duration::from_secs(i64::MAX as u64 / 1_000_000_000));
    let mut left = libc::timespec {
        tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: libc::c_long::from(limit.subsec_nanos() as i32),
    };
    // The kernel writes the time that is left into `left`, so that no clock has to be read to know whether the call
    // waited. The function of the C library does not return it.
    // SAFETY: `fds` and `left` are valid for the call; no signal mask is passed.
    let ready = unsafe {
        syscall!(syscall(
            libc::SYS_ppoll,
            fds.as_mut_ptr(),
            fds.len(),
            &raw mut left,
            std::ptr::null::<libc::sigset_t>(),
            0usize,
        ))
    }?;
    let left = Duration::new(left.tv_sec as u64, left.tv_nsec as u32);
    Ok(Polled::after(limit.saturating_sub(left), ready as usize))
}
