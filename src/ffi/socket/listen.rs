//! Sockets in C: bound, listening, accepting.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::os::fd::IntoRawFd;

use super::{inet_address, socket, tabi_sock, unix_address, until};
use crate::deadline::Limit;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{boundary, give, not_null, status};

/// Binds to a host and port (bind(2), Python's `bind((host, port))`).
///
/// `host`: a name, an address, "" (any) or, of AF_INET, `"<broadcast>"`; `port`: 0 (a free one) to 65535.
/// Returns 0; -EADDRINUSE, -EACCES, -EADDRNOTAVAIL; TABI_ERR_OVERFLOW for another port, TABI_ERR_TYPE for a
/// socket that is not AF_INET or AF_INET6, TABI_GAI_* when the host is not found.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_bind(sk: Option<&tabi_sock>, host: *const c_char, port: c_int) -> c_int {
    status(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes a NUL-terminated string.
        Ok(sk.bind(unsafe { inet_address(sk, host, port) }?)?)
    })
}

/// Binds an AF_UNIX socket to a path of 1 to 107 bytes (Python's `bind(path)`); with "" Linux picks an abstract
/// name.
///
/// Returns 0; -EADDRINUSE when the path exists; TABI_ERR_OS when it is too long; TABI_ERR_TYPE for another
/// family.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_bind_unix(sk: Option<&tabi_sock>, path: *const c_char) -> c_int {
    status(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes a NUL-terminated string.
        Ok(sk.bind(unsafe { unix_address(path) }?)?)
    })
}

/// Binds to an address of any family. Errors as in tabi_bind().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_bind_addr(sk: Option<&tabi_sock>, addr: Option<&tabi_addr>) -> c_int {
    status(|| Ok(socket(sk)?.bind(not_null(addr, "addr")?.raw()?)?))
}

/// Starts to listen for clients (listen(2)); TABI_BACKLOG is Python's choice, below 0 is taken as 0.
///
/// Returns 0 or -errno (-EADDRINUSE, -EOPNOTSUPP).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_listen(sk: Option<&tabi_sock>, backlog: c_int) -> c_int {
    status(|| Ok(socket(sk)?.listen(backlog)?))
}

/// Waits for a client (accept(2), Python's `accept`).
///
/// `peer` gets the client's address and may be NULL. The new socket has the default timeout, not this one's.
/// Returns 0 and a handle to be freed; TABI_ERR_TIMEOUT, TABI_ERR_CLOSED; -EAGAIN when non-blocking; -EMFILE,
/// after which the client is still in the queue.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_accept(
    sk: Option<&tabi_sock>,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
    peer: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        let (sk, out) = (socket(sk)?, not_null(out, "out")?);
        let (client, address) = sk.accept_raw()?;
        out.write(give(tabi_sock(client)));
        peer.map(|peer| peer.write(address.into()));
        Ok(())
    })
}

/// tabi_accept() that returns the bare descriptor, close-on-exec and blocking.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_accept_fd(sk: Option<&tabi_sock>, peer: Option<&mut MaybeUninit<tabi_addr>>) -> c_int {
    accept_fd(sk, peer, Limit::Timeout)
}

/// tabi_accept_fd() within a limit of its own: see tabi_recv_until().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_accept_fd_until(
    sk: Option<&tabi_sock>,
    peer: Option<&mut MaybeUninit<tabi_addr>>,
    deadline: i64,
) -> c_int {
    accept_fd(sk, peer, until(deadline))
}

fn accept_fd(sk: Option<&tabi_sock>, peer: Option<&mut MaybeUninit<tabi_addr>>, limit: Limit) -> c_int {
    boundary(|| {
        let (fd, address) = socket(sk)?.accept_fd(limit)?;
        peer.map(|peer| peer.write(address.into()));
        Ok(fd.into_raw_fd())
    })
}
