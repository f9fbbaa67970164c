//! The C functions that bind sockets, listen and accept.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use super::{at, looked_up, socket, tabi_sock, unix_address, until};
use crate::deadline::Limit;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Handle, boundary, not_null, status, tabi_fd};
use crate::sys::fd::IntoRawFd;

/// Binds the socket to a host and a port (bind(2), Python's `bind((host, port))`).
///
/// `host` is a name, an IP address, or "" for every address of this machine. With AF_INET it may also be
/// `"<broadcast>"`. `port` is 0 to 65535; 0 lets the system choose a free port.
///
/// Returns 0. Errors:
/// - -EADDRINUSE, -EACCES, -EADDRNOTAVAIL: the system refuses the address.
/// - TABI_ERR_OVERFLOW: the port is not in its range.
/// - TABI_ERR_TYPE: the socket is neither AF_INET nor AF_INET6.
/// - TABI_GAI_*: the host was not found.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_bind(sk: Option<&tabi_sock>, host: *const c_char, port: c_int) -> c_int {
    status(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes a NUL-terminated string.
        let (address, _) = unsafe { looked_up(sk, host, port) }?;
        Ok(sk.bind(address).map_err(|error| at(&address, error))?)
    })
}

/// Binds an AF_UNIX socket to a path (Python's `bind(path)`).
///
/// `path` has 1 to 107 bytes. With "" Linux chooses an abstract name.
///
/// Returns 0. Errors: -EADDRINUSE when the path exists; TABI_ERR_OS when the path is too long; TABI_ERR_TYPE
/// when the socket is not AF_UNIX.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_bind_unix(sk: Option<&tabi_sock>, path: *const c_char) -> c_int {
    status(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes a NUL-terminated string.
        let address = unsafe { unix_address(path) }?;
        Ok(sk.bind(address).map_err(|error| at(&address, error))?)
    })
}

/// Binds the socket to an address of any family.
///
/// Returns 0. Errors: those of the system, as in tabi_bind(); TABI_ERR_TYPE when the address is of another family than
/// the socket; TABI_ERR_VALUE when `addr->len` is more than 128.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_bind_addr(sk: Option<&tabi_sock>, addr: Option<&tabi_addr>) -> c_int {
    status(|| {
        let (sk, address) = (socket(sk)?, not_null(addr, "addr")?.raw()?);
        Ok(sk.bind(address).map_err(|error| at(&address, error))?)
    })
}

/// Starts to listen for clients (listen(2), Python's `listen`).
///
/// `backlog` is the number of clients that may wait to be accepted. TABI_BACKLOG is what Python uses when
/// none is given. A negative number counts as 0.
///
/// Returns 0. Errors: -errno, such as -EADDRINUSE or -EOPNOTSUPP.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_listen(sk: Option<&tabi_sock>, backlog: c_int) -> c_int {
    status(|| Ok(socket(sk)?.listen(backlog)?))
}

/// Waits for a client and accepts it (accept(2), Python's `accept`).
///
/// `peer` receives the address of the client. It may be NULL. The new socket has the default timeout, not the
/// timeout of the listening socket.
///
/// Returns 0 and a handle, which tabi_sock_free() frees. Errors: TABI_ERR_TIMEOUT when the timeout passes;
/// -EAGAIN when the socket is non-blocking and no client waits; -EMFILE when the process has too many open
/// descriptors. After -EMFILE the client is still in the queue.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_accept(
    sk: Option<&tabi_sock>,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
    peer: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        let (sk, out, handle) = (socket(sk)?, not_null(out, "out")?, Handle::new()?);
        let (client, address) = sk.accept_raw()?;
        out.write(handle.give(tabi_sock(client)));
        peer.map(|peer| peer.write(address.into()));
        Ok(())
    })
}

/// Accepts a client like tabi_accept(), but returns a bare descriptor.
///
/// The descriptor is close-on-exec and blocking. `peer` may be NULL.
///
/// Returns the descriptor, 0 or more. It belongs to the caller, who closes it, for example with tabi_close_fd().
/// Errors: those of tabi_accept().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_accept_fd(
    sk: Option<&tabi_sock>,
    peer: Option<&mut MaybeUninit<tabi_addr>>,
) -> tabi_fd {
    accept_fd(sk, peer, Limit::Timeout)
}

/// Does what tabi_accept_fd() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_accept_fd_until(
    sk: Option<&tabi_sock>,
    peer: Option<&mut MaybeUninit<tabi_addr>>,
    deadline: i64,
) -> tabi_fd {
    accept_fd(sk, peer, until(deadline))
}

fn accept_fd(sk: Option<&tabi_sock>, peer: Option<&mut MaybeUninit<tabi_addr>>, limit: Limit) -> tabi_fd {
    boundary(|| {
        let (fd, address) = socket(sk)?.accept_fd(limit)?;
        peer.map(|peer| peer.write(address.into()));
        Ok(fd.into_raw_fd() as tabi_fd)
    })
}
