//! The C functions for programs that a service manager runs.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};

use super::close::{tabi_drain_report, write_report};
use super::tabi_server;
use crate::error::Error;
use crate::ffi::boundary::growing::check_size;
use crate::ffi::boundary::{array, boundary, not_null, status, string};
use crate::ffi::socket::duration;
use crate::memory;
use crate::server::{notify, serve_until_signal};

/// Tells the service manager about the state of this program, as sd_notify(3) does: "READY=1" when it serves,
/// "STOPPING=1" when it ends, "STATUS=some text", or several of them in lines.
///
/// Nothing is sent unless the program calls this or tabi_serve_until_signal().
///
/// Returns 1, or 0 when there is no service manager that wants to know: it names its socket in the environment variable
/// NOTIFY_SOCKET. Errors: TABI_ERR_VALUE for an empty `state`, one that is not UTF-8, and for another kind of socket;
/// TABI_ERR_TIMEOUT when the manager takes no message for 5 seconds; -errno when it is not there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_notify(state: *const c_char) -> c_int {
    boundary(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let state = unsafe { string(state, "state") }?;
        let state = std::str::from_utf8(state).map_err(|_| Error::value("state must be UTF-8"))?;
        Ok(notify(state)?.into())
    })
}

/// Serves until a signal comes, then drains: all that the main function of a daemon does, in one call that needs no
/// signal handler of the program.
///
/// `servers` is an array of `count` servers, at least 1. Each runs its tabi_server_serve_forever(), the first in this
/// thread and the others in threads of their own. The service manager is told that the program is ready, as
/// tabi_notify() does. The first of the signals stops them all; if one of the servers ends in another way, the others
/// are stopped too. The service manager is told that the program stops. Then the requests get `drain` seconds to end, as
/// with tabi_server_close(); TABI_NO_TIMEOUT is no limit. A second signal cuts them off at once.
///
/// `signals` is an array of `signal_count` numbers of signals. (NULL, 0) stands for SIGTERM and SIGINT. They get
/// handlers, which interrupt no system call of other threads, and afterwards what they had before. Signals that the
/// program blocks do not arrive. In a forked child, and so in the children of a forking server, a signal does what it
/// did before. The process keeps two descriptors for this from the first call on.
///
/// `report` may be NULL. It gets what became of the requests of all servers together. The program still frees its
/// servers.
///
/// Returns 0. Errors: TABI_ERR_VALUE when there is no server, when another thread of the process is in this function,
/// when `drain` is negative or NaN, or when the report's `struct_size` is too small; -EINVAL for a number that is no
/// signal, cannot be handled, or says that the program itself is wrong (SIGBUS, SIGFPE, SIGILL, SIGSEGV); those of
/// tabi_notify(); and, after the drain, those of tabi_server_serve_forever().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_serve_until_signal(
    servers: *const *mut tabi_server,
    count: usize,
    signals: *const c_int,
    signal_count: usize,
    drain: f64,
    report: *mut tabi_drain_report,
) -> c_int {
    status(|| {
        let drain = duration("drain", drain)?;
        if !report.is_null() {
            // SAFETY: `report` is not NULL, and begins with its `struct_size`.
            check_size::<tabi_drain_report>(unsafe { (*report).struct_size })?;
        }
        // SAFETY: the caller passes `count` handles, and `signal_count` numbers.
        let (handles, signals) =
            unsafe { (array(servers, count, "servers")?, array(signals, signal_count, "signals")?) };
        let mut cores = Vec::new();
        memory::reserve(&mut cores, count)?;
        for &server in handles {
            // SAFETY: NULL, or a handle that stays valid during the call.
            cores.push(&not_null(unsafe { server.as_ref() }, "servers")?.0);
        }
        let done = serve_until_signal(&cores, signals, drain)?;
        // SAFETY: `report` is NULL, or the caller set its `struct_size` to its size.
        unsafe { write_report(report, &done) }
    })
}
