//! The C functions that close and free servers.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::offset_of;

use super::{lent, server, tabi_server};
use crate::error::Error;
use crate::ffi::boundary::growing::{Growing, check_size, write};
use crate::ffi::boundary::{Outcome, boundary, status, take_back};
use crate::ffi::socket::duration;
use crate::server::DrainReport;
use crate::sys::libc;

/// What became of the requests that had begun when a server was closed. Set `struct_size` before the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_drain_report {
    /// sizeof(tabi_drain_report). The caller sets it.
    pub struct_size: usize,
    /// The number of requests that ended by themselves.
    pub finished: usize,
    /// The number of requests that were parked, whose connections were ended at once. If the handler of one does
    /// not end in its last turn, it counts as cut or left too.
    pub parked: usize,
    /// The number of requests that were cut off: their connections were shut down, or they were never
    /// handled.
    pub cut: usize,
    /// The number of requests that are still running. One second after they were cut off, their handlers had
    /// neither used their sockets nor returned. When the server does not wait for requests, these are all
    /// that had not ended.
    pub left: usize,
}

// SAFETY: the structure is repr(C), begins with a usize, and holds numbers only.
unsafe impl Growing for tabi_drain_report {
    const NAME: &'static str = "tabi_drain_report";
    const FIRST_SIZE: usize = offset_of!(tabi_drain_report, left) + size_of::<usize>();
}

/// Stops the server, waits for the requests that have begun, and closes its sockets (Python's
/// `server_close`).
///
/// `drain` is the time in seconds that the requests have. After it, their connections are shut down, which
/// ends handlers that use them. With TABI_NO_TIMEOUT the requests have as long as they need. `report` may be
/// NULL. If the server is serving, it is stopped first. In a handler of the same server, the function does
/// not wait for that handler's request, and in the hooks get_request, verify_request and process_request not for the
/// request that the hook has.
///
/// A server may be closed again. With a `drain` this drains what the first close has left. With TABI_NO_TIMEOUT it
/// waits for what the first close did not wait for, such as the handler that has called it, but not for requests that
/// were reported in `left`.
///
/// In a forked child that does not serve, the function closes the child's own descriptors of the sockets and
/// waits for nothing. The parent's server, its requests and their connections go on.
///
/// Returns 0. Errors: TABI_ERR_VALUE when `drain` is negative or NaN, or when the report's `struct_size` is
/// too small; -EINTR after a signal, and after half a second of waiting, when tabi_server_set_interruptible() asks for
/// it. Then nothing was cut off, `report` says what has ended so far, and another call goes on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_close(
    sv: Option<&tabi_server>,
    drain: f64,
    report: *mut tabi_drain_report,
) -> c_int {
    status(|| {
        let server = server(sv)?;
        let drain = duration("drain", drain)?;
        if !report.is_null() {
            // SAFETY: `report` is not NULL, and begins with its `struct_size`.
            check_size::<tabi_drain_report>(unsafe { (*report).struct_size })?;
        }
        let done = server.server_close(drain);
        // SAFETY: `report` is NULL, or the caller set its `struct_size` to its size.
        unsafe { write_report(report, &done) }?;
        if done.interrupted { Err(Error::Os(libc::EINTR).into()) } else { Ok(()) }
    })
}

/// Writes what became of the requests to a report that may be NULL.
///
/// # Safety
///
/// `report` is NULL, or points to as many bytes as its `struct_size` says.
pub(super) unsafe fn write_report(report: *mut tabi_drain_report, done: &DrainReport) -> Outcome {
    if report.is_null() {
        return Ok(());
    }
    let ends = tabi_drain_report {
        struct_size: 0,
        finished: done.finished,
        parked: done.parked,
        cut: done.cut,
        left: done.left,
    };
    // SAFETY: `report` is not NULL, and the caller promises its size.
    unsafe { write(report, &ends) }
}

/// Closes the server as tabi_server_close() does with TABI_NO_TIMEOUT, and frees it. NULL does nothing.
///
/// For a limit, call tabi_server_close() before. When the function returns, no handler is running, with three
/// exceptions: `daemon_threads` is 1, `block_on_close` is 0, or tabi_server_close() has reported requests in
/// `left`. The server that tabi_request_server() returns, or that a hook is given, is not freed in that handler or
/// hook; tabi_last_error_message() then says so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_free(sv: *mut tabi_server) {
    if status(|| lent::check_server(sv)) < 0 {
        return;
    }
    // SAFETY: NULL, or a handle that the caller owns.
    if let Some(server) = unsafe { sv.as_ref() } {
        boundary::<c_int>(|| {
            // Nothing may run any more when the handle is gone, whatever signals arrive.
            while server.0.server_close(None).interrupted {}
            Ok(0)
        });
    }
    // SAFETY: the caller gives the handle up.
    unsafe { take_back(sv) }
}
