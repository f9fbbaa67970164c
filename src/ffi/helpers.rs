//! The helpers of Python's module in C: `create_connection`, `create_server` and their like.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_uint};
use std::mem::MaybeUninit;

use super::address::tabi_addr;
use super::boundary::{Outcome, boundary, give, some, status, string};
use super::codes::Failure;
use super::mode::duration;
use super::socket::{give_pair, given, tabi_sock};
use crate::address::{RawAddress, check_port, inet};
use crate::constants::{AddressFamily, SocketKind};
use crate::error::{Error, Result};
use crate::socket::{self as core, CreateConnectionOptions, CreateServerOptions, helpers};

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
        let out = some(out, "out")?;
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
            let text = all.to_string();
            Failure::Detailed(all.into(), text)
        })?;
        out.write(give(tabi_sock(socket)));
        Ok(())
    })
}

/// A flag of tabi_create_server(): others may listen on the same port, with the clients spread over them
/// (SO_REUSEPORT).
pub const TABI_REUSE_PORT: c_uint = 1;
/// A flag of tabi_create_server(): a server of AF_INET6 accepts IPv4 clients too.
pub const TABI_DUALSTACK_IPV6: c_uint = 2;

/// A TCP socket that listens on a host and port (Python's `create_server`).
///
/// `family`: AF_INET or AF_INET6. `host`: a name, an address, or "" for all; `port`: 0 (a free one) to 65535.
/// `backlog`: how many clients may wait, TABI_BACKLOG for Python's choice. `flags`: TABI_REUSE_PORT,
/// TABI_DUALSTACK_IPV6, or 0. A port whose last connections still linger is listened on at once (SO_REUSEADDR);
/// a server of AF_INET6 leaves IPv4 to others unless the flag says otherwise. Returns 0 and a handle that
/// tabi_sock_free() frees; what tabi_bind() returns; TABI_ERR_VALUE for unknown flags, and for
/// TABI_DUALSTACK_IPV6 with AF_INET or where the system cannot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_create_server(
    family: c_int,
    host: *const c_char,
    port: c_int,
    backlog: c_int,
    flags: c_uint,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let out = some(out, "out")?;
        // SAFETY: the caller passes a NUL-terminated string.
        let host = unsafe { string(host, "host") }?;
        create_server(
            inet(AddressFamily::from_raw(family), host, check_port(port.into())?, 0, 0)?,
            backlog,
            flags,
            out,
        )
    })
}

/// tabi_create_server() on an address of any family that listens, such as an AF_UNIX path.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_create_server_addr(
    addr: Option<&tabi_addr>,
    backlog: c_int,
    flags: c_uint,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let out = some(out, "out")?;
        create_server(some(addr, "addr")?.raw()?, backlog, flags, out)
    })
}

fn create_server(
    address: RawAddress,
    backlog: c_int,
    flags: c_uint,
    out: &mut MaybeUninit<*mut tabi_sock>,
) -> Outcome {
    if flags & !(TABI_REUSE_PORT | TABI_DUALSTACK_IPV6) != 0 {
        return Err(Error::value(format!(
            "flags must be TABI_REUSE_PORT, TABI_DUALSTACK_IPV6 or 0, got {flags:#x}"
        ))
        .into());
    }
    let options = CreateServerOptions {
        family: address.family(),
        backlog,
        reuse_port: flags & TABI_REUSE_PORT != 0,
        dualstack_ipv6: flags & TABI_DUALSTACK_IPV6 != 0,
    };
    out.write(give(tabi_sock(core::create_server_with(address, &options)?)));
    Ok(())
}

/// Whether one socket can listen for IPv4 and IPv6 clients: 1 or 0 (Python's `has_dualstack_ipv6`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_has_dualstack_ipv6() -> c_int {
    boundary(|| Ok(core::has_dualstack_ipv6().into()))
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
        let out = some(out, "out")?;
        let (family, kind) =
            (given(family).map(AddressFamily::from_raw), given(r#type).map(SocketKind::from_raw));
        let socket = helpers::fromfd_number(fd, family, kind, given(proto))?;
        out.write(give(tabi_sock(socket)));
        Ok(())
    })
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

fn inet_port(port: c_int) -> Result<u16> {
    check_port(port.into())
}

fn utf8(host: &[u8]) -> Result<&str> {
    std::str::from_utf8(host)
        .map_err(|_| Error::value(format!("source_host must be UTF-8, got {}", host.escape_ascii())))
}
