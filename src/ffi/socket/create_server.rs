//! `create_server` in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_uint};
use std::mem::MaybeUninit;

use super::tabi_sock;
use crate::address::RawAddress;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, boundary, give, not_null, status, string};
use crate::resolve::{check_port, inet};
use crate::socket as core;
use crate::socket::CreateServerOptions;

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
        let out = not_null(out, "out")?;
        // SAFETY: the caller passes a NUL-terminated string.
        let host = unsafe { string(host, "host") }?;
        create_server(inet(family.into(), host, check_port(port.into())?, 0, 0)?, backlog, flags, out)
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
