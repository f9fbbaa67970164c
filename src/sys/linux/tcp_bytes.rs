//! How many bytes a TCP connection has moved.

use std::os::fd::{AsRawFd, RawFd};

use socket2::{Domain, Type};

use crate::sys::{TcpBytes, syscall};

/// Where the members of the kernel's `struct tcp_info` are. The structures of some C libraries are older and end before
/// them. `tcpi_notsent_bytes` has 32 bits, the others have 64.
const ACKED: usize = 120;
const RECEIVED: usize = 128;
const NOT_SENT: usize = 144;
const SENT: usize = 200;
const SENT_AGAIN: usize = 208;

/// Whether the system counts the bytes of TCP connections, as Linux does since 4.19. Also true when there is no socket to ask
/// with, because then a server cannot be made either.
pub(crate) fn counts_tcp_bytes() -> bool {
    let socket = socket2::Socket::new(Domain::IPV4, Type::STREAM, None);
    socket.map_or(true, |socket| tcp_bytes(socket.as_raw_fd()).is_some())
}

/// Returns what a TCP connection has moved. `None` if it is no TCP connection, and on kernels before 4.19.
pub(crate) fn tcp_bytes(fd: RawFd) -> Option<TcpBytes> {
    let mut info = [0u8; SENT_AGAIN + 8];
    let mut len = info.len() as libc::socklen_t;
    let place = info.as_mut_ptr().cast();
    // SAFETY: `info` has as many writable bytes as `len` says.
    unsafe { syscall!(getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, place, &mut len)) }.ok()?;
    if (len as usize) < info.len() {
        return None;
    }
    let number = |offset: usize| Some(u64::from_ne_bytes(info.get(offset..offset + 8)?.try_into().ok()?));
    let not_sent = u32::from_ne_bytes(info.get(NOT_SENT..NOT_SENT + 4)?.try_into().ok()?);
    Some(TcpBytes {
        received: number(RECEIVED)?,
        acknowledged: number(ACKED)?,
        written: number(SENT)?.wrapping_sub(number(SENT_AGAIN)?).wrapping_add(not_sent.into()),
    })
}
