//! Sockets in C. A file for each thing that a program does with a socket.
#![allow(unsafe_code)]

mod attributes;
mod close;
mod connect;
mod create;
mod create_connection;
mod create_server;
#[cfg(target_os = "linux")]
mod linux;
mod listen;
mod multicast;
mod options;
mod poll;
mod recv;
mod send;
mod timeout;
mod typed_options;
#[cfg(windows)]
mod windows;

use std::ffi::{c_char, c_int};

use crate::address::{RawAddress, UnixAddress};
use crate::c_string::shortened;
use crate::deadline::Limit;
use crate::error::Error;
use crate::ffi::boundary::{Failure, Outcome, not_null, string};
use crate::resolve::check_port;
use crate::socket::Socket;

pub use attributes::*;
pub use close::*;
pub use connect::*;
pub use create::*;
pub use create_connection::*;
pub use create_server::*;
pub use listen::*;
pub use multicast::*;
pub use options::*;
pub use poll::*;
pub use recv::*;
pub use send::*;
pub use timeout::*;
pub use typed_options::*;

crate::sys::linux_only! {
    pub use linux::*;
}
#[cfg(windows)]
pub use windows::*;

/// A socket: Python's `socket.socket`.
///
/// Any number of threads may use a socket at the same time, and any of them may close it with tabi_close().
/// tabi_sock_free() must be the last use of the handle. The descriptor is close-on-exec. Sending to a peer
/// that has closed its connection returns -EPIPE and raises no signal.
// The attribute is in a cfg_attr, so that cbindgen does not see it: the type is opaque in C.
#[cfg_attr(all(), repr(transparent))]
pub struct tabi_sock(pub(crate) Socket);

impl tabi_sock {
    /// The handle of a socket that Rust keeps.
    pub(crate) fn lend(socket: &Socket) -> *mut tabi_sock {
        socket.lend();
        std::ptr::from_ref(socket).cast_mut().cast()
    }

    /// Fails with `Error::Value` for a socket that belongs to a server or a request, and not to the program.
    pub(crate) fn check_is_own(&self) -> Outcome {
        if self.0.is_lent() {
            return Err(Error::value("the socket belongs to its server or request, which frees it").into());
        }
        Ok(())
    }
}

/// The core's socket behind a handle.
pub(crate) fn socket(sk: Option<&tabi_sock>) -> Outcome<&Socket> {
    Ok(&not_null(sk, "sk")?.0)
}

/// # Safety
///
/// `host` is NULL or NUL-terminated.
pub(crate) unsafe fn inet_address<'a>(host: *const c_char, port: c_int) -> Outcome<(&'a [u8], u16)> {
    // SAFETY: `host` is NULL or NUL-terminated.
    Ok((unsafe { string(host, "host") }?, check_port(port.into())?))
}

/// Looks a host up for a call with the timeout of the socket. Returns its address, and the limit for the rest of the
/// call.
///
/// # Safety
///
/// `host` is NULL or NUL-terminated.
unsafe fn looked_up(sk: &Socket, host: *const c_char, port: c_int) -> Outcome<(RawAddress, Limit)> {
    // SAFETY: `host` is NULL or NUL-terminated.
    let address = unsafe { inet_address(host, port) }?;
    sk.look_up(address, Limit::Timeout).map_err(|error| at_host(address, error).into())
}

/// # Safety
///
/// `path` is NULL or NUL-terminated.
unsafe fn unix_address(path: *const c_char) -> Outcome<RawAddress> {
    // SAFETY: `path` is NULL or NUL-terminated.
    let path = unsafe { string(path, "path") }?;
    Ok(RawAddress::try_from(&UnixAddress::from_bytes(path)?)?)
}

/// The failure of a call with this address, which the message names.
#[cold]
pub(crate) fn at(address: &RawAddress, error: Error) -> Failure {
    match error {
        Error::Os(_) | Error::Timeout => Failure::At(*address, error),
        // The others say themselves what is wrong with the address, or have nothing to do with it.
        _ => error.into(),
    }
}

/// The failure of a call with a host and a port, which the message names.
pub(crate) fn at_host((host, port): (&[u8], u16), error: Error) -> Failure {
    match error {
        Error::Os(_) | Error::Timeout | Error::Gai(_) => {
            let (host, more) = shortened(host);
            let text = format!("('{host}'{more}, {port}): {error}");
            Failure::Detailed(error, text)
        }
        _ => error.into(),
    }
}
