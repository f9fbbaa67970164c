//! The C functions that tell what a server has counted.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::offset_of;

use super::{server, tabi_server};
use crate::ffi::boundary::growing::{Growing, write};
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
    /// How often the server became unable to accept clients (TABI_TROUBLE_TABLE_FULL).
    pub table_full: u64,
    /// How often the system began to refuse threads or processes (TABI_TROUBLE_THREAD_REFUSED).
    pub threads_refused: u64,
    /// How often taking a request from a socket failed for another reason.
    pub accepts_failed: u64,
    /// How often waiting for clients failed.
    pub polls_failed: u64,
    /// The number of requests that are parked: they wait without a thread.
    pub parked: u64,
    /// How often a parked request was woken, because there was something to read.
    pub woken: u64,
    /// The number of connections that were closed to make room for others while they waited for their clients, or
    /// because their urgent data hid the end of a request (`request_end`).
    pub shed: u64,
    /// The number of connections that were cut off because idle_timeout has passed.
    pub idle_cut: u64,
    /// The number of connections that were cut off because request_deadline has passed.
    pub request_cut: u64,
    /// The number of connections that were cut off because they moved fewer bytes per second than min_rate.
    pub rate_cut: u64,
    /// The number of connections that were cut off because handshake_timeout has passed.
    pub handshake_cut: u64,
    /// The number of connections that were cut off because header_timeout has passed.
    pub header_cut: u64,
    /// The number of connections that were refused because their PROXY header was not valid or not complete, or because
    /// the peer is not trusted to send one.
    pub header_refused: u64,
    /// The number of stream clients for which the hook handshake has failed.
    pub handshake_failed: u64,
    /// The longest time in seconds for which a request has waited in the queue for a thread.
    pub longest_wait: f64,
    /// The mean time in seconds for which requests have waited for a thread. Those that got one at once count
    /// as 0.
    pub mean_wait: f64,
    /// The number of bytes that clients have sent over connections that have ended, when `count_bytes` is 1.
    pub bytes_received: u64,
    /// The number of bytes that the server has sent over such connections.
    pub bytes_sent: u64,
}

// SAFETY: the structure is repr(C), begins with a usize, and holds numbers only.
unsafe impl Growing for tabi_server_statistics {
    const NAME: &'static str = "tabi_server_statistics";
    const FIRST_SIZE: usize = offset_of!(tabi_server_statistics, mean_wait) + size_of::<f64>();
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
            table_full: now.table_full,
            threads_refused: now.threads_refused,
            accepts_failed: now.accepts_failed,
            polls_failed: now.polls_failed,
            parked: now.parked,
            woken: now.woken,
            shed: now.shed,
            idle_cut: now.idle_cut,
            request_cut: now.request_cut,
            rate_cut: now.rate_cut,
            handshake_cut: now.handshake_cut,
            header_cut: now.header_cut,
            header_refused: now.header_refused,
            handshake_failed: now.handshake_failed,
            longest_wait: now.longest_wait.as_secs_f64(),
            mean_wait: now.mean_wait.as_secs_f64(),
            bytes_received: now.bytes_received,
            bytes_sent: now.bytes_sent,
        };
        // SAFETY: `statistics` is not NULL, and the caller set its `struct_size` to its size.
        unsafe { write(statistics, &counts) }
    })
}
