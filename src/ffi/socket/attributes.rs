//! The C functions that tell a socket's addresses, family, type and descriptor.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use crate::sys::NO_FD;
use crate::sys::libc::ssize_t;

use super::{socket, tabi_sock};
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{boundary, copy_text, count, not_null, status, tabi_fd};

/// Writes the socket's own address to `addr` (getsockname(2), Python's `getsockname`). Returns 0 or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_getsockname(
    sk: Option<&tabi_sock>,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        let addr = not_null(addr, "addr")?;
        addr.write(socket(sk)?.getsockname_raw()?.into());
        Ok(())
    })
}

/// Writes the peer's address to `addr` (getpeername(2), Python's `getpeername`).
///
/// Returns 0. Errors: -errno, such as -ENOTCONN when the socket is not connected.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_getpeername(
    sk: Option<&tabi_sock>,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        let addr = not_null(addr, "addr")?;
        addr.write(socket(sk)?.getpeername_raw()?.into());
        Ok(())
    })
}

/// Returns the address family of the socket: an AF_* constant.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_family(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.family().as_raw()))
}

/// Returns the type of the socket: a SOCK_* constant, without SOCK_NONBLOCK and SOCK_CLOEXEC.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_type(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.kind().as_raw()))
}

/// Returns the protocol of the socket.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_proto(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.proto()))
}

/// Writes a description of the socket for people to `text`, with a NUL at the end. It is like Python's
/// `repr`: "<socket fd=3, family=2, type=1, proto=0, laddr=('127.0.0.1', 80)>".
///
/// `size` is the size of `text` in bytes. Returns the length without the NUL. Errors: TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_repr(sk: Option<&tabi_sock>, text: *mut c_char, size: usize) -> ssize_t {
    // SAFETY: the caller passes `size` writable bytes.
    count(|| unsafe { copy_text(&format!("{:?}", socket(sk)?), text, size, "text") })
}

/// Returns the number of the descriptor (Python's `fileno`), or TABI_ERR_CLOSED.
///
/// The descriptor still belongs to the handle: do not close it. To wait for several sockets, use tabi_poll(),
/// which a tabi_close() in another thread ends.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_fileno(sk: Option<&tabi_sock>) -> tabi_fd {
    boundary(|| match socket(sk)?.fileno() {
        NO_FD => Err(Error::Closed.into()),
        fd => Ok(fd as tabi_fd),
    })
}

/// Returns 1 when child processes inherit the descriptor, and 0 when they do not (Python's
/// `get_inheritable`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_get_inheritable(sk: Option<&tabi_sock>) -> c_int {
    boundary(|| Ok(socket(sk)?.get_inheritable()?.into()))
}

/// Sets whether child processes inherit the descriptor (Python's `set_inheritable`). The default is that they
/// do not.
///
/// `inheritable` is 1 or 0. Returns 0 or -errno.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_set_inheritable(sk: Option<&tabi_sock>, inheritable: c_int) -> c_int {
    status(|| Ok(socket(sk)?.set_inheritable(inheritable != 0)?))
}
