//! What a server counts, in C.
#![allow(unsafe_code)]

use std::ffi::c_int;

use super::{check_size, server, tabi_server};
use crate::ffi::boundary::{some, status};

/// What a server has done so far. Set `struct_size` before the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_server_statistics {
    /// sizeof(tabi_server_statistics), set by the caller.
    pub struct_size: usize,
    /// Requests taken: clients accepted, datagrams received.
    pub accepted: u64,
    /// Requests that have begun and not ended.
    pub active: u64,
    /// Requests ended without being handled: over a limit, refused by verify_request, or no thread for them.
    pub rejected: u64,
    /// Requests whose handler failed.
    pub failed: u64,
    /// Requests that have ended, for whatever reason.
    pub finished: u64,
    /// Threads that handle requests or wait for them.
    pub threads: u64,
    /// Those of them that wait.
    pub idle_threads: u64,
    /// Child processes that handle requests.
    pub children: u64,
}

/// Reads what the server has counted. Returns 0, or TABI_ERR_VALUE for a `struct_size` that is too small.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_get_statistics(
    sv: Option<&tabi_server>,
    statistics: Option<&mut tabi_server_statistics>,
) -> c_int {
    status(|| {
        let (server, out) = (server(sv)?, some(statistics, "statistics")?);
        check_size("tabi_server_statistics", out.struct_size, size_of::<tabi_server_statistics>())?;
        let now = server.statistics();
        *out = tabi_server_statistics {
            struct_size: out.struct_size,
            accepted: now.accepted,
            active: now.active,
            rejected: now.rejected,
            failed: now.failed,
            finished: now.finished,
            threads: now.threads,
            idle_threads: now.idle_threads,
            children: now.children,
        };
        Ok(())
    })
}
