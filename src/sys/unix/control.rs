//! Decoded control messages.

use std::net::Ipv4Addr;
use std::time::Duration;

/// A decoded control message, of a kind that only some systems have or that they have in different structures.
#[allow(dead_code, reason = "each system makes those that it has")]
pub(crate) enum ControlValue<'a> {
    Credentials {
        pid: i32,
        uid: u32,
        gid: u32,
    },
    PacketInfoV4 {
        interface: u32,
        local: Ipv4Addr,
        destination: Ipv4Addr,
    },
    Timestamp(Duration),
    /// The times of the system's clock and of the network card's clock. Zero means that there is none.
    Timestamps {
        software: Duration,
        hardware: Duration,
    },
    /// The members of `struct sock_extended_err`, and the address behind it.
    Error {
        errno: u32,
        origin: u8,
        kind: u8,
        code: u8,
        info: u32,
        data: u32,
        offender: &'a [u8],
    },
    SegmentSize(i32),
}

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
