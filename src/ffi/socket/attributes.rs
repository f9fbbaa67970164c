//! What a socket in C is: its addresses, family, type, descriptor.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::{socket, tabi_sock};
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{boundary, copy_text, count, not_null, status};

/// The socket's own address (getsockname(2)). Returns 0 or -errno.
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

/// The peer's address (getpeername(2)). Returns 0 or -errno (-ENOTCONN).
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
