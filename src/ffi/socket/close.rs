//! The C functions that shut down, close, detach and free sockets.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::net::Shutdown;

use super::{socket, tabi_sock};
use crate::error::Error;
use crate::ffi::boundary::{boundary, status, tabi_fd, take_back};
use crate::socket as core;
use crate::sys::fd::RawFd;
use crate::sys::libc;

/// Stops one or both directions of a connection (shutdown(2), Python's `shutdown`).
///
/// `how` is SHUT_RD, SHUT_WR or SHUT_RDWR. Returns 0. Errors: -ENOTCONN when the socket is not connected;
/// -EINVAL for another `how`.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_shutdown(sk: Option<&tabi_sock>, how: c_int) -> c_int {
    status(|| {
        let sk = socket(sk)?;
        let how = match how {
            libc::SHUT_RD => Shutdown::Read,
            libc::SHUT_WR => Shutdown::Write,
            libc::SHUT_RDWR => Shutdown::Both,
            _ if sk.is_closed() => return Err(Error::Closed.into()),
            _ => return Err(Error::Os(libc::EINVAL).into()),
        };
        Ok(sk.shutdown(how)?)
    })
}

/// Closes the socket (Python's `socket.close`). The handle stays valid until tabi_sock_free().
///
/// Any thread may close a socket while other threads are inside calls on it. Those calls end with
/// TABI_ERR_CLOSED. The descriptor's number becomes free when the last of them has returned. Closing a socket
/// twice is allowed; the second call returns 0.
///
/// tabi_close() ends calls of this library only, tabi_poll() among them. It does not wake a poll(2) or an
/// epoll_wait(2) that the program itself runs on the number from tabi_fileno(). Use tabi_poll() for that, or
/// remove the descriptor from such a set before you close the socket.
///
/// Other threads are woken with shutdown(2), unless the library knows of a duplicate of the descriptor. A
/// forked child that has the same connection sees that shutdown. A call that had begun but not yet made its
/// system call ends too. These calls are not woken, and end with their next event or at their deadline:
///
/// - A call that waited already when a duplicate was made or the descriptor was detached. Only a shutdown
///   reaches it, and that would end the connection of the other owner. Call tabi_set_shared() before such calls
///   begin; then they can be woken.
/// - A call that looks up a host, because the system's resolver cannot be interrupted.
/// - A tabi_sendfile() that waits for its file, for example for a pipe without data.
/// - A connect without a timeout that blocks on a socket that is neither SOCK_STREAM nor AF_UNIX, for example a
///   SOCK_SEQPACKET of Bluetooth, because such connects differ too much to be polled.
///
/// In a forked child, closing a socket of the parent wakes nobody and does not end the parent's connection.
/// If a thread of the parent was inside a call at the time of the fork, this function closes the child's descriptor
/// on Linux while the child has only one thread. Otherwise tabi_sock_free() closes it.
///
/// Returns 0, or the error of close(2). The socket is closed in any case.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_close(sk: Option<&tabi_sock>) -> c_int {
    status(|| Ok(socket(sk)?.close()?))
}

/// Frees the handle, and closes the socket if it is still open. NULL does nothing.
///
/// No other thread may use the handle at this time or later. End the calls of other threads with
/// tabi_close(), and wait for those threads, before you free the handle. The socket of a server or of a request is not
/// freed; tabi_last_error_message() then says so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sock_free(sk: *mut tabi_sock) {
    // SAFETY: the caller passes NULL or a handle of this library.
    if status(|| unsafe { sk.as_ref() }.map_or(Ok(()), tabi_sock::check_is_own)) < 0 {
        return;
    }
    // SAFETY: the caller passes a handle of this library for the last time, and it does not belong to a server.
    unsafe { take_back(sk) }
}

/// Takes the descriptor out of the handle without closing it (Python's `socket.detach`). The handle is closed
/// afterwards.
///
/// The descriptor belongs to the caller, who has to close it. It is the one that tabi_fileno() gave, which is
/// never closed by the library afterwards. Calls of other threads on the handle are woken as tabi_close() wakes
/// those of a handle with a duplicate: keep the descriptor open until they have returned. Returns the
/// descriptor, or TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_detach(sk: Option<&tabi_sock>) -> tabi_fd {
    boundary(|| Ok(socket(sk)?.detach_fileno()? as tabi_fd))
}

/// Tells the library that somebody else has the connection too, such as a forked child.
///
/// tabi_close() then wakes the calls on this handle without shutting the connection down. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_shared(sk: Option<&tabi_sock>) -> c_int {
    status(|| {
        socket(sk)?.set_shared();
        Ok(())
    })
}

/// Closes a descriptor that no handle owns (Python's `socket.close(fd)`). Returns 0 or -EBADF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_close_fd(fd: tabi_fd) -> c_int {
    // SAFETY: the caller owns the descriptor.
    status(|| Ok(unsafe { core::close(fd as RawFd) }?))
}
