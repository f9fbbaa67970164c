//! Sockets in C: made, named, connected, closed.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::os::fd::IntoRawFd;

use super::address::tabi_addr;
use super::boundary::{Outcome, boundary, copy_text, count, give, some, status, string, take_back};
use crate::address::{RawAddress, UnixAddress, check_port, inet};
use crate::constants::{AddressFamily, SHUT_RD, SHUT_RDWR, SHUT_WR, SocketKind};
use crate::error::Error;
use crate::socket::{self, Limit, Socket};
use libc::ssize_t;

/// A socket: Python's `socket.socket`.
///
/// Any number of threads may use one at once, tabi_close() included. tabi_sock_free() must be the last
/// use of the handle. Descriptors are close-on-exec; sending to a vanished peer is -EPIPE, never a signal.
// In a cfg_attr because cbindgen would otherwise show C what is inside.
#[cfg_attr(all(), repr(transparent))]
pub struct tabi_sock(pub(crate) Socket);

impl tabi_sock {
    /// The handle of a socket that Rust keeps.
    pub(crate) fn lend(socket: &Socket) -> *mut tabi_sock {
        std::ptr::from_ref(socket).cast_mut().cast()
    }
}

/// The core's socket behind a handle.
pub(super) fn socket(sk: Option<&tabi_sock>) -> Outcome<&Socket> {
    Ok(&some(sk, "sk")?.0)
}

fn accept_fd(sk: Option<&tabi_sock>, peer: Option<&mut MaybeUninit<tabi_addr>>, limit: Limit) -> c_int {
    boundary(|| {
        let (fd, address) = socket(sk)?.accept_fd(limit)?;
        peer.map(|peer| peer.write(address.into()));
        Ok(fd.into_raw_fd())
    })
}

/// # Safety
///
/// `path` is NULL or NUL-terminated.
unsafe fn unix_address(path: *const c_char) -> Outcome<UnixAddress> {
    // SAFETY: the same contract.
    let path = unsafe { string(path, "path") }?;
    Ok(UnixAddress::from_bytes(path)?)
}

/// Makes a socket (socket(2), Python's `socket.socket`).
///
/// `family`: AF_INET, AF_INET6, AF_UNIX ...; `type`: SOCK_STREAM, SOCK_DGRAM ..., with SOCK_NONBLOCK for a
/// non-blocking one; `proto`: 0 for the usual. The timeout is the default timeout.
/// Returns 0 and a handle that tabi_sock_free() frees, or -errno (-EAFNOSUPPORT, -EMFILE ...).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_socket(
    family: c_int,
    r#type: c_int,
    proto: c_int,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let out = some(out, "out")?;
        out.write(give(tabi_sock(Socket::new(family.into(), r#type.into(), proto)?)));
        Ok(())
    })
}

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
    status(|| Ok(socket(sk)?.bind(some(addr, "addr")?.raw()?)?))
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
        let (sk, out) = (socket(sk)?, some(out, "out")?);
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
    accept_fd(sk, peer, Limit::until_monotonic(deadline))
}

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
    status(|| Ok(socket(sk)?.connect(some(addr, "addr")?.raw()?)?))
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
    boundary(|| Ok(socket(sk)?.connect_ex(some(addr, "addr")?.raw()?)?))
}

/// Waits for a connect that is under way: non-blocking (-EINPROGRESS), timed out, or interrupted.
///
/// `deadline` as in tabi_recv_until(). Returns 0 when connected, the connection's own error,
/// TABI_ERR_TIMEOUT or TABI_ERR_CLOSED; -ENOTCONN when none is under way, such as after a failure that was
/// reported already.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_finish_connect_until(sk: Option<&tabi_sock>, deadline: i64) -> c_int {
    status(|| Ok(socket(sk)?.finish_connect(Limit::until_monotonic(deadline))?))
}

/// Stops a direction of the connection: SHUT_RD, SHUT_WR or SHUT_RDWR (shutdown(2)).
///
/// Returns 0, -ENOTCONN, or -EINVAL for another `how`.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_shutdown(sk: Option<&tabi_sock>, how: c_int) -> c_int {
    status(|| {
        let sk = socket(sk)?;
        let how = match how {
            libc::SHUT_RD => SHUT_RD,
            libc::SHUT_WR => SHUT_WR,
            libc::SHUT_RDWR => SHUT_RDWR,
            _ if sk.is_closed() => return Err(Error::Closed.into()),
            _ => return Err(Error::Os(libc::EINVAL).into()),
        };
        Ok(sk.shutdown(how)?)
    })
}

/// Closes the socket (Python's `socket.close`); the handle lives on until tabi_sock_free(). Again: 0.
///
/// Any thread may call this while others are inside calls on the same handle: those end with
/// TABI_ERR_CLOSED, and the descriptor's number is given back when the last of them has left.
/// Unless a duplicate is known, they are woken by shutdown(2), which a forked child would see. Without a timeout,
/// these end only with their next event: a unix connect to a listener and a sendto to a datagram peer whose queues
/// are full; with a duplicate, any connect, and what was blocked already when the duplicate was made.
/// In a forked child, closing a handle of the parent's wakes nobody and leaves the parent its connection; if one of the
/// parent's threads was inside a call when it forked, the child's descriptor is given back by tabi_sock_free().
/// Returns 0 or what close(2) reports; the socket is closed in any case.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_close(sk: Option<&tabi_sock>) -> c_int {
    status(|| Ok(socket(sk)?.close()?))
}

/// Closes the socket if it is open and frees the handle. NULL is nothing.
///
/// No other thread may be using the handle: end its calls with tabi_close() and join it before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sock_free(sk: *mut tabi_sock) {
    // SAFETY: the caller passes a handle of this library for the last time.
    unsafe { take_back(sk) }
}

/// The socket's own address (getsockname(2)). Returns 0 or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_getsockname(
    sk: Option<&tabi_sock>,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        let addr = some(addr, "addr")?;
        addr.write(socket(sk)?.getsockname_raw()?.into());
        Ok(())
    })
}

/// The peer's address (getpeername(2)). Returns 0 or -errno (-ENOTCONN).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_getpeername(
    sk: Option<&tabi_sock>,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        let addr = some(addr, "addr")?;
        addr.write(socket(sk)?.getpeername_raw()?.into());
        Ok(())
    })
}

/// The address family, AF_*.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_family(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.family().as_raw()))
}

/// The type, SOCK_*, without SOCK_NONBLOCK and SOCK_CLOEXEC.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_type(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.kind().as_raw()))
}

/// The protocol.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_proto(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.proto()))
}

/// The socket as text for people, with its closing NUL, like Python's `repr`:
/// "<socket fd=3, family=2, type=1, proto=0, laddr=('127.0.0.1', 80)>".
///
/// Returns the length without the NUL, or TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_repr(sk: Option<&tabi_sock>, text: *mut c_char, size: usize) -> ssize_t {
    // SAFETY: the caller passes `size` writable bytes.
    count(|| unsafe { copy_text(&format!("{:?}", socket(sk)?), text, size) })
}

/// The descriptor's number, or TABI_ERR_CLOSED. It stays the handle's: do not close it.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_fileno(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| match socket(sk)?.fileno() {
        -1 => Err(Error::Closed.into()),
        fd => Ok(fd),
    })
}

/// Gives the descriptor up without closing it and returns it (Python's `socket.detach`); the handle is then
/// closed.
///
/// While other threads are inside calls the number stays theirs, and the result is a duplicate.
/// Returns the descriptor, TABI_ERR_CLOSED, or -EMFILE.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_detach(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.detach()?.into_raw_fd()))
}

/// Takes over a descriptor that exists (Python's `socket.socket(fileno=fd)`).
///
/// -1 as `family`, `type` or `proto` asks the system. On success the descriptor belongs to the handle; on
/// failure it stays the caller's. Returns 0, -EBADF, -ENOTSOCK, or TABI_ERR_VALUE for a negative `fd`.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_socket_from_fd(
    fd: c_int,
    family: c_int,
    r#type: c_int,
    proto: c_int,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let out = some(out, "out")?;
        let (family, kind) =
            (given(family).map(AddressFamily::from_raw), given(r#type).map(SocketKind::from_raw));
        // SAFETY: the caller gives the descriptor up.
        let socket = unsafe { Socket::from_fileno(fd, family, kind, given(proto)) }?;
        out.write(give(tabi_sock(socket)));
        Ok(())
    })
}

/// A family, type or protocol of C's, where -1 stands for one that the system is to be asked for.
pub(super) fn given(value: c_int) -> Option<c_int> {
    (value != -1).then_some(value)
}

/// Makes two sockets that are connected to each other (socketpair(2)); AF_UNIX and SOCK_STREAM are usual.
///
/// Returns 0 and two handles to be freed, or -errno (-EOPNOTSUPP for a family that cannot).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_socketpair(
    family: c_int,
    r#type: c_int,
    proto: c_int,
    one: Option<&mut MaybeUninit<*mut tabi_sock>>,
    other: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    give_pair(|| Socket::socketpair(family.into(), r#type.into(), proto), one, other)
}

/// Makes two sockets and hands both over.
pub(super) fn give_pair(
    make: impl FnOnce() -> crate::Result<(Socket, Socket)>,
    one: Option<&mut MaybeUninit<*mut tabi_sock>>,
    other: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let (out_one, out_other) = (some(one, "one")?, some(other, "other")?);
        let (one, other) = make()?;
        out_one.write(give(tabi_sock(one)));
        out_other.write(give(tabi_sock(other)));
        Ok(())
    })
}

/// A second handle, with a descriptor of its own, for the same connection (Python's `socket.dup`).
///
/// It has the socket's timeout. Closing either wakes its own calls and leaves the other's connection alone.
/// Returns 0 and a handle to be freed, TABI_ERR_CLOSED, or -EMFILE.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_dup(sk: Option<&tabi_sock>, out: Option<&mut MaybeUninit<*mut tabi_sock>>) -> c_int {
    status(|| {
        let out = some(out, "out")?;
        out.write(give(tabi_sock(socket(sk)?.dup()?)));
        Ok(())
    })
}

/// A second descriptor for a bare one, close-on-exec (Python's `socket.dup(fd)`).
///
/// If a handle owns `fd`, tell it with tabi_set_shared(). Returns the descriptor, -EBADF or -EMFILE.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_dup_fd(fd: c_int) -> c_int {
    boundary(|| Ok(socket::dup(fd)?.into_raw_fd()))
}

/// Closes a bare descriptor that no handle owns (Python's `socket.close(fd)`). Returns 0 or -EBADF.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_close_fd(fd: c_int) -> c_int {
    // SAFETY: the caller owns the descriptor.
    status(|| Ok(unsafe { socket::close(fd) }?))
}

/// Says that the connection has an owner that the handle cannot know of, such as a forked child:
/// tabi_close() then wakes its own calls without shutting the connection down. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_shared(sk: Option<&tabi_sock>) -> c_int {
    status(|| {
        socket(sk)?.set_shared();
        Ok(())
    })
}

/// Whether child processes inherit the descriptor: 1 or 0, negative for an error.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_get_inheritable(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.get_inheritable()?.into()))
}

/// Sets whether child processes inherit the descriptor; at first they do not. Returns 0 or a negative code.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_inheritable(sk: Option<&tabi_sock>, inheritable: c_int) -> c_int {
    status(|| Ok(socket(sk)?.set_inheritable(inheritable != 0)?))
}

/// # Safety
///
/// `host` is NULL or NUL-terminated.
pub(super) unsafe fn inet_address(sk: &Socket, host: *const c_char, port: c_int) -> Outcome<RawAddress> {
    // SAFETY: the same contract.
    let host = unsafe { string(host, "host") }?;
    Ok(inet(sk.family(), host, check_port(port.into())?, 0, 0)?)
}
