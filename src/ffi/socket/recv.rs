//! The C functions that receive.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use crate::sys::libc::ssize_t;

use super::{socket, tabi_sock, until};
use crate::deadline::Limit;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, bytes_to_fill, count, or_none_moved};

/// Receives up to `len` bytes (recv(2), Python's `recv_into`).
///
/// `flags` is 0 or a combination of MSG_* constants. Returns the number of bytes received. 0 means that the
/// stream has ended, or that `len` is 0. With MSG_TRUNC, Linux returns the length of a datagram, which may be more
/// than `len`. Errors: TABI_ERR_TIMEOUT when the timeout passes; -EAGAIN when the socket is non-blocking and nothing
/// has arrived; -errno, such as -ECONNRESET or -ENOTCONN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_recv(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    count(move || unsafe { recv(sk, buffer, len, flags, Limit::Timeout) })
}

/// Does what tabi_recv() does, with a deadline instead of the socket's timeout.
///
/// `deadline` is a moment in nanoseconds of CLOCK_MONOTONIC. INT64_MAX means that there is no limit. Use this
/// when several calls together have one deadline, or to continue a call that a signal has interrupted (see
/// tabi_set_interruptible()).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_recv_until(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    deadline: i64,
) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    count(move || unsafe { recv(sk, buffer, len, flags, until(deadline)) })
}

/// Receives what has arrived, without waiting. The timeout of the socket does not matter.
///
/// Use this in an event loop whose sockets keep their timeouts for other calls. The results are those of
/// tabi_recv(). It returns -EAGAIN when nothing has arrived.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_try_recv(sk: Option<&tabi_sock>, buffer: *mut c_void, len: usize) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    count(move || unsafe { recv(sk, buffer, len, 0, Limit::Now) })
}

#[inline(always)]
pub(crate) unsafe fn recv(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    limit: Limit,
) -> Outcome<usize> {
    let sk = socket(sk)?;
    // SAFETY: the caller passes `len` writable bytes.
    let buffer = unsafe { bytes_to_fill(buffer, len) }?;
    Ok(sk.recv_uninit(buffer, flags, limit)?)
}

/// Receives exactly `len` bytes, or fewer when the stream ends before.
///
/// One timeout limits the whole call. `flags` is 0 or a combination of MSG_* constants without MSG_PEEK.
/// `received` gets the number of bytes that are in the buffer, also when the call fails. It may be NULL.
///
/// Returns the number of bytes received. The errors are those of tabi_recv(), and TABI_ERR_VALUE for MSG_PEEK. With
/// MSG_TRUNC, Linux counts bytes of a TCP connection and throws them away: the buffer then keeps what it had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_recv_exactly(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    received: Option<&mut MaybeUninit<usize>>,
) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    unsafe { recv_exactly(sk, buffer, len, flags, received, Limit::Timeout) }
}

/// Does what tabi_recv_exactly() does, with a deadline instead of the socket's timeout. See
/// tabi_recv_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_recv_exactly_until(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    received: Option<&mut MaybeUninit<usize>>,
    deadline: i64,
) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    unsafe { recv_exactly(sk, buffer, len, flags, received, until(deadline)) }
}

/// # Safety
///
/// `buffer` is writable for `len` bytes.
unsafe fn recv_exactly(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    mut received: Option<&mut MaybeUninit<usize>>,
    limit: Limit,
) -> ssize_t {
    count(|| {
        let sk = or_none_moved(socket(sk), &mut received)?;
        // SAFETY: the caller passes `len` writable bytes.
        let buffer = or_none_moved(unsafe { bytes_to_fill(buffer, len) }, &mut received)?;
        let result = sk.recv_exactly_uninit(buffer, flags, limit);
        let so_far = result.as_ref().map_or_else(|partial| partial.received, |n| *n);
        received.map(|received| received.write(so_far));
        Ok(result?)
    })
}

/// Receives up to `len` bytes, and the address of the sender (recvfrom(2), Python's `recvfrom_into`).
///
/// `sender` may be NULL. Its `len` is 0 when the system names no sender. The part of a datagram that does not
/// fit in the buffer is lost. The results are those of tabi_recv(), except that the system is also asked when
/// `len` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_recvfrom(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    sender: Option<&mut MaybeUninit<tabi_addr>>,
) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    count(move || unsafe { recvfrom(sk, buffer, len, flags, sender, Limit::Timeout) })
}

/// Does what tabi_recvfrom() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_recvfrom_until(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    sender: Option<&mut MaybeUninit<tabi_addr>>,
    deadline: i64,
) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    count(move || unsafe { recvfrom(sk, buffer, len, flags, sender, until(deadline)) })
}

/// Does what tabi_recvfrom() does, without waiting. See tabi_try_recv().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_try_recvfrom(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    sender: Option<&mut MaybeUninit<tabi_addr>>,
) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    count(move || unsafe { recvfrom(sk, buffer, len, 0, sender, Limit::Now) })
}

#[inline(always)]
pub(crate) unsafe fn recvfrom(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    sender: Option<&mut MaybeUninit<tabi_addr>>,
    limit: Limit,
) -> Outcome<usize> {
    let sk = socket(sk)?;
    // SAFETY: the caller passes `len` writable bytes.
    let buffer = unsafe { bytes_to_fill(buffer, len) }?;
    Ok(sk.recvfrom_uninit(buffer, flags, limit, sender.map(tabi_addr::as_raw))?)
}
