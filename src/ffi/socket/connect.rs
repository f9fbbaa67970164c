//! Sockets in C: connected.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};

use super::{inet_address, socket, tabi_sock, unix_address, until};
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{boundary, not_null, status};

/// Connects to a host and port (connect(2), Python's `connect((host, port))`), within the timeout.
///
/// Returns 0; TABI_ERR_TIMEOUT, TABI_ERR_CLOSED; -ECONNREFUSED and its like; -EINPROGRESS when non-blocking;
/// and what tabi_bind() returns for a bad host or port. After a failure make a new socket to try again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_connect(sk: Option<&tabi_sock>, host: *const c_char, port: c_int) -> c_int {
    status(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes a NUL-terminated string.
        Ok(sk.connect(unsafe { inet_address(sk, host, port) }?)?)
    })
}

/// Connects an AF_UNIX socket to a path of 1 to 107 bytes. Errors as in tabi_connect() and tabi_bind_unix().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_connect_unix(sk: Option<&tabi_sock>, path: *const c_char) -> c_int {
    status(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes a NUL-terminated string.
        Ok(sk.connect(unsafe { unix_address(path) }?)?)
    })
}

/// Connects to an address of any family. Errors as in tabi_connect().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_connect_addr(sk: Option<&tabi_sock>, addr: Option<&tabi_addr>) -> c_int {
    status(|| Ok(socket(sk)?.connect(not_null(addr, "addr")?.raw()?)?))
}

/// tabi_connect() that returns the errors of connect(2) as positive numbers (Python's `connect_ex`).
///
/// Returns 0 when connected; an errno: ECONNREFUSED ..., EAGAIN for a timeout, EBADF for a closed socket;
/// or a negative code where the host or the port is no good. tabi_strerror() takes an errno negated;
/// tabi_last_error_message() does not tell of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_connect_ex(sk: Option<&tabi_sock>, host: *const c_char, port: c_int) -> c_int {
    boundary(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes a NUL-terminated string.
        Ok(sk.connect_ex(unsafe { inet_address(sk, host, port) }?)?)
    })
}

/// tabi_connect_ex() for an address of any family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_connect_ex_addr(sk: Option<&tabi_sock>, addr: Option<&tabi_addr>) -> c_int {
    boundary(|| Ok(socket(sk)?.connect_ex(not_null(addr, "addr")?.raw()?)?))
}

/// Waits for a connect that is under way: non-blocking (-EINPROGRESS), timed out, or interrupted.
///
/// `deadline` as in tabi_recv_until(). Returns 0 when connected, the connection's own error,
/// TABI_ERR_TIMEOUT or TABI_ERR_CLOSED; -ENOTCONN when none is under way, such as after a failure that was
/// reported already.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_finish_connect_until(sk: Option<&tabi_sock>, deadline: i64) -> c_int {
    status(|| Ok(socket(sk)?.finish_connect(until(deadline))?))
}
