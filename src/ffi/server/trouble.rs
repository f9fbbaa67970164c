//! The numbers of troubles, which the hook `handle_trouble` of a C program receives.

use std::ffi::c_int;

use crate::server::{Phase, Trouble};

/// No client can be accepted, because there is no descriptor (EMFILE, ENFILE) or no memory (ENOBUFS, ENOMEM) for it.
/// Clients wait in the kernel's queue.
pub const TABI_TROUBLE_TABLE_FULL: c_int = 1;
/// Clients are accepted again. For a second, none was refused for the reason of TABI_TROUBLE_TABLE_FULL.
pub const TABI_TROUBLE_TABLE_FREE: c_int = 2;
/// The system refused to start a thread or a process for a request. Requests wait for one.
pub const TABI_TROUBLE_THREAD_REFUSED: c_int = 3;
/// Threads and processes can be started again. For a second, none was refused.
pub const TABI_TROUBLE_THREAD_STARTED: c_int = 4;
/// Taking a request from a socket failed in another way: a client gave up, the network is down, or the hook get_request
/// has failed. The server goes on.
pub const TABI_TROUBLE_ACCEPT_FAILED: c_int = 5;
/// The system could not wait for clients: it is short of memory, or the limit of open descriptors was lowered. The server
/// goes on.
pub const TABI_TROUBLE_POLL_FAILED: c_int = 6;
/// A listening socket cannot be used any more. tabi_server_serve_forever() ends with the same error.
pub const TABI_TROUBLE_LISTENER_FAILED: c_int = 7;
/// Clients were turned away, because max_connections, max_connections_per_address, or max_threads with
/// TABI_WHEN_FULL_REFUSE was reached.
pub const TABI_TROUBLE_REFUSED: c_int = 8;
/// Connections that waited for their clients were closed to make room for others, or because of urgent data
/// (`request_end`).
pub const TABI_TROUBLE_SHED: c_int = 9;
/// The idle_timeout of connections has passed, and they were shut down.
pub const TABI_TROUBLE_IDLE_TIMEOUT: c_int = 10;
/// The request_deadline of connections has passed, and they were shut down.
pub const TABI_TROUBLE_REQUEST_DEADLINE: c_int = 11;
/// Requests moved fewer bytes per second than min_rate, and their connections were shut down.
pub const TABI_TROUBLE_MIN_RATE: c_int = 12;
/// The handshake_timeout of connections has passed, and they were shut down.
pub const TABI_TROUBLE_HANDSHAKE_TIMEOUT: c_int = 13;
/// The header_timeout of connections has passed, and they were shut down.
pub const TABI_TROUBLE_HEADER_TIMEOUT: c_int = 14;
/// Connections were refused because their PROXY header was not valid or not complete, or because the peer is not trusted
/// to send one.
pub const TABI_TROUBLE_HEADER_REFUSED: c_int = 15;

pub(super) fn number(trouble: &Trouble) -> c_int {
    match trouble {
        Trouble::TableFull(_) => TABI_TROUBLE_TABLE_FULL,
        Trouble::TableFree => TABI_TROUBLE_TABLE_FREE,
        Trouble::ThreadRefused(_) => TABI_TROUBLE_THREAD_REFUSED,
        Trouble::ThreadStarted => TABI_TROUBLE_THREAD_STARTED,
        Trouble::AcceptFailed { .. } => TABI_TROUBLE_ACCEPT_FAILED,
        Trouble::PollFailed { .. } => TABI_TROUBLE_POLL_FAILED,
        Trouble::ListenerFailed(_) => TABI_TROUBLE_LISTENER_FAILED,
        Trouble::Refused { .. } => TABI_TROUBLE_REFUSED,
        Trouble::Shed { .. } => TABI_TROUBLE_SHED,
        Trouble::Late { phase, .. } => match phase {
            Phase::Idle => TABI_TROUBLE_IDLE_TIMEOUT,
            Phase::Request => TABI_TROUBLE_REQUEST_DEADLINE,
            Phase::Rate => TABI_TROUBLE_MIN_RATE,
            Phase::Handshake => TABI_TROUBLE_HANDSHAKE_TIMEOUT,
            Phase::Header => TABI_TROUBLE_HEADER_TIMEOUT,
        },
        Trouble::HeaderRefused { .. } => TABI_TROUBLE_HEADER_REFUSED,
    }
}
