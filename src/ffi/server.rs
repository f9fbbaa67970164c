//! Servers in C: made, served, stopped, closed.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;

use super::address::tabi_addr;
use super::boundary::{Outcome, boundary, some, status, take_back};
use super::mode::duration;
use crate::address::RawAddress;
use crate::error::Error;
use crate::server::Server;

/// A server: Python's `socketserver` classes.
///
/// Any number of threads may use one at once. tabi_server_free() must be the last use of the handle.
#[cfg_attr(all(), repr(transparent))]
pub struct tabi_server(pub(super) Server);

impl tabi_server {
    pub(super) fn lend(server: &Server) -> *mut tabi_server {
        ptr::from_ref(server).cast_mut().cast()
    }
}

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

pub(super) fn server(server: Option<&tabi_server>) -> Outcome<&Server> {
    Ok(&some(server, "server")?.0)
}

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

/// Stops accepting, waits for the requests that have begun, and closes the sockets (Python's `server_close`).
///
/// `drain`: seconds that they have; then their connections are shut down, which ends handlers that use them.
/// TABI_NO_TIMEOUT waits as long as they take. A serve loop is stopped first. In a handler of this server it
/// does not wait for that one. `report` may be NULL. Closing again does nothing. Returns 0, or TABI_ERR_VALUE
/// for negative seconds and NaN.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_close(
    sv: Option<&tabi_server>,
    drain: f64,
    report: Option<&mut tabi_drain_report>,
) -> c_int {
    status(|| {
        let server = server(sv)?;
        let drain = duration("drain", drain)?;
        if let Some(report) = &report {
            check_size("tabi_drain_report", report.struct_size, size_of::<tabi_drain_report>())?;
        }
        let done = server.server_close(drain);
        if let Some(report) = report {
            (report.finished, report.cut, report.left) = (done.finished, done.cut, done.left);
        }
        Ok(())
    })
}

/// The address that the server is bound to, with the port that was picked for port 0 (Python's
/// `server_address`).
/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_address(
    sv: Option<&tabi_server>,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        let (server, addr) = (server(sv)?, some(addr, "addr")?);
        addr.write(RawAddress::try_from(&server.server_address())?.into());
        Ok(())
    })
}

/// The descriptor of the server's socket (Python's `fileno`), or TABI_ERR_CLOSED. It stays the server's: do not
/// close it.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_fileno(sv: Option<&tabi_server>) -> c_int {
    boundary(|| match server(sv)?.fileno() {
        -1 => Err(Error::Closed.into()),
        fd => Ok(fd),
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

/// The size that a caller wrote into a structure: at least that of the first version.
pub(super) fn check_size(name: &str, given: usize, least: usize) -> Outcome {
    if given < least {
        return Err(crate::error::Error::value(format!(
            "struct_size of {name} must be {least} or more, got {given}: set it to sizeof({name})"
        ))
        .into());
    }
    Ok(())
}
