//! The C functions that let a server serve, and stop it.
#![allow(unsafe_code)]

use std::ffi::c_int;

use super::{server, tabi_server};
use crate::ffi::boundary::{boundary, status, tabi_fd};
use crate::ffi::socket::duration;

/// Handles requests until tabi_server_shutdown() is called (Python's `serve_forever`).
///
/// `poll_interval` is the time in seconds between two calls of the hook service_actions. Python uses 0.5.
/// Nothing else depends on it.
///
/// Returns 0. Errors:
/// - TABI_ERR_VALUE: the server is serving already, or `poll_interval` is negative or NaN.
/// - TABI_ERR_CLOSED: the server was closed.
/// - The error of a socket that can no longer be used.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_serve_forever(sv: Option<&tabi_server>, poll_interval: f64) -> c_int {
    status(|| Ok(server(sv)?.serve_forever_every(duration("poll_interval", poll_interval)?)?))
}

/// Handles one request (Python's `handle_request`).
///
/// It handles none when the server's timeout passes first, or when the server is shut down. The results are
/// those of tabi_server_serve_forever().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_handle_request(sv: Option<&tabi_server>) -> c_int {
    status(|| Ok(server(sv)?.handle_request()?))
}

/// Stops tabi_server_serve_forever() at once (Python's `shutdown`).
///
/// Any thread may call this, any number of times. The function returns when tabi_server_serve_forever() has
/// ended. In a handler or a hook of the same server it returns at once. When the server is not serving yet,
/// the next tabi_server_serve_forever() returns at once. Requests that have begun go on. A forked child stops
/// only itself, and does not wait for its parent's loop. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_shutdown(sv: Option<&tabi_server>) -> c_int {
    status(|| {
        server(sv)?.shutdown();
        Ok(())
    })
}

/// Returns a descriptor through which a signal handler can stop the server.
///
/// The signal handler writes one or more bytes to it with write(2), whatever they are. The descriptor does not block. It
/// belongs to the server, which closes it. In a forked child the number means a descriptor of the child's own, so that a
/// write there stops only what the child serves, now or later.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_wake_fd(sv: Option<&tabi_server>) -> tabi_fd {
    boundary(|| Ok(server(sv)?.wake_fd() as tabi_fd))
}

/// Sets what tabi_server_serve_forever(), tabi_server_handle_request() and tabi_server_close() do when a
/// signal handler has run in their thread.
///
/// When `interruptible` is 1, they return -EINTR, and may be called again; a server with one loop remembers a
/// shutdown that was asked for meanwhile. They also return -EINTR after half a second of waiting, because a signal
/// handler may have run just before the wait. When it is 0, which is the default, they go on. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_set_interruptible(sv: Option<&tabi_server>, interruptible: c_int) -> c_int {
    status(|| {
        server(sv)?.set_interruptible(interruptible != 0);
        Ok(())
    })
}

/// Collects the child processes that have ended, without waiting (Python's `collect_children`).
/// tabi_server_serve_forever() does this by itself. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_collect_children(sv: Option<&tabi_server>) -> c_int {
    status(|| {
        server(sv)?.collect_children();
        Ok(())
    })
}
