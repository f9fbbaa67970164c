//! The C functions that send.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use crate::sys::libc::ssize_t;

use super::{at, looked_up, socket, tabi_sock, until};
use crate::deadline::Limit;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, bytes, count, not_null, or_none_moved, status};

/// Sends bytes (send(2), Python's `send`).
///
/// `flags` is 0 or a combination of MSG_* constants. Returns the number of bytes that the system accepted,
/// which may be smaller than `len`. Errors:
/// - -EPIPE, -ECONNRESET: the peer has closed the connection. No signal is raised.
/// - TABI_ERR_TIMEOUT: the timeout has passed.
/// - -EAGAIN: the socket is non-blocking, and the system's buffer is full.
/// - -ENOTCONN: the socket is not connected.
/// - -EMSGSIZE: the datagram is too long.
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

/// Does what tabi_send() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
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

/// Sends as many bytes as the system can take now, without waiting. The timeout of the socket does not
/// matter.
///
/// The results are those of tabi_send(). It returns -EAGAIN when the system's buffer is full.
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

/// Sends all bytes (Python's `sendall`).
///
/// One timeout limits the whole call. `sent` gets the number of bytes that the system accepted, also when the
/// call fails. It may be NULL. Returns 0. The errors are those of tabi_send().
///
/// When two threads call tabi_sendall() on the same socket at the same time, their bytes may be mixed: a long
/// message is sent in several parts, and parts of the other message may come between them. Use a lock if
/// messages must stay whole.
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

/// Does what tabi_sendall() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
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
    mut sent: Option<&mut MaybeUninit<usize>>,
    limit: Limit,
) -> Outcome {
    let sk = or_none_moved(socket(sk), &mut sent)?;
    // SAFETY: the caller passes `len` readable bytes.
    let data = or_none_moved(unsafe { bytes(data, len, "data") }, &mut sent)?;
    let result = sk.sendall_until(data, flags, limit);
    sent.map(|sent| sent.write(result.as_ref().map_or_else(|partial| partial.sent, |()| len)));
    Ok(result?)
}

/// Sends a datagram to a host and a port (sendto(2), Python's `sendto`).
///
/// Each call looks the host up. To avoid this, call tabi_addr_from_host() once, and then tabi_sendto_addr().
/// Returns the number of bytes sent. The errors are those of tabi_send(), and those of tabi_bind() for a bad
/// host or port.
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
        // SAFETY: the caller passes `len` readable bytes.
        let data = unsafe { bytes(data, len, "data") }?;
        // SAFETY: the caller passes a NUL-terminated string.
        let (address, limit) = unsafe { looked_up(sk, host, port) }?;
        Ok(sk.sendto_until(data, flags, &address, limit).map_err(|error| at(&address, error))?)
    })
}

/// Sends a datagram to an address of the socket's family (sendto(2), Python's `sendto`). The results are
/// those of tabi_send().
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

/// Does what tabi_sendto_addr() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
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

/// Does what tabi_sendto_addr() does, without waiting. See tabi_try_send().
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
    let address = not_null(addr, "addr")?.borrow_raw()?;
    sk.check_address(address)?;
    Ok(sk.sendto_until(data, flags, address, limit).map_err(|error| at(address, error))?)
}
