//! Control messages in plain values.

use std::net::Ipv4Addr;
use std::time::Duration;

/// What a control message says that only some systems have, or that they have in different structures.
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
    /// By the system's clock, and by the network card's; zero for none.
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

/// The beginning of some bytes as a structure of the system's; `None` if they are too few.
///
/// # Safety
///
/// `T` is plain integers: any bytes are a value of it.
pub(in crate::sys) unsafe fn read_struct<T: Copy>(data: &[u8]) -> Option<T> {
    // SAFETY: the bytes are there, and the caller vouches that any are a value.
    (data.len() >= size_of::<T>()).then(|| unsafe { data.as_ptr().cast::<T>().read_unaligned() })
}

/// A `struct timeval`, of which neither part may be negative.
pub(in crate::sys) fn timeval(data: &[u8]) -> Option<Duration> {
    // SAFETY: a timeval is two integers.
    let time: libc::timeval = unsafe { read_struct(data) }?;
    let nanoseconds = u32::try_from(time.tv_usec).ok()?.checked_mul(1000)?;
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, nanoseconds))
}
