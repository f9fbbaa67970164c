//! The C function `tabi_create_connection`.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use super::{duration, tabi_sock};
use crate::address::Address;
use crate::error::{Error, Result};
use crate::ffi::boundary::{Failure, give, not_null, status, string};
use crate::resolve::check_port;
use crate::socket as core;
use crate::socket::{CreateConnectionError, CreateConnectionOptions};

/// Connects to a TCP server (Python's `create_connection`). The addresses of the host are tried as Happy Eyeballs
/// (RFC 8305) says: IPv6 and IPv4 addresses take turns, and while one does not answer, the next one is tried beside it
/// after 250 milliseconds, or at once when it fails.
///
/// `host` and `port` are those of the server. `timeout` is the limit in seconds for the lookup and all addresses
/// together, and becomes the timeout of the new socket. It may be TABI_NO_TIMEOUT. When it passes during the lookup,
/// the lookup goes on in a thread of the library; see tabi_getaddrinfo_until(). 0 means that the call does not wait
/// for the connection: it returns -EINPROGRESS.
///
/// `source_host` and `source_port` are the address to connect from. NULL and 0 let the system choose; "" is
/// any address of this machine.
///
/// Returns 0 and a handle, which tabi_sock_free() frees. Errors:
/// - The error of the last address, such as -ECONNREFUSED or TABI_ERR_TIMEOUT. tabi_last_error_message()
///   lists the errors of all addresses.
/// - TABI_GAI_*: the host was not found.
/// - TABI_ERR_OVERFLOW: a port is not 0 to 65535.
/// - TABI_ERR_VALUE: the timeout is negative or NaN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_create_connection(
    host: *const c_char,
    port: c_int,
    timeout: f64,
    source_host: *const c_char,
    source_port: c_int,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        // SAFETY: the caller passes a NUL-terminated string.
        let host = unsafe { string(host, "host") }?;
        let port = inet_port(port)?;
        let source = match source_host.is_null() {
            true if source_port != 0 => Some(("", inet_port(source_port)?)),
            true => None,
            // SAFETY: the caller passes a NUL-terminated string.
            false => Some((utf8(unsafe { string(source_host, "source_host") }?)?, inet_port(source_port)?)),
        };
        let mut options = CreateConnectionOptions::new().timeout(duration("timeout", timeout)?)?;
        if let Some(source) = source {
            options = options.source_address(source);
        }
        let socket = core::create_connection_with((host, port), &options).map_err(|all| {
            let text = each_error(&all);
            Failure::Detailed(all.into(), text)
        })?;
        out.write(give(tabi_sock(socket))?);
        Ok(())
    })
}

/// The text of the errors of all addresses.
fn each_error(all: &CreateConnectionError) -> String {
    let texts = all.errors.iter().map(|(address, error)| match address {
        Address::None => error.to_string(),
        _ => format!("{}: {error}", address.repr()),
    });
    texts.collect::<Vec<_>>().join("; ")
}

fn inet_port(port: c_int) -> Result<u16> {
    check_port(port.into())
}

fn utf8(host: &[u8]) -> Result<&str> {
    std::str::from_utf8(host)
        .map_err(|_| Error::value(format!("source_host must be UTF-8, got {}", host.escape_ascii())))
}
