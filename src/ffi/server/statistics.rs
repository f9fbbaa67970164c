//! The C functions that tell what a server has counted.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::offset_of;

use super::growing::{Growing, write};
use super::{server, tabi_server};
use crate::ffi::boundary::{Failure, status};

/// What a server has done so far. Set `struct_size` before the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_server_statistics {
    /// sizeof(tabi_server_statistics). The caller sets it.
    pub struct_size: usize,
    /// The number of requests that were taken: clients accepted and datagrams received.
    pub accepted: u64,
    /// The number of requests that have begun and not ended.
    pub active: u64,
    /// The number of requests that were ended without being handled: they were above a limit, verify_request
    /// refused them, or there was no thread for them.
    pub rejected: u64,
    /// The number of requests whose handler has failed.
    pub failed: u64,
    /// The number of requests that have ended, for any reason.
    pub finished: u64,
    /// The number of threads that handle requests or wait for them.
    pub threads: u64,
    /// The number of those threads that wait.
    pub idle_threads: u64,
    /// The number of child processes that handle requests.
    pub children: u64,
}

// SAFETY: the structure is repr(C), begins with a usize, and holds numbers only.
unsafe impl Growing for tabi_server_statistics {
    const NAME: &'static str = "tabi_server_statistics";
    const FIRST_SIZE: usize = offset_of!(tabi_server_statistics, children) + size_of::<u64>();
}

/// Reads what the server has counted.
///
/// Returns 0. Errors: TABI_ERR_VALUE when `struct_size` is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_get_statistics(
    sv: Option<&tabi_server>,
    statistics: *mut tabi_server_statistics,
) -> c_int {
    status(|| {
        let now = server(sv)?.statistics();
        if statistics.is_null() {
            return Err(Failure::Null("statistics").into());
        }
        let counts = tabi_server_statistics {
            struct_size: 0,
            accepted: now.accepted,
            active: now.active,
            rejected: now.rejected,
            failed: now.failed,
            finished: now.finished,
            threads: now.threads,
            idle_threads: now.idle_threads,
            children: now.children,
        };
        // SAFETY: `statistics` is not NULL, and the caller set its `struct_size` to its size.
        unsafe { write(statistics, &counts) }
    })
}
