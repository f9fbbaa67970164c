//! The clock of deadlines.

use std::sync::OnceLock;

use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};

/// Returns what the performance counter shows, in nanoseconds. It runs since the system was started.
pub(crate) fn monotonic_nanoseconds() -> i64 {
    static FREQUENCY: OnceLock<i128> = OnceLock::new();
    let frequency = *FREQUENCY.get_or_init(|| {
        let mut ticks = 1;
        // SAFETY: the call writes one number. It cannot fail since Windows XP.
        unsafe { QueryPerformanceFrequency(&mut ticks) };
        i128::from(ticks.max(1))
    });
    let mut ticks = 0;
    // SAFETY: the call writes one number. It cannot fail since Windows XP.
    unsafe { QueryPerformanceCounter(&mut ticks) };
    i64::try_from(i128::from(ticks) * 1_000_000_000 / frequency).unwrap_or(i64::MAX)
}
