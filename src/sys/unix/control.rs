//! Structures in control messages.

use std::time::Duration;

/// Reads a structure of the system from the beginning of `data`. Returns `None` if there are too few bytes.
///
/// # Safety
///
/// `T` consists of integers, so that any bytes are a valid `T`.
pub(in crate::sys) unsafe fn read_struct<T: Copy>(data: &[u8]) -> Option<T> {
    // SAFETY: there are enough bytes, and the caller guarantees that any bytes are a valid T.
    (data.len() >= size_of::<T>()).then(|| unsafe { data.as_ptr().cast::<T>().read_unaligned() })
}

/// Reads a `struct timeval`. Returns `None` when one of its parts is negative.
pub(in crate::sys) fn timeval(data: &[u8]) -> Option<Duration> {
    // SAFETY: a timeval is two integers.
    let time: libc::timeval = unsafe { read_struct(data) }?;
    let nanoseconds = u32::try_from(time.tv_usec).ok()?.checked_mul(1000)?;
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, nanoseconds))
}
