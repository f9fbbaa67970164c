//! Servers in C: closed and freed.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::offset_of;

use super::growing::{Growing, check_size, write};
use super::{server, tabi_server};
use crate::ffi::boundary::{boundary, status, take_back};
use crate::ffi::socket::duration;

/// What became of the requests that were active when a server was closed. Set `struct_size` before the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_drain_report {
    /// sizeof(tabi_drain_report), set by the caller.
    pub struct_size: usize,
    /// How many ended by themselves.
    pub finished: usize,
    /// How many were cut off: their connections shut down, or never handled.
    pub cut: usize,
    /// How many are still running: handlers that neither use their socket nor return, a second after they were
    /// cut off; all that had not ended when the server does not wait for them.
    pub left: usize,
}

// SAFETY: the structure is repr(C), begins with a usize, and holds numbers only.
unsafe impl Growing for tabi_drain_report {
    const NAME: &'static str = "tabi_drain_report";
    const FIRST_SIZE: usize = offset_of!(tabi_drain_report, left) + size_of::<usize>();
}

/// Stops accepting, waits for the requests that have begun, and closes the sockets (Python's `server_close`).
///
/// `drain`: seconds that they have; then their connections are shut down, which ends handlers that use them.
/// TABI_NO_TIMEOUT waits as long as they take. A serve loop is stopped first. In a handler of this server it
/// does not wait for that one. `report` may be NULL. Closing again does nothing. Returns 0, or TABI_ERR_VALUE
/// for negative seconds and NaN.
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
        if !report.is_null() {
            let ends =
                tabi_drain_report { struct_size: 0, finished: done.finished, cut: done.cut, left: done.left };
            // SAFETY: `report` is not NULL, and the caller set its `struct_size` to its size.
            unsafe { write(report, &ends) }?;
        }
        Ok(())
    })
}

/// Closes the server as tabi_server_close() does with TABI_NO_TIMEOUT (call that first for a limit), and frees
/// it.
///
/// When it returns, no handler runs any more, unless `daemon_threads` is 1, `block_on_close` 0, or a
/// tabi_server_close() before it has reported some as left. NULL does nothing. Not for a server from
/// tabi_request_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_free(sv: *mut tabi_server) {
    // SAFETY: NULL, or a handle that the caller owns.
    if let Some(server) = unsafe { sv.as_ref() } {
        boundary::<c_int>(|| {
            server.0.server_close(None);
            Ok(0)
        });
    }
    // SAFETY: the caller gives the handle up.
    unsafe { take_back(sv) }
}
