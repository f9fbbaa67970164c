//! Receiving in C.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::{socket, tabi_sock, until};
use crate::deadline::Limit;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, check_buffer, count};

/// Receives at most `len` bytes (recv(2), Python's `recv_into`).
///
/// `flags`: MSG_* or 0. Returns the number of bytes, 0 at the end of the stream (and for `len` 0);
/// TABI_ERR_TIMEOUT, TABI_ERR_CLOSED; -EAGAIN when non-blocking; -ECONNRESET, -ENOTCONN ...
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

/// tabi_recv() until a moment of its own instead of the socket's timeout.
///
/// `deadline`: nanoseconds of CLOCK_MONOTONIC; INT64_MAX is never. For callers who spread one deadline over
/// several calls, or re-enter one that a signal interrupted (see tabi_set_interruptible()).
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

/// Receives what has arrived already, without waiting, whatever the socket's timeout.
///
/// Returns as tabi_recv(), with -EAGAIN when nothing has arrived. For an event loop whose sockets keep their
/// timeouts for the other calls.
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
    check_buffer(buffer, len, "buffer")?;
    // SAFETY: the caller passes `len` writable bytes.
    Ok(unsafe { sk.recv_raw(buffer.cast(), len, flags, limit) }?)
}

/// Receives `len` bytes within one timeout, fewer only at the end of the stream.
///
/// `flags`: MSG_* (not MSG_PEEK) or 0. `received` may be NULL; it gets the number of bytes in the buffer, also
/// when the call fails. Returns that number, or a code as tabi_recv() does.
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

/// tabi_recv_exactly() within a limit of its own: see tabi_recv_until().
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
    received: Option<&mut MaybeUninit<usize>>,
    limit: Limit,
) -> ssize_t {
    count(|| {
        let sk = socket(sk)?;
        check_buffer(buffer, len, "buffer")?;
        // SAFETY: the caller passes `len` writable bytes.
        let result = unsafe { sk.recv_exactly_raw(buffer.cast(), len, flags, limit) };
        let so_far = result.as_ref().map_or_else(|partial| partial.received, |n| *n);
        received.map(|received| received.write(so_far));
        Ok(result?)
    })
}

/// Receives at most `len` bytes and the sender's address (recvfrom(2), Python's `recvfrom_into`).
///
/// `sender` may be NULL; its `len` is 0 where the system names nobody. What does not fit of a datagram is
/// lost. Returns as tabi_recv(), but asks the system also for `len` 0.
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

/// tabi_recvfrom() within a limit of its own: see tabi_recv_until().
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

/// tabi_recvfrom() without waiting: see tabi_try_recv().
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
    check_buffer(buffer, len, "buffer")?;
    let sender = sender.map_or(std::ptr::null_mut(), tabi_addr::as_raw);
    // SAFETY: the caller passes `len` writable bytes, and an address that is writable unless it is NULL.
    Ok(unsafe { sk.recvfrom_raw(buffer.cast(), len, flags, limit, sender) }?)
}
