//! The C functions that send messages from several buffers (`struct iovec`).
#![allow(unsafe_code)]

use std::ffi::c_int;

use crate::sys;
use crate::sys::libc::{self, ssize_t};

use super::tabi_control;
use crate::deadline::Limit;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, check_buffer, count};
use crate::ffi::socket::{at, socket, tabi_sock, until};

/// Sends the bytes of several buffers as one message (sendmsg(2), Python's `sendmsg`).
///
/// `buffers` is an array of `buffer_count` buffers, at most 1024 on Linux. `control` holds the control
/// messages to send, and may be NULL. `flags` is 0 or a combination of MSG_* constants. `addr` is the address
/// to send to. It is NULL when the socket is connected.
///
/// Returns the number of bytes that the system accepted, which may be smaller than the sum. Errors: those of
/// tabi_send(); -EMSGSIZE when there are too many buffers; TABI_ERR_OS for more than 2147483647 buffers, or
/// for more than 2147483647 bytes of control data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendmsg(
    sk: Option<&tabi_sock>,
    buffers: *const libc::iovec,
    buffer_count: usize,
    control: Option<&tabi_control>,
    flags: c_int,
    addr: Option<&tabi_addr>,
) -> ssize_t {
    // SAFETY: the caller passes `buffer_count` buffers and a control buffer, all readable for their lengths.
    unsafe { sendmsg(sk, buffers, buffer_count, control, flags, addr, Limit::Timeout) }
}

/// Does what tabi_sendmsg() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendmsg_until(
    sk: Option<&tabi_sock>,
    buffers: *const libc::iovec,
    buffer_count: usize,
    control: Option<&tabi_control>,
    flags: c_int,
    addr: Option<&tabi_addr>,
    deadline: i64,
) -> ssize_t {
    let limit = until(deadline);
    // SAFETY: the caller passes `buffer_count` buffers and a control buffer, all readable for their lengths.
    unsafe { sendmsg(sk, buffers, buffer_count, control, flags, addr, limit) }
}

/// # Safety
///
/// `buffers` are as many as said, each readable for its length; `control` is readable for its `len`.
unsafe fn sendmsg(
    sk: Option<&tabi_sock>,
    buffers: *const libc::iovec,
    buffer_count: usize,
    control: Option<&tabi_control>,
    flags: c_int,
    addr: Option<&tabi_addr>,
    limit: Limit,
) -> ssize_t {
    count(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes that many buffers.
        let buffers = unsafe { iovecs(buffers, buffer_count) }?;
        // SAFETY: the caller's control buffer is readable for its `len`.
        let control = unsafe { control.map_or(Ok(&[][..]), |control| control.messages()) }?;
        let address = addr.map(|addr| addr.raw().and_then(|raw| Ok(sk.resolve(raw)?))).transpose()?;
        // SAFETY: the caller passes buffers that are readable for their lengths; the address outlives the call.
        let sent = unsafe { sk.sendmsg_raw(buffers, control, flags, address.as_ref(), limit) };
        let named = |error: Error| match &address {
            Some(address) => at(address, error),
            None => error.into(),
        };
        Ok(sent.map_err(named)?)
    })
}

/// # Safety
///
/// `buffers` is NULL or readable for `count` of them while the result is in use.
pub(crate) unsafe fn iovecs<'a>(buffers: *const libc::iovec, count: usize) -> Outcome<&'a [libc::iovec]> {
    if count == 0 {
        return Ok(&[]);
    }
    check_buffer(buffers.cast(), count.saturating_mul(size_of::<libc::iovec>()), "buffers")?;
    // SAFETY: `buffers` is not NULL, `count` is possible, and the caller promises that many.
    let buffers = unsafe { std::slice::from_raw_parts(buffers, count) };
    for buffer in buffers {
        check_buffer(buffer.iov_base, sys::c_face::length(buffer), "buffers[].iov_base")?;
    }
    Ok(buffers)
}
