//! The C functions for sockets that only Windows has.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use super::{socket, tabi_sock};
use crate::ffi::boundary::{
    Failure, Handle, boundary, bytes, check_buffer, copy_bytes, count, not_null, status,
};
use crate::socket::Socket;
use crate::sys::SHARED_SIZE;
use crate::sys::libc::ssize_t;

/// Controls the socket (WSAIoctl, Python's `ioctl`).
///
/// `control` is SIO_RCVALL, and `option` one of the RCVALL_* constants; or it is SIO_LOOPBACK_FAST_PATH, and `option` 0 or
/// 1. For SIO_KEEPALIVE_VALS there is tabi_ioctl_keepalive_vals().
///
/// Returns the number of bytes that the system has written, which is 0 for these. Errors: TABI_ERR_VALUE for another
/// `control`; -WSAEACCES when the process may not do it; other errors of the system.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_ioctl(sk: Option<&tabi_sock>, control: u32, option: u32) -> c_int {
    boundary(|| Ok(socket(sk)?.ioctl(control, option)? as c_int))
}

/// Sets whether and when the system sends probes on an idle connection (SIO_KEEPALIVE_VALS, Python's
/// `ioctl(SIO_KEEPALIVE_VALS, (on, time, interval))`).
///
/// `on` is 1 or 0. `time` is how long the connection is idle before the first probe, and `interval` the time between two
/// probes, both in milliseconds. The results are those of tabi_ioctl().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_ioctl_keepalive_vals(
    sk: Option<&tabi_sock>,
    on: c_int,
    time: u32,
    interval: u32,
) -> c_int {
    boundary(|| Ok(socket(sk)?.ioctl_keepalive_vals(on != 0, time, interval)? as c_int))
}

/// Prepares the socket for another process (WSADuplicateSocket, Python's `share`). Send the bytes to that process: only it
/// can make a socket of them, once, with tabi_fromshare().
///
/// `process_id` is the number of the process. `size` is the size of `data` in bytes; sizeof(WSAPROTOCOL_INFOW) are enough.
/// The connection has another owner from now on: tabi_close() does not end it.
///
/// Returns the number of bytes. Errors: TABI_ERR_TOO_SMALL; -WSAEINVAL for a process that does not exist; other errors of
/// the system.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_share(
    sk: Option<&tabi_sock>,
    process_id: u32,
    data: *mut c_void,
    size: usize,
) -> ssize_t {
    count(|| {
        let socket = socket(sk)?;
        check_buffer(data, size, "data")?;
        if size < SHARED_SIZE {
            return Err(Failure::TooSmall("data", SHARED_SIZE).into());
        }
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_bytes(&socket.share(process_id)?, data, size, "data") }
    })
}

/// Makes a socket of what another process has made with tabi_share() for this one (Python's `fromshare`).
///
/// `data` has `len` bytes. The socket has the default timeout.
///
/// Returns 0 and a handle, which tabi_sock_free() frees. Errors: TABI_ERR_VALUE for another number of bytes than
/// tabi_share() returns; -errno for bytes of which the system makes no socket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_fromshare(
    data: *const c_void,
    len: usize,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let (out, handle) = (not_null(out, "out")?, Handle::new()?);
        // SAFETY: the caller passes `len` readable bytes.
        let socket = Socket::fromshare(unsafe { bytes(data, len, "data") }?)?;
        out.write(handle.give(tabi_sock(socket)));
        Ok(())
    })
}
