//! Sending and receiving in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::address::tabi_addr;
use super::boundary::{Outcome, bytes, check_buffer, count, some, status};
use super::socket::{inet_address, socket, tabi_sock};
use crate::socket::Limit;

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
    count(move || unsafe { recv(sk, buffer, len, flags, Limit::until_monotonic(deadline)) })
}

#[inline(always)]
pub(super) unsafe fn recv(
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
    unsafe { recv_exactly(sk, buffer, len, flags, received, Limit::until_monotonic(deadline)) }
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
    count(move || unsafe { recvfrom(sk, buffer, len, flags, sender, Limit::until_monotonic(deadline)) })
}

#[inline(always)]
pub(super) unsafe fn recvfrom(
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

/// Sends bytes (send(2)) and returns how many the kernel took, perhaps fewer than given.
///
/// `flags`: MSG_* or 0. A vanished peer is -EPIPE or -ECONNRESET, never a signal. Other errors:
/// TABI_ERR_TIMEOUT, TABI_ERR_CLOSED; -EAGAIN when non-blocking; -ENOTCONN; -EMSGSIZE for a datagram that is
/// too long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_send(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    flags: c_int,
) -> ssize_t {
    // SAFETY: the caller passes `len` readable bytes.
    count(move || unsafe { send(sk, data, len, flags, Limit::Timeout) })
}

/// tabi_send() within a limit of its own: see tabi_recv_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_send_until(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    flags: c_int,
    deadline: i64,
) -> ssize_t {
    // SAFETY: the caller passes `len` readable bytes.
    count(move || unsafe { send(sk, data, len, flags, Limit::until_monotonic(deadline)) })
}

#[inline(always)]
pub(super) unsafe fn send(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    flags: c_int,
    limit: Limit,
) -> Outcome<usize> {
    let sk = socket(sk)?;
    // SAFETY: the caller passes `len` readable bytes.
    let data = unsafe { bytes(data, len, "data") }?;
    Ok(sk.send_until(data, flags, limit)?)
}

/// Sends all bytes (Python's `sendall`) within one timeout for the whole.
///
/// `sent` may be NULL; it gets the number of bytes that the kernel took, also when the call fails.
/// Returns 0, or a negative code as tabi_send() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendall(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    flags: c_int,
    sent: Option<&mut MaybeUninit<usize>>,
) -> c_int {
    // SAFETY: the caller passes `len` readable bytes.
    status(move || unsafe { sendall(sk, data, len, flags, sent, Limit::Timeout) })
}

/// tabi_sendall() within a limit of its own: see tabi_recv_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendall_until(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    flags: c_int,
    sent: Option<&mut MaybeUninit<usize>>,
    deadline: i64,
) -> c_int {
    // SAFETY: the caller passes `len` readable bytes.
    status(move || unsafe { sendall(sk, data, len, flags, sent, Limit::until_monotonic(deadline)) })
}

#[inline(always)]
unsafe fn sendall(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    flags: c_int,
    sent: Option<&mut MaybeUninit<usize>>,
    limit: Limit,
) -> Outcome {
    let sk = socket(sk)?;
    // SAFETY: the caller passes `len` readable bytes.
    let data = unsafe { bytes(data, len, "data") }?;
    let result = sk.sendall_until(data, flags, limit);
    sent.map(|sent| sent.write(result.as_ref().map_or_else(|partial| partial.sent, |()| len)));
    Ok(result?)
}

/// Sends a datagram to a host and port (sendto(2)). Returns as tabi_send(), and as tabi_bind() for a bad host
/// or port.
///
/// A name is looked up in every call: keep the result of tabi_addr_from_host() for tabi_sendto_addr().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendto(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    flags: c_int,
    host: *const c_char,
    port: c_int,
) -> ssize_t {
    count(move || {
        let sk = socket(sk)?;
        // SAFETY: the caller passes `len` readable bytes and a NUL-terminated string.
        let (data, address) = unsafe { (bytes(data, len, "data")?, inet_address(sk, host, port)?) };
        Ok(sk.sendto_until(data, flags, &address, Limit::Timeout)?)
    })
}

/// Sends a datagram to an address of the socket's family (sendto(2)). Returns as tabi_send().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendto_addr(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    flags: c_int,
    addr: Option<&tabi_addr>,
) -> ssize_t {
    // SAFETY: the caller passes `len` readable bytes.
    count(move || unsafe { sendto(sk, data, len, flags, addr, Limit::Timeout) })
}

/// tabi_sendto_addr() within a limit of its own: see tabi_recv_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendto_addr_until(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    flags: c_int,
    addr: Option<&tabi_addr>,
    deadline: i64,
) -> ssize_t {
    // SAFETY: the caller passes `len` readable bytes.
    count(move || unsafe { sendto(sk, data, len, flags, addr, Limit::until_monotonic(deadline)) })
}

#[inline(always)]
pub(super) unsafe fn sendto(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    flags: c_int,
    addr: Option<&tabi_addr>,
    limit: Limit,
) -> Outcome<usize> {
    let sk = socket(sk)?;
    // SAFETY: the caller passes `len` readable bytes.
    let data = unsafe { bytes(data, len, "data") }?;
    let address = sk.resolve(some(addr, "addr")?.raw()?)?;
    Ok(sk.sendto_until(data, flags, &address, limit)?)
}
