//! `create_connection` in C.
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

/// Connects to a TCP server by host and port (Python's `create_connection`): the addresses of the host are
/// tried in turn.
///
/// `timeout`: seconds for all of them together, and the new socket's timeout; TABI_NO_TIMEOUT for no limit; 0
/// does not wait, which ends with -EINPROGRESS. An address may take its share of the time that is left; the
/// lookup of the host counts, but is not cut short.
/// `source_host` and `source_port`: where to connect from, NULL and 0 for the system's choice, "" for any
/// address.
/// Returns 0 and a handle that tabi_sock_free() frees; else the last address's error: -ECONNREFUSED,
/// TABI_ERR_TIMEOUT ..., TABI_GAI_* when the host is not found, TABI_ERR_OVERFLOW for another port than 0 to
/// 65535, TABI_ERR_VALUE for a bad timeout. tabi_last_error_message() tells the errors of all addresses.
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
        let options =
            CreateConnectionOptions { timeout: Some(duration("timeout", timeout)?), source_address: source };
        let socket = core::create_connection_with((host, port), &options).map_err(|all| {
            let text = each_error(&all);
            Failure::Detailed(all.into(), text)
        })?;
        out.write(give(tabi_sock(socket)));
        Ok(())
    })
}

/// The errors of all addresses, which are shown as everywhere in C.
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
