//! The C functions that make servers by the names of Python's classes.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use super::handler::CHandler;
use super::{tabi_handler, tabi_server};
use crate::address::{RawAddress, UnixAddress};
use crate::ffi::boundary::{give, not_null, status, string};
use crate::ffi::socket::{at, at_host};
use crate::resolve::check_port;
use crate::server;
use crate::server::ServerOptions;

/// The settings of one of Python's classes. Those that fork ask for a promise.
pub(super) type Class = unsafe fn() -> ServerOptions;

pub(super) type Out<'a> = Option<&'a mut MaybeUninit<*mut tabi_server>>;

/// # Safety
///
/// `host` is NULL or NUL-terminated; handler and userdata are as `tabi_handler` says. What the class needs is kept.
pub(super) unsafe fn inet_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Out<'_>,
    options: Class,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        let handler = CHandler::new(handler, userdata)?;
        // SAFETY: `host` is NULL or NUL-terminated.
        let host = unsafe { string(host, "host") }?;
        let address = (host, check_port(port.into())?);
        // SAFETY: the caller promises what the class needs.
        let options = unsafe { options() };
        let server = options.bind(address, handler).map_err(|error| at_host(address, error))?;
        out.write(give(tabi_server(server))?);
        Ok(())
    })
}

/// # Safety
///
/// `path` is NULL or NUL-terminated; handler and userdata are as `tabi_handler` says. What the class needs is kept.
pub(super) unsafe fn unix_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Out<'_>,
    options: Class,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        let handler = CHandler::new(handler, userdata)?;
        // SAFETY: `path` is NULL or NUL-terminated.
        let path = UnixAddress::from_bytes(unsafe { string(path, "path") }?)?;
        let address = RawAddress::try_from(&path)?;
        // SAFETY: the caller promises what the class needs.
        let options = unsafe { options() };
        let server = options.bind(path, handler).map_err(|error| at(&address, error))?;
        out.write(give(tabi_server(server))?);
        Ok(())
    })
}

/// Makes a TCP server that handles one client after the other, in the thread that serves (Python's
/// `TCPServer`). The arguments and the results are those of tabi_threading_tcp_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_tcp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `host`, and a handler that may run with `userdata`.
    unsafe { inet_server(host, port, handler, userdata, out, server::TcpServer::options) }
}

/// Makes a TCP server that handles each client in a thread of its own (Python's `ThreadingTCPServer`). It is
/// bound and listens.
///
/// `host` is a name, an IP address, or "" for every address of this machine. The server listens for both versions of
/// IP: it has a socket for each address of the name, and one for each version if the name is "". The sockets of IPv4
/// come first, so that tabi_server_address() returns an address of IPv4 if there is one. Addresses of the name that
/// this machine does not have are left out, unless it has none of them. For one version of IP only, use
/// tabi_server_from_host().
///
/// `port` is 0 to 65535. 0 lets the system choose a free port, which all sockets of the server share. `handler` runs
/// for each client, with `userdata`, until the server is freed. Threads are kept and used again. Each has a stack of
/// 1 MiB; tabi_server_new() can change that.
///
/// Returns 0 and a server, which tabi_server_free() frees. Errors: -errno, such as -EADDRINUSE or -EACCES;
/// TABI_ERR_OVERFLOW when the port is not in its range; TABI_GAI_* when the host was not found.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_threading_tcp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `host`, and a handler that may run with `userdata`.
    unsafe { inet_server(host, port, handler, userdata, out, server::ThreadingTcpServer::options) }
}

/// Makes a UDP server that handles one datagram after the other, in the thread that serves (Python's
/// `UDPServer`). The arguments and the results are those of tabi_threading_tcp_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_udp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `host`, and a handler that may run with `userdata`.
    unsafe { inet_server(host, port, handler, userdata, out, server::UdpServer::options) }
}

/// Makes a UDP server that handles each datagram in a thread of its own (Python's `ThreadingUDPServer`). The
/// arguments and the results are those of tabi_threading_tcp_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_threading_udp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `host`, and a handler that may run with `userdata`.
    unsafe { inet_server(host, port, handler, userdata, out, server::ThreadingUdpServer::options) }
}

/// Makes a unix stream server that handles one client after the other, in the thread that serves (Python's
/// `UnixStreamServer`).
///
/// `path` has 1 to 107 bytes. With "" Linux chooses an abstract name. The file of the socket stays when the
/// server is closed, as in Python. `handler`, `userdata` and the results are those of
/// tabi_threading_tcp_server(). Errors: -EADDRINUSE when the file exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_unix_stream_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `path`, and a handler that may run with `userdata`.
    unsafe { unix_server(path, handler, userdata, out, server::UnixStreamServer::options) }
}

/// Makes a unix stream server that handles each client in a thread of its own (Python's
/// `ThreadingUnixStreamServer`). The arguments and the results are those of tabi_unix_stream_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_threading_unix_stream_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `path`, and a handler that may run with `userdata`.
    unsafe { unix_server(path, handler, userdata, out, server::ThreadingUnixStreamServer::options) }
}

/// Makes a unix datagram server that handles one datagram after the other, in the thread that serves
/// (Python's `UnixDatagramServer`). The arguments and the results are those of tabi_unix_stream_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_unix_datagram_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `path`, and a handler that may run with `userdata`.
    unsafe { unix_server(path, handler, userdata, out, server::UnixDatagramServer::options) }
}

/// Makes a unix datagram server that handles each datagram in a thread of its own (Python's
/// `ThreadingUnixDatagramServer`). The arguments and the results are those of tabi_unix_stream_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_threading_unix_datagram_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `path`, and a handler that may run with `userdata`.
    unsafe { unix_server(path, handler, userdata, out, server::ThreadingUnixDatagramServer::options) }
}
