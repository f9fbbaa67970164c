//! `ppoll(2)`, with a time limit that is never rounded down.

use std::time::Duration;

use crate::error::Result;
use crate::sys::syscall;
use crate::sys::unix::Polled;

/// Waits until a descriptor is ready or the time is over (`None`: no limit). EINTR is an error here.
pub(crate) fn poll(fds: &mut [libc::pollfd], limit: Option<Duration>) -> Result<Polled> {
    // About 292 years: without a limit there would be no time left to read.
    let limit = limit.unwrap_or(Duration::from_secs(i64::MAX as u64 / 1_000_000_000));
    let mut left = libc::timespec {
        tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: libc::c_long::from(limit.subsec_nanos() as i32),
    };
    // The system call itself writes back the time left, which tells without another clock whether
    // it slept; the C library's wrapper hides that.
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
