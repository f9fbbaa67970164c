//! Sending in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::{inet_address, socket, tabi_sock, until};
use crate::deadline::Limit;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, bytes, count, not_null, status};

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
    count(move || unsafe { send(sk, data, len, flags, until(deadline)) })
}

/// Sends what there is room for, without waiting, whatever the socket's timeout.
///
/// Returns as tabi_send(), with -EAGAIN when there is no room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_try_send(sk: Option<&tabi_sock>, data: *const c_void, len: usize) -> ssize_t {
    // SAFETY: the caller passes `len` readable bytes.
    count(move || unsafe { send(sk, data, len, 0, Limit::Now) })
}

#[inline(always)]
pub(crate) unsafe fn send(
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
    status(move || unsafe { sendall(sk, data, len, flags, sent, until(deadline)) })
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
    count(move || unsafe { sendto(sk, data, len, flags, addr, until(deadline)) })
}

/// tabi_sendto_addr() without waiting: see tabi_try_send().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_try_sendto_addr(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    addr: Option<&tabi_addr>,
) -> ssize_t {
    // SAFETY: the caller passes `len` readable bytes.
    count(move || unsafe { sendto(sk, data, len, 0, addr, Limit::Now) })
}

#[inline(always)]
pub(crate) unsafe fn sendto(
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
    let address = sk.resolve(not_null(addr, "addr")?.raw()?)?;
    Ok(sk.sendto_until(data, flags, &address, limit)?)
}
