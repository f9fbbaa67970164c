//! Requests in C: what a handler is given.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use super::address::tabi_addr;
use super::boundary::{Outcome, boundary, bytes, some, status};
use super::codes;
use super::server::tabi_server;
use super::server_hooks::outside;
use super::socket::tabi_sock;
use crate::address::RawAddress;
use crate::error::Result;
use crate::server::{Request, RequestHandler};

/// One client of a server, or one datagram: what Python's handlers have as `self`.
///
/// It is lent to the handler, for use until that returns, by any thread.
#[cfg_attr(all(), repr(transparent))]
pub struct tabi_request(pub(super) Request);

impl tabi_request {
    pub(super) fn lend(request: &Request) -> *mut tabi_request {
        ptr::from_ref(request).cast_mut().cast()
    }
}

/// Answers a request. The server ends the connection afterwards, and frees `request`.
///
/// It runs on a thread of the server's, perhaps on several at once, with the `userdata` that the server was
/// made with. It may call anything in this library, tabi_server_shutdown() included.
/// Returns 0 or more when all is well; a negative code (such as one that a function of this library returned)
/// is counted as a failure and reported to the server's handle_error. C++ exceptions and longjmp must not pass
/// through. A thread that is ended in a handler (pthread_exit) stays there, with its request.
pub type tabi_handler =
    Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void) -> c_int>;

/// A handler in C with its userdata.
pub(super) struct CHandler {
    call: unsafe extern "C-unwind" fn(*mut tabi_request, *mut c_void) -> c_int,
    userdata: *mut c_void,
}

// SAFETY: the contract of tabi_handler says that it runs on many threads with the same userdata.
unsafe impl Send for CHandler {}
// SAFETY: as above.
unsafe impl Sync for CHandler {}

impl CHandler {
    pub(super) fn new(handler: tabi_handler, userdata: *mut c_void) -> Outcome<CHandler> {
        Ok(CHandler { call: some(handler, "handler")?, userdata })
    }
}

impl RequestHandler for CHandler {
    fn handle(&self, request: &Request) -> Result<()> {
        // SAFETY: the request outlives the call, and the caller of the constructor vouched for the function.
        match outside(|| unsafe { (self.call)(tabi_request::lend(request), self.userdata) }) {
            0.. => Ok(()),
            code => Err(codes::to_error(code)),
        }
    }
}

/// The client's socket, or the server's own for a datagram; NULL for NULL.
///
/// The server closes and frees it: do not call tabi_sock_free(), and do not use it after the handler has
/// returned.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_sock(request: Option<&tabi_request>) -> *mut tabi_sock {
    request.map_or(ptr::null_mut(), |request| tabi_sock::lend(request.0.socket()))
}

/// The server that took the request, for tabi_server_shutdown() and the like; NULL for NULL. Do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_server(request: Option<&tabi_request>) -> *mut tabi_server {
    request.map_or(ptr::null_mut(), |request| tabi_server::lend(request.0.server()))
}

/// The address of the client, or of the sender of a datagram (Python's `self.client_address`). Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_client_address(
    request: Option<&tabi_request>,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        let (request, addr) = (some(request, "request")?, some(addr, "addr")?);
        addr.write(RawAddress::try_from(request.0.client_address())?.into());
        Ok(())
    })
}

/// The bytes of a datagram, and their number in `len` (which may be NULL); NULL and 0 for a stream client.
///
/// They belong to the request, until the handler returns.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_packet(
    request: Option<&tabi_request>,
    len: Option<&mut MaybeUninit<usize>>,
) -> *const c_void {
    let packet = request.map_or(&[][..], |request| request.0.packet());
    if let Some(len) = len {
        len.write(packet.len());
    }
    if request.is_some_and(|request| request.0.is_datagram()) { packet.as_ptr().cast() } else { ptr::null() }
}

/// 1 when a datagram was longer than the server's max_packet_size, so that its end is lost; else 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_is_cut(request: Option<&tabi_request>) -> c_int {
    boundary(|| Ok(some(request, "request")?.0.is_cut().into()))
}

/// Sends bytes to the client: all of them on a stream (`sendall`), one datagram to the sender of a datagram
/// (`sendto`).
///
/// Returns 0, or what tabi_sendall() and tabi_sendto() return when they fail.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_reply(
    request: Option<&tabi_request>,
    data: *const c_void,
    len: usize,
) -> c_int {
    status(|| {
        let request = some(request, "request")?;
        // SAFETY: the caller passes `len` readable bytes.
        Ok(request.0.reply(unsafe { bytes(data, len, "data") }?)?)
    })
}
