//! `poll` with a time limit that is never rounded down.

use std::time::Duration;

use crate::error::{Error, Result};

/// What a poll found.
pub(crate) struct Polled {
    /// How many descriptors are ready; 0 when the time ran out.
    pub(crate) ready: usize,
    /// False when the descriptors were ready at once.
    pub(crate) waited: bool,
}

/// Whether a descriptor is ready right now; also true when only the call itself can tell what is wrong with it.
pub(crate) fn is_ready(fd: libc::c_int, events: libc::c_short) -> bool {
    let mut fds = [libc::pollfd { fd, events, revents: 0 }];
    poll(&mut fds, Some(Duration::ZERO)).map_or(true, |polled| polled.ready > 0)
}

/// A poll that slept takes longer than this, one that did not takes less (measured by the kernel's own clock).
const AT_ONCE: Duration = Duration::from_micros(2);

/// Waits until a descriptor is ready or the time is over (`None`: no limit). EINTR is an error here.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn poll(fds: &mut [libc::pollfd], limit: Option<Duration>) -> Result<Polled> {
    // About 292 years: without a limit there would be no time left to read.
    let limit = limit.unwrap_or(Duration::from_secs(i64::MAX as u64 / 1_000_000_000));
    let mut left = libc::timespec {
        tv_sec: libc::time_t::try_from(limit.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(limit.subsec_nanos() as i32),
    };
    // The system call itself writes back the time left, which tells without another clock whether
    // it slept; the C library's wrapper hides that.
    // SAFETY: `fds` and `left` are valid for the call; no signal mask is passed.
    let ready = unsafe {
        libc::syscall(
            libc::SYS_ppoll,
            fds.as_mut_ptr(),
            fds.len(),
            &raw mut left,
            std::ptr::null::<libc::sigset_t>(),
            0usize,
        )
    };
    if ready < 0 {
        return Err(Error::last_os());
    }
    let left = Duration::new(left.tv_sec as u64, left.tv_nsec as u32);
    Ok(Polled { ready: ready as usize, waited: limit.saturating_sub(left) > AT_ONCE })
}

/// Waits until a descriptor is ready or the time is over (`None`: no limit). EINTR is an error here.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn poll(fds: &mut [libc::pollfd], limit: Option<Duration>) -> Result<Polled> {
    let begin = std::time::Instant::now();
    let milliseconds = limit.map_or(-1, |limit| {
        libc::c_int::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(libc::c_int::MAX)
    });
    // SAFETY: `fds` is valid for the call.
    let ready = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, milliseconds) };
    if ready < 0 {
        return Err(Error::last_os());
    }
    Ok(Polled { ready: ready as usize, waited: begin.elapsed() > AT_ONCE })
}
