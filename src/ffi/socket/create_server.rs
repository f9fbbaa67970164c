//! The C functions `tabi_create_server` and its relatives.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_uint};
use std::mem::MaybeUninit;

use super::{at, at_host, tabi_sock};
use crate::address::RawAddress;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, boundary, give, not_null, status, string};
use crate::resolve::{check_port, inet};
use crate::socket as core;
use crate::socket::CreateServerOptions;

/// A flag of tabi_create_server(): other sockets may listen on the same port, and the system spreads the
/// clients over them (SO_REUSEPORT).
pub const TABI_REUSE_PORT: c_uint = 1;
/// A flag of tabi_create_server(): a socket of AF_INET6 accepts IPv4 clients too.
pub const TABI_DUALSTACK_IPV6: c_uint = 2;

/// Makes a TCP socket that listens on a host and a port (Python's `create_server`).
///
/// `family` is AF_INET or AF_INET6. `host` is a name, an IP address, or "" for every address of this machine.
/// `port` is 0 to 65535; 0 lets the system choose a free port. `backlog` is the number of clients that may
/// wait to be accepted; TABI_BACKLOG is what Python uses when none is given. `flags` is 0 or a combination of
/// TABI_REUSE_PORT and TABI_DUALSTACK_IPV6.
///
/// SO_REUSEADDR is set, so that a server can be started again at once on the same port. A socket of AF_INET6
/// accepts IPv6 clients only, unless TABI_DUALSTACK_IPV6 is given.
///
/// Returns 0 and a handle, which tabi_sock_free() frees. Errors: those of tabi_bind(); TABI_ERR_VALUE for an
/// unknown flag, and for TABI_DUALSTACK_IPV6 with AF_INET or on a system that cannot do it.
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
        let out = not_null(out, "out")?;
        // SAFETY: the caller passes a NUL-terminated string.
        let host = unsafe { string(host, "host") }?;
        let port = check_port(port.into())?;
        let address = inet(family.into(), host, port, 0, 0, Deadline::NEVER);
        create_server(address.map_err(|error| at_host((host, port), error))?, backlog, flags, out)
    })
}

/// Does what tabi_create_server() does, for an address of any family whose sockets can listen, such as an
/// AF_UNIX path.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_create_server_addr(
    addr: Option<&tabi_addr>,
    backlog: c_int,
    flags: c_uint,
    out: Option<&mut MaybeUninit<*mut tabi_sock>>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        create_server(not_null(addr, "addr")?.raw()?, backlog, flags, out)
    })
}

fn create_server(
    address: RawAddress,
    backlog: c_int,
    flags: c_uint,
    out: &mut MaybeUninit<*mut tabi_sock>,
) -> Outcome {
    if flags & !(TABI_REUSE_PORT | TABI_DUALSTACK_IPV6) != 0 {
        return Err(Error::value(format_args!(
            "flags must be TABI_REUSE_PORT, TABI_DUALSTACK_IPV6 or 0, got {flags:#x}"
        ))
        .into());
    }
    let options = CreateServerOptions::new()
        .family(address.family())
        .backlog(backlog)
        .reuse_port(flags & TABI_REUSE_PORT != 0)
        .dualstack_ipv6(flags & TABI_DUALSTACK_IPV6 != 0);
    let socket = core::create_server_with(address, &options).map_err(|error| at(&address, error))?;
    out.write(give(tabi_sock(socket))?);
    Ok(())
}

/// Returns 1 when one socket can listen for IPv4 and IPv6 clients, and 0 when it cannot (Python's
/// `has_dualstack_ipv6`).
#[unsafe(no_mangle)]
pub extern "C" fn tabi_has_dualstack_ipv6() -> c_int {
    boundary(|| Ok(core::has_dualstack_ipv6().into()))
}
