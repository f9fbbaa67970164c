//! The C functions that connect sockets.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};

use super::{at, inet_address, looked_up, socket, tabi_sock, unix_address, until};
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{boundary, not_null, status};

/// Connects the socket to a host and a port (connect(2), Python's `connect((host, port))`).
///
/// The timeout of the socket limits the call. `host` and `port` are as in tabi_bind(). After a failure, make
/// a new socket before you try again.
///
/// Returns 0. Errors:
/// - TABI_ERR_TIMEOUT: the timeout has passed.
/// - -ECONNREFUSED, -ENETUNREACH and others: the system could not connect.
/// - -EINPROGRESS: the socket is non-blocking, and the connection is being made. See
///   tabi_finish_connect_until().
/// - The errors of tabi_bind() for a bad host or port.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_connect(sk: Option<&tabi_sock>, host: *const c_char, port: c_int) -> c_int {
    status(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes a NUL-terminated string.
        let (address, limit) = unsafe { looked_up(sk, host, port) }?;
        Ok(sk.connect_until(address, limit).map_err(|error| at(&address, error))?)
    })
}

/// Connects an AF_UNIX socket to a path of 1 to 107 bytes. The results are those of tabi_connect() and
/// tabi_bind_unix().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_connect_unix(sk: Option<&tabi_sock>, path: *const c_char) -> c_int {
    status(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes a NUL-terminated string.
        let address = unsafe { unix_address(path) }?;
        Ok(sk.connect(address).map_err(|error| at(&address, error))?)
    })
}

/// Connects the socket to an address of any family. The results are those of tabi_connect(), and for a bad address those
/// of tabi_bind_addr().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_connect_addr(sk: Option<&tabi_sock>, addr: Option<&tabi_addr>) -> c_int {
    status(|| {
        let (sk, address) = (socket(sk)?, not_null(addr, "addr")?.raw()?);
        Ok(sk.connect(address).map_err(|error| at(&address, error))?)
    })
}

/// Does what tabi_connect_addr() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_connect_addr_until(
    sk: Option<&tabi_sock>,
    addr: Option<&tabi_addr>,
    deadline: i64,
) -> c_int {
    status(|| {
        let (sk, address) = (socket(sk)?, not_null(addr, "addr")?.raw()?);
        Ok(sk.connect_until(address, until(deadline)).map_err(|error| at(&address, error))?)
    })
}

/// Does what tabi_connect() does, but returns the errors of connect(2) as positive numbers (Python's
/// `connect_ex`).
///
/// Returns 0 when the socket is connected. Returns an errno, such as ECONNREFUSED, when it is not: EAGAIN
/// after the timeout, EBADF when the socket is closed, ECANCELED when a token has cancelled the call. Returns a
/// negative code for a bad host or port. tabi_strerror() needs the errno with a minus sign. tabi_last_error_message()
/// says nothing about these errnos.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_connect_ex(sk: Option<&tabi_sock>, host: *const c_char, port: c_int) -> c_int {
    boundary(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes a NUL-terminated string.
        Ok(sk.connect_ex(unsafe { inet_address(host, port) }?)?)
    })
}

/// Does what tabi_connect_ex() does, for an address of any family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_connect_ex_addr(sk: Option<&tabi_sock>, addr: Option<&tabi_addr>) -> c_int {
    boundary(|| Ok(socket(sk)?.connect_ex(not_null(addr, "addr")?.raw()?)?))
}

/// Waits until a connection that was begun is made: after -EINPROGRESS, after a timeout, or after a signal. A connect of an
/// AF_UNIX socket has not begun after a signal; connect again.
///
/// `deadline` is as in tabi_recv_until(). Returns 0 when the socket is connected. Errors: the error of the
/// connection, such as -ECONNREFUSED; TABI_ERR_TIMEOUT; -ENOTCONN when no connection is being made, for
/// example because its failure was reported before.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_finish_connect_until(sk: Option<&tabi_sock>, deadline: i64) -> c_int {
    status(|| Ok(socket(sk)?.finish_connect(until(deadline))?))
}
