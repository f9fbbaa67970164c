//! Servers in C by Python's class names: one call each.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use super::handler::CHandler;
use super::{tabi_handler, tabi_server};
use crate::address::{RawAddress, UnixAddress};
use crate::constants::AF_INET;
use crate::error::Result;
use crate::ffi::boundary::{give, not_null, status, string};
use crate::resolve::{check_port, inet};
use crate::server;
use crate::server::Server;

type Out<'a> = Option<&'a mut MaybeUninit<*mut tabi_server>>;

/// # Safety
///
/// `host` is NULL or NUL-terminated; handler and userdata are as `tabi_handler` says.
unsafe fn inet_server<S: Into<Server>>(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Out<'_>,
    make: impl FnOnce(RawAddress, CHandler) -> Result<S>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        let handler = CHandler::new(handler, userdata)?;
        // SAFETY: the same contract.
        let host = unsafe { string(host, "host") }?;
        let address = inet(AF_INET, host, check_port(port.into())?, 0, 0)?;
        out.write(give(tabi_server(make(address, handler)?.into())));
        Ok(())
    })
}

/// # Safety
///
/// `path` is NULL or NUL-terminated; handler and userdata are as `tabi_handler` says.
unsafe fn unix_server<S: Into<Server>>(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Out<'_>,
    make: impl FnOnce(UnixAddress, CHandler) -> Result<S>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        let handler = CHandler::new(handler, userdata)?;
        // SAFETY: the same contract.
        let path = UnixAddress::from_bytes(unsafe { string(path, "path") }?)?;
        out.write(give(tabi_server(make(path, handler)?.into())));
        Ok(())
    })
}

/// Makes a TCP server that handles its clients one after the other, in the thread that serves
/// (`TCPServer`). Arguments and results as in tabi_threading_tcp_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_tcp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { inet_server(host, port, handler, userdata, out, server::TcpServer::new) }
}

/// Makes a TCP server that handles each client in a thread of its own, bound and listening
/// (`ThreadingTCPServer`).
///
/// `host`: a name, an IPv4 address, "" (any). `port`: 0 to 65535, 0 for a free one. `handler` runs for each
/// client, with `userdata`, until the server is freed. Threads are kept and reused; they have 256 KiB of stack.
/// Returns 0 and a server that tabi_server_free() frees; -EADDRINUSE, -EACCES ...; TABI_ERR_OVERFLOW for
/// another port; TABI_GAI_* when the lookup fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_threading_tcp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { inet_server(host, port, handler, userdata, out, server::ThreadingTcpServer::new) }
}

/// Makes a TCP server that handles each client in a process of its own: see TABI_FORKS for when that is sound
/// (`ForkingTCPServer`). Arguments and results as in tabi_threading_tcp_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_forking_tcp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { inet_server(host, port, handler, userdata, out, server::ForkingTcpServer::new) }
}

/// Makes a UDP server that handles its datagrams one after the other, in the thread that serves
/// (`UDPServer`). Arguments and results as in tabi_threading_tcp_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_udp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { inet_server(host, port, handler, userdata, out, server::UdpServer::new) }
}

/// Makes a UDP server that handles each datagram in a thread of its own
/// (`ThreadingUDPServer`). Arguments and results as in tabi_threading_tcp_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_threading_udp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { inet_server(host, port, handler, userdata, out, server::ThreadingUdpServer::new) }
}

/// Makes a UDP server that handles each datagram in a process of its own: see TABI_FORKS for when that is sound
/// (`ForkingUDPServer`). Arguments and results as in tabi_threading_tcp_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_forking_udp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { inet_server(host, port, handler, userdata, out, server::ForkingUdpServer::new) }
}

/// Makes a unix stream server that handles its clients one after the other, in the thread that serves
/// (`UnixStreamServer`).
///
/// `path`: 1 to 107 bytes (with "" Linux picks an abstract name); the socket's file stays when the server is
/// closed, as in Python. `handler` and results as in tabi_threading_tcp_server(); -EADDRINUSE when the file
/// exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_unix_stream_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { unix_server(path, handler, userdata, out, server::UnixStreamServer::new) }
}

/// Makes a unix stream server that handles each client in a thread of its own
/// (`ThreadingUnixStreamServer`). Arguments and results as in tabi_unix_stream_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_threading_unix_stream_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { unix_server(path, handler, userdata, out, server::ThreadingUnixStreamServer::new) }
}

/// Makes a unix stream server that handles each client in a process of its own: see TABI_FORKS
/// (`ForkingUnixStreamServer`). Arguments and results as in tabi_unix_stream_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_forking_unix_stream_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { unix_server(path, handler, userdata, out, server::ForkingUnixStreamServer::new) }
}

/// Makes a unix datagram server that handles its datagrams one after the other, in the thread that serves
/// (`UnixDatagramServer`). Arguments and results as in tabi_unix_stream_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_unix_datagram_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { unix_server(path, handler, userdata, out, server::UnixDatagramServer::new) }
}

/// Makes a unix datagram server that handles each datagram in a thread of its own
/// (`ThreadingUnixDatagramServer`). Arguments and results as in tabi_unix_stream_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_threading_unix_datagram_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { unix_server(path, handler, userdata, out, server::ThreadingUnixDatagramServer::new) }
}

/// Makes a unix datagram server that handles each datagram in a process of its own: see TABI_FORKS
/// (`ForkingUnixDatagramServer`). Arguments and results as in tabi_unix_stream_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_forking_unix_datagram_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { unix_server(path, handler, userdata, out, server::ForkingUnixDatagramServer::new) }
}
