//! Sockets in C: shut down, closed, detached.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::net::Shutdown;
use std::os::fd::IntoRawFd;

use super::{socket, tabi_sock};
use crate::error::Error;
use crate::ffi::boundary::{boundary, status, take_back};
use crate::socket as core;

/// Stops a direction of the connection: SHUT_RD, SHUT_WR or SHUT_RDWR (shutdown(2)).
///
/// Returns 0, -ENOTCONN, or -EINVAL for another `how`.
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

/// Closes the socket (Python's `socket.close`); the handle lives on until tabi_sock_free(). Again: 0.
///
/// Any thread may call this while others are inside calls on the same handle: those end with
/// TABI_ERR_CLOSED, and the descriptor's number is given back when the last of them has left.
/// Unless a duplicate is known, they are woken by shutdown(2), which a forked child would see. Without a timeout,
/// these end only with their next event: a unix connect to a listener and a sendto to a datagram peer whose queues
/// are full; with a duplicate, what was blocked already when the duplicate was made.
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

/// Gives the descriptor up without closing it and returns it (Python's `socket.detach`); the handle is then
/// closed.
///
/// While other threads are inside calls the number stays theirs, and the result is a duplicate.
/// Returns the descriptor, TABI_ERR_CLOSED, or -EMFILE.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_detach(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.detach()?.into_raw_fd()))
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

/// Closes a bare descriptor that no handle owns (Python's `socket.close(fd)`). Returns 0 or -EBADF.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_close_fd(fd: c_int) -> c_int {
    // SAFETY: the caller owns the descriptor.
    status(|| Ok(unsafe { core::close(fd) }?))
}
