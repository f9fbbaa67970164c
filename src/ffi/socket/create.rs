//! Sockets in C: made, taken over, duplicated.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::IntoRawFd;

use super::{socket, tabi_sock};
use crate::ffi::boundary::{boundary, give, not_null, status};
use crate::socket as core;
use crate::socket::{Socket, helpers};

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
        let out = not_null(out, "out")?;
        out.write(give(tabi_sock(Socket::new(family.into(), r#type.into(), proto)?)));
        Ok(())
    })
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

/// tabi_socketpair() for AF_INET and AF_INET6 too, whose sockets are connected over the loopback interface,
/// each to the other and nobody else; SOCK_STREAM or SOCK_DGRAM. Returns as tabi_socketpair().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_socketpair_any(
    family: c_int,
    r#type: c_int,
    proto: c_int,
    one: Option<&mut MaybeUninit<*mut tabi_sock>>,
    other: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    give_pair(|| core::socketpair(family.into(), r#type.into(), proto), one, other)
}

/// Makes two sockets and hands both over.
pub(crate) fn give_pair(
    make: impl FnOnce() -> crate::Result<(Socket, Socket)>,
    one: Option<&mut MaybeUninit<*mut tabi_sock>>,
    other: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let (out_one, out_other) = (not_null(one, "one")?, not_null(other, "other")?);
        let (one, other) = make()?;
        out_one.write(give(tabi_sock(one)));
        out_other.write(give(tabi_sock(other)));
        Ok(())
    })
}

/// A family, a type or a protocol of C's, where -1 asks the system.
fn given<T: From<c_int>>(number: c_int) -> Option<T> {
    (number != -1).then(|| number.into())
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
        let out = not_null(out, "out")?;
        // SAFETY: the caller gives the descriptor up.
        let socket = unsafe { Socket::from_fileno(fd, given(family), given(r#type), given(proto)) }?;
        out.write(give(tabi_sock(socket)));
        Ok(())
    })
}

/// A socket for a duplicate of a descriptor, which stays its owner's (Python's `fromfd`).
///
/// If another handle owns `fd`, tell it with tabi_set_shared(), or prefer tabi_dup().
/// -1 as `family`, `type` or `proto` asks the system. Returns 0 and a handle that tabi_sock_free() frees;
/// -EBADF, -ENOTSOCK, -EMFILE.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_fromfd(
    fd: c_int,
    family: c_int,
    r#type: c_int,
    proto: c_int,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        let socket = helpers::fromfd_number(fd, given(family), given(r#type), given(proto))?;
        out.write(give(tabi_sock(socket)));
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
        let out = not_null(out, "out")?;
        out.write(give(tabi_sock(socket(sk)?.dup()?)));
        Ok(())
    })
}

/// A second descriptor for a bare one, close-on-exec (Python's `socket.dup(fd)`).
///
/// If a handle owns `fd`, tell it with tabi_set_shared(). Returns the descriptor, -EBADF or -EMFILE.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_dup_fd(fd: c_int) -> c_int {
    boundary(|| Ok(core::dup(fd)?.into_raw_fd()))
}
