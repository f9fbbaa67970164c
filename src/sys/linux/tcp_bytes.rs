//! How many bytes a TCP connection has moved.

use std::os::fd::RawFd;

use crate::sys::syscall;

/// Whether the system counts the bytes of TCP connections.
pub(crate) const COUNTS_TCP_BYTES: bool = true;

/// The offsets of `tcpi_bytes_acked` and `tcpi_bytes_received`, 64 bits each, in the kernel's `struct tcp_info`. The
/// structures of some C libraries are older and end before them.
const ACKED: usize = 120;
const RECEIVED: usize = 128;

/// Returns how many bytes a TCP connection has received, and sent and seen acknowledged. `None` if it is no TCP
/// connection, and on kernels before 4.1.
pub(crate) fn tcp_bytes(fd: RawFd) -> Option<u64> {
    let mut info = [0u8; RECEIVED + 8];
    let mut len = info.len() as libc::socklen_t;
    let place = info.as_mut_ptr().cast();
    // SAFETY: `info` has as many writable bytes as `len` says.
    unsafe { syscall!(getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, place, &mut len)) }.ok()?;
    let number = |offset: usize| Some(u64::from_ne_bytes(info.get(offset..offset + 8)?.try_into().ok()?));
    if (len as usize) < info.len() { None } else { Some(number(ACKED)?.wrapping_add(number(RECEIVED)?)) }
}
