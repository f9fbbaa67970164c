//! Requests in C: what a handler is given.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::callback::seen_by_c;
use super::{server, socket_of, tabi_server};
use crate::address::RawAddress;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Failure, Outcome, boundary, bytes, give, not_null, status, take_back};
use crate::ffi::socket::tabi_sock;
use crate::server::{Request, Server};

/// One client of a server, or one datagram: what Python's handlers have as `self`.
///
/// It is lent to the handler, for use until that returns, by any thread.
#[cfg_attr(all(), repr(transparent))]
pub struct tabi_request(pub(crate) Request);

impl tabi_request {
    pub(crate) fn lend(request: &Request) -> *mut tabi_request {
        ptr::from_ref(request).cast_mut().cast()
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
        let (request, addr) = (not_null(request, "request")?, not_null(addr, "addr")?);
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
    boundary(|| Ok(not_null(request, "request")?.0.is_cut().into()))
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
        let request = not_null(request, "request")?;
        // SAFETY: the caller passes `len` readable bytes.
        Ok(request.0.reply(unsafe { bytes(data, len, "data") }?)?)
    })
}

/// A pointer of C's that a request carries.
struct Carried(AtomicPtr<c_void>);

/// Lets a request carry a pointer, from one hook to the next or from setup to handler. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_set_data(request: Option<&tabi_request>, data: *mut c_void) -> c_int {
    status(|| {
        let request = &not_null(request, "request")?.0;
        let carried = request.data_or_insert(|| Carried(AtomicPtr::new(ptr::null_mut())));
        carried.0.store(data, Ordering::SeqCst);
        Ok(())
    })
}

/// The pointer that the request carries; NULL at first, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_data(request: Option<&tabi_request>) -> *mut c_void {
    let carried = request.and_then(|request| request.0.data::<Carried>());
    carried.map_or(ptr::null_mut(), |carried| carried.0.load(Ordering::SeqCst))
}

/// Makes a request of a client that get_request has accepted itself.
///
/// `sk`: the client's socket; when the call succeeds it is the request's, which frees it.
/// Returns 0 and a request that get_request hands on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_from_sock(
    sv: Option<&tabi_server>,
    sk: *mut tabi_sock,
    client_address: Option<&tabi_addr>,
    out: Option<&mut MaybeUninit<*mut tabi_request>>,
) -> c_int {
    status(|| {
        let (server, out) = (server(sv)?, not_null(out, "out")?);
        let address = not_null(client_address, "client_address")?.raw()?.decode();
        if sk.is_null() {
            return Err(Failure::Null("sk").into());
        }
        // SAFETY: the caller gives the handle up.
        let socket = unsafe { Box::from_raw(sk) }.0;
        out.write(give(tabi_request(Request::from_socket(server, socket, address))));
        Ok(())
    })
}

/// Makes a request of a datagram, or of anything that has no socket of its own.
///
/// `sk`: the server's socket that get_request was given; answers go out by it. `data`: `len` bytes, copied.
/// Returns 0 and a request that get_request hands on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_from_packet(
    sv: Option<&tabi_server>,
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    client_address: Option<&tabi_addr>,
    out: Option<&mut MaybeUninit<*mut tabi_request>>,
) -> c_int {
    status(|| {
        let (server, out) = (server(sv)?, not_null(out, "out")?);
        let socket = socket_of(server, sk)?;
        let address = not_null(client_address, "client_address")?.raw()?.decode();
        // SAFETY: the caller passes `len` readable bytes.
        let packet = unsafe { bytes(data, len, "data") }?.to_vec();
        out.write(give(tabi_request(Request::from_packet(server, socket, packet, len, address))));
        Ok(())
    })
}

/// What process_request does unless it is replaced: has the request handled in-line, by a thread or by a
/// process.
///
/// Takes the request over; do not use it again. Returns 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_process_default(request: *mut tabi_request) -> c_int {
    status(|| {
        // SAFETY: the caller gives the request up.
        Server::default_process_request(unsafe { take_request(request) }?);
        Ok(())
    })
}

/// Handles a request on this thread, from finish_request to its end; failures go to handle_error.
///
/// For those who replace process_request. Takes the request over; do not use it again. Returns 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_process(request: *mut tabi_request) -> c_int {
    status(|| {
        // SAFETY: the caller gives the request up.
        unsafe { take_request(request) }?.process();
        Ok(())
    })
}

/// Gives up a request without handling it; its client's socket is closed. For those who replace
/// process_request. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_free(request: *mut tabi_request) {
    // SAFETY: the caller gives the request up.
    unsafe { take_back(request) }
}

/// What finish_request does unless it is replaced: runs the server's handler. Returns 0 or the failure's code.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_finish(request: Option<&tabi_request>) -> c_int {
    status(|| {
        let finished = Server::default_finish_request(&not_null(request, "request")?.0);
        Ok(finished.map_err(|failure| seen_by_c(&failure))?)
    })
}

/// Tells a stream client that no more comes (shutdown(2) with SHUT_WR); does nothing for a datagram. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_shutdown(request: Option<&tabi_request>) -> c_int {
    status(|| {
        not_null(request, "request")?.0.shutdown();
        Ok(())
    })
}

/// Closes a stream client's socket; does nothing for a datagram. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_close(request: Option<&tabi_request>) -> c_int {
    status(|| {
        not_null(request, "request")?.0.close();
        Ok(())
    })
}

/// The handle of a request that C owns.
pub(crate) fn give_request(request: Request) -> *mut tabi_request {
    Box::into_raw(Box::new(tabi_request(request)))
}

/// # Safety
///
/// `request` is a handle that C owned, and this is its last use.
pub(crate) unsafe fn take_request(request: *mut tabi_request) -> Outcome<Request> {
    if request.is_null() {
        return Err(Failure::Null("request").into());
    }
    // SAFETY: the caller vouches for it.
    Ok(unsafe { Box::from_raw(request) }.0)
}
