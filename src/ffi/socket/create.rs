//! The C functions that make sockets, take descriptors over and duplicate them.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use super::{socket, tabi_sock};
use crate::ffi::boundary::{Handle, boundary, give, not_null, status, tabi_fd};
use crate::socket as core;
use crate::socket::{Socket, create};
use crate::sys::fd::{IntoRawFd, RawFd};

/// Makes a socket (socket(2), Python's `socket.socket`).
///
/// `family` is AF_INET, AF_INET6, AF_UNIX or another AF_* constant. `type` is SOCK_STREAM, SOCK_DGRAM or
/// another SOCK_* constant; add SOCK_NONBLOCK for a non-blocking socket. `proto` is usually 0, which lets the
/// system choose. The socket has the default timeout (see tabi_setdefaulttimeout()).
///
/// Returns 0 and a handle, which tabi_sock_free() frees. Errors: -errno, such as -EAFNOSUPPORT or -EMFILE.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_socket(
    family: c_int,
    r#type: c_int,
    proto: c_int,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        out.write(give(tabi_sock(Socket::new(family.into(), r#type.into(), proto)?))?);
        Ok(())
    })
}

/// Makes two sockets that are connected to each other (socketpair(2)). `family` is usually AF_UNIX, and
/// `type` SOCK_STREAM.
///
/// Returns 0 and two handles, which tabi_sock_free() frees. Errors: -errno, such as -EOPNOTSUPP for a family
/// that has no pairs.
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

/// Does what tabi_socketpair() does, also for AF_INET and AF_INET6 (Python's `socketpair`).
///
/// Sockets of AF_INET and AF_INET6 are connected over the loopback interface, and no other program can come
/// between them. `type` is SOCK_STREAM or SOCK_DGRAM. The results are those of tabi_socketpair().
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
    make: impl FnOnce() -> crate::error::Result<(Socket, Socket)>,
    one: Option<&mut MaybeUninit<*mut tabi_sock>>,
    other: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let (out_one, out_other) = (not_null(one, "one")?, not_null(other, "other")?);
        let (handle_one, handle_other) = (Handle::new()?, Handle::new()?);
        let (one, other) = make()?;
        out_one.write(handle_one.give(tabi_sock(one)));
        out_other.write(handle_other.give(tabi_sock(other)));
        Ok(())
    })
}

/// A family, a type or a protocol from C. -1 asks the system for it.
fn given<T: From<c_int>>(number: c_int) -> Option<T> {
    (number != -1).then(|| number.into())
}

/// Makes a socket from a descriptor that exists (Python's `socket.socket(fileno=fd)`).
///
/// -1 as `family`, `type` or `proto` asks the system for the value. When the call succeeds, the descriptor
/// belongs to the handle. When it fails, the descriptor still belongs to the caller.
///
/// Returns 0 and a handle, which tabi_sock_free() frees. Errors: -EBADF, -ENOTSOCK; TABI_ERR_VALUE when `fd`
/// is negative.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_socket_from_fd(
    fd: tabi_fd,
    family: c_int,
    r#type: c_int,
    proto: c_int,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let (out, handle) = (not_null(out, "out")?, Handle::new()?);
        // SAFETY: the caller gives the descriptor up.
        let socket = unsafe { Socket::from_fileno(fd as RawFd, given(family), given(r#type), given(proto)) }?;
        out.write(handle.give(tabi_sock(socket)));
        Ok(())
    })
}

/// Makes a socket from a duplicate of a descriptor (Python's `fromfd`). The descriptor itself still belongs
/// to its owner.
///
/// If another handle owns `fd`, call tabi_set_shared() on that handle, or better use tabi_dup(). -1 as
/// `family`, `type` or `proto` asks the system for the value.
///
/// Returns 0 and a handle, which tabi_sock_free() frees. Errors: -EBADF, -ENOTSOCK, -EMFILE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_fromfd(
    fd: tabi_fd,
    family: c_int,
    r#type: c_int,
    proto: c_int,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        let socket = create::fromfd_number(fd as RawFd, given(family), given(r#type), given(proto))?;
        out.write(give(tabi_sock(socket))?);
        Ok(())
    })
}

/// Makes a second handle, with a descriptor of its own, for the same connection (Python's `socket.dup`).
///
/// It has the timeout of the first. Closing one of the handles ends the calls on that handle, and leaves the
/// connection open for the other.
///
/// Returns 0 and a handle, which tabi_sock_free() frees. Errors: -EMFILE.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_dup(sk: Option<&tabi_sock>, out: Option<&mut MaybeUninit<*mut tabi_sock>>) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        out.write(give(tabi_sock(socket(sk)?.dup()?))?);
        Ok(())
    })
}

/// Returns a duplicate of a descriptor, which is close-on-exec (Python's `socket.dup(fd)`).
///
/// If a handle owns `fd`, call tabi_set_shared() on that handle. Errors: -EBADF, -EMFILE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_dup_fd(fd: tabi_fd) -> tabi_fd {
    // SAFETY: the caller passes a descriptor that it may duplicate.
    boundary(|| Ok(unsafe { core::dup(fd as RawFd) }?.into_raw_fd() as tabi_fd))
}
