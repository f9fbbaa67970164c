//! The clock of deadlines.

/// Returns what the monotonic clock (`CLOCK_MONOTONIC`) shows, in nanoseconds.
pub(crate) fn monotonic_nanoseconds() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is writable. The clock exists on every Unix, so the call cannot fail.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    // Both fields are narrower on 32-bit systems.
    #[allow(clippy::unnecessary_cast)]
    (now.tv_sec as i64).saturating_mul(1_000_000_000).saturating_add(now.tv_nsec as i64)
}
