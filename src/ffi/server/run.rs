//! Servers in C: serving, and stopped.
#![allow(unsafe_code)]

use std::ffi::c_int;

use super::{server, tabi_server};
use crate::ffi::boundary::{boundary, status};
use crate::ffi::socket::duration;

/// Handles requests until tabi_server_shutdown() (Python's `serve_forever`).
///
/// `poll_interval`: seconds between two runs of the hook service_actions, 0.5 in Python; nothing else waits for
/// it.
/// Returns 0; TABI_ERR_CLOSED after tabi_server_close(), TABI_ERR_VALUE when the server is serving already and
/// for a negative `poll_interval`, and a socket's error when that is of no more use.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_serve_forever(sv: Option<&tabi_server>, poll_interval: f64) -> c_int {
    status(|| Ok(server(sv)?.serve_forever_every(duration("poll_interval", poll_interval)?)?))
}

/// Handles one request, or none when the server's timeout passes or it is shut down first (Python's
/// `handle_request`).
///
/// Returns as tabi_server_serve_forever().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_handle_request(sv: Option<&tabi_server>) -> c_int {
    status(|| Ok(server(sv)?.handle_request()?))
}

/// Stops tabi_server_serve_forever() at once (Python's `shutdown`).
///
/// From any thread, any number of times; it returns when the loop has ended, in a handler or hook of this
/// server at once. Before serve_forever it makes the next one return at once. Requests that have begun go on.
/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_shutdown(sv: Option<&tabi_server>) -> c_int {
    status(|| {
        server(sv)?.shutdown();
        Ok(())
    })
}

/// The descriptor through which a signal handler stops the server: write(2) eight bytes to it, a `uint64_t` 1.
///
/// The server keeps and closes it. Returns the descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_wake_fd(sv: Option<&tabi_server>) -> c_int {
    boundary(|| Ok(server(sv)?.wake_fd()))
}

/// 1 lets serve_forever and handle_request return -EINTR when a signal handler has run; they may be called
/// again. 0, at first, lets them go on. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_set_interruptible(sv: Option<&tabi_server>, interruptible: c_int) -> c_int {
    status(|| {
        server(sv)?.set_interruptible(interruptible != 0);
        Ok(())
    })
}

/// Collects the child processes that have ended, without waiting (Python's `collect_children`); the serve loop
/// does it by itself. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_collect_children(sv: Option<&tabi_server>) -> c_int {
    status(|| {
        server(sv)?.collect_children();
        Ok(())
    })
}
