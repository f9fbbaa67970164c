//! The C functions that make servers by the names of Python's classes, of those that fork.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use super::classes::{inet_server, unix_server};
use super::{tabi_handler, tabi_server};
use crate::server;

/// Makes a TCP server that handles each client in a process of its own (Python's `ForkingTCPServer`).
/// TABI_FORKS says when that is safe. The arguments and the results are those of tabi_threading_tcp_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_forking_tcp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `host`, a handler that may run with `userdata`, and what forks need.
    unsafe { inet_server(host, port, handler, userdata, out, server::ForkingTcpServer::options) }
}

/// Makes a UDP server that handles each datagram in a process of its own (Python's `ForkingUDPServer`).
/// TABI_FORKS says when that is safe. The arguments and the results are those of tabi_threading_tcp_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_forking_udp_server(
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `host`, a handler that may run with `userdata`, and what forks need.
    unsafe { inet_server(host, port, handler, userdata, out, server::ForkingUdpServer::options) }
}

/// Makes a unix stream server that handles each client in a process of its own (Python's
/// `ForkingUnixStreamServer`). TABI_FORKS says when that is safe. The arguments and the results are those of
/// tabi_unix_stream_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_forking_unix_stream_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `path`, a handler that may run with `userdata`, and what forks need.
    unsafe { unix_server(path, handler, userdata, out, server::ForkingUnixStreamServer::options) }
}

/// Makes a unix datagram server that handles each datagram in a process of its own (Python's
/// `ForkingUnixDatagramServer`). TABI_FORKS says when that is safe. The arguments and the results are those
/// of tabi_unix_stream_server().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_forking_unix_datagram_server(
    path: *const c_char,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    // SAFETY: the caller passes a string for `path`, a handler that may run with `userdata`, and what forks need.
    unsafe { unix_server(path, handler, userdata, out, server::ForkingUnixDatagramServer::options) }
}
