//! Requests in C: what a handler is given, and what hooks do with it.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::callback::{answer_code, seen_by_c};
use super::{lent, server, socket_of, tabi_server};
use crate::address::RawAddress;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Failure, Handle, Outcome, boundary, bytes, give, not_null, status, take_back};
use crate::ffi::file::tabi_file;
use crate::ffi::proxy::tabi_proxy_header;
use crate::ffi::socket::tabi_sock;
use crate::memory;
use crate::server::{Request, Server};

/// One client of a server, or one datagram: what a handler in Python has in `self`.
///
/// A handler may use its request, in any thread, until the handler returns. The server frees it. While its
/// connection is parked (TABI_PARK), the request is the server's alone.
#[cfg_attr(all(), repr(transparent))]
pub struct tabi_request(pub(crate) Request);

impl tabi_request {
    pub(crate) fn lend(request: &Request) -> *mut tabi_request {
        ptr::from_ref(request).cast_mut().cast()
    }
}

/// Returns the client's socket. For a datagram and for a job this is a socket of the server. Returns NULL for NULL.
///
/// The socket belongs to the server: do not call tabi_sock_free(), and do not use it after the handler has
/// returned.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_sock(request: Option<&tabi_request>) -> *mut tabi_sock {
    request.map_or(ptr::null_mut(), |request| tabi_sock::lend(request.0.socket()))
}

/// Returns the server that took the request, for example for tabi_server_shutdown(). Returns NULL for NULL.
/// Do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_server(request: Option<&tabi_request>) -> *mut tabi_server {
    request.map_or(ptr::null_mut(), |request| tabi_server::lend(request.0.server()))
}

/// Writes the address of the client, or of the sender of a datagram (Python's `self.client_address`). Returns
/// 0.
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

/// Returns the header of the PROXY protocol with which the connection has begun. The result is NULL when the
/// server expects none (`proxy_protocol` of its options), and for NULL.
///
/// The header belongs to the request. The real address of the proxy is that of tabi_getpeername().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_proxy_header(request: Option<&tabi_request>) -> *const tabi_proxy_header {
    let header = request.and_then(|request| request.0.proxy_header());
    header.map_or(ptr::null(), tabi_proxy_header::lend)
}

/// Returns the bytes of a datagram. For a client of a stream the result is NULL.
///
/// `len` gets the number of bytes, or 0. It may be NULL. The bytes belong to the request, and are valid until
/// the handler returns.
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

/// Returns 1 when a datagram was longer than the server's `max_packet_size`, so that its end is lost, and 0
/// otherwise.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_is_cut(request: Option<&tabi_request>) -> c_int {
    boundary(|| Ok(not_null(request, "request")?.0.is_cut().into()))
}

/// Sends bytes to the client: all of them over a stream (`sendall`), or one datagram to the sender of a
/// datagram (`sendto`).
///
/// Returns 0. The errors are those of tabi_sendall() and tabi_sendto(), and TABI_ERR_TYPE for a job, which has no client.
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

/// What a request carries for a C program.
struct Carried {
    /// The pointer of tabi_request_set_data().
    data: AtomicPtr<c_void>,
    /// The file of tabi_request_rfile(), which the request owns.
    rfile: AtomicPtr<tabi_file>,
}

impl Carried {
    fn of(request: &Request) -> &Carried {
        let nothing = || Carried { data: AtomicPtr::default(), rfile: AtomicPtr::default() };
        request.data_or_insert(nothing)
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        // SAFETY: NULL, or the file that only this request has, and whose last use was in its handler.
        unsafe { take_back(*self.rfile.get_mut()) }
    }
}

/// Returns the buffered reader of a stream client (Python's `self.rfile`).
///
/// It lives as long as the connection: what it has read ahead, and the handler has not used, is there when the
/// handler that returned TABI_PARK is called again, which then happens at once. Read through it only, and not with
/// tabi_recv() beside it, which does not know what was read ahead. tabi_file_unread() gives bytes back. What is
/// written to it is sent at once.
///
/// The file belongs to the request; tabi_file_free() does nothing with it. The result is NULL for NULL, for a
/// datagram, for a job, and when there is no memory; tabi_last_error_message() says which.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_rfile(request: Option<&tabi_request>) -> *mut tabi_file {
    let mut rfile = ptr::null_mut();
    status(|| {
        let request = &not_null(request, "request")?.0;
        let place = &Carried::of(request).rfile;
        rfile = place.load(Ordering::Acquire);
        if rfile.is_null() {
            // SAFETY: `Carried` drops the file before the request drops its socket and its reader.
            let new = give(unsafe { tabi_file::of_request(request) }?)?;
            rfile = match place.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => new,
                Err(first) => {
                    // SAFETY: nobody else has seen the new file.
                    unsafe { take_back(new) };
                    first
                }
            };
        }
        Ok(())
    });
    rfile
}

/// Stores a pointer in a request, to pass it from one hook to the next, from a hook to the handler, or from one
/// call of the handler to the next. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_set_data(request: Option<&tabi_request>, data: *mut c_void) -> c_int {
    status(|| {
        Carried::of(&not_null(request, "request")?.0).data.store(data, Ordering::SeqCst);
        Ok(())
    })
}

/// Returns the pointer that was stored in a request. It is NULL when none was stored, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_data(request: Option<&tabi_request>) -> *mut c_void {
    let carried = request.and_then(|request| request.0.data::<Carried>());
    carried.map_or(ptr::null_mut(), |carried| carried.data.load(Ordering::SeqCst))
}

/// Makes a request from a client that the hook get_request has accepted itself.
///
/// `sk` is the socket of the client. When the call succeeds, it belongs to the request, which frees it. When the call
/// fails, it still belongs to the caller. Returns 0 and a request, which get_request passes on. Errors: TABI_ERR_VALUE
/// when the socket belongs to a server or a request already; -ENOMEM.
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
        // SAFETY: NULL, or a handle that the caller owns.
        not_null(unsafe { sk.as_ref() }, "sk")?.check_is_own()?;
        let handle = Handle::new()?;
        // SAFETY: the caller gives the handle up, whose memory has no socket until it is freed or gets the socket back.
        let socket = unsafe { ptr::read(sk) }.0;
        match Request::from_socket_or_back(server, socket, address) {
            Ok(request) => {
                out.write(handle.give(tabi_request(request)));
                // SAFETY: the memory came from a `Handle`, and its socket was moved out of it.
                unsafe { take_back(sk.cast::<MaybeUninit<tabi_sock>>()) };
                Ok(())
            }
            Err((error, back)) => {
                if let Some(socket) = back {
                    // SAFETY: the memory is that of the handle, and has no socket now.
                    unsafe { sk.write(tabi_sock(socket)) };
                }
                Err(error.into())
            }
        }
    })
}

/// Makes a request from a datagram, or from anything that has no socket of its own.
///
/// `sk` is the socket of the server that get_request was given; answers are sent over it. `data` has `len`
/// bytes, which are copied. Returns 0 and a request, which get_request passes on. Errors: TABI_ERR_VALUE when `sk` is none
/// of the server's sockets; -ENOMEM.
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
        let data = unsafe { bytes(data, len, "data") }?;
        let mut packet = Vec::new();
        memory::reserve(&mut packet, len)?;
        packet.extend_from_slice(data);
        out.write(give(tabi_request(Request::from_packet(server, socket, packet, len, address)?))?);
        Ok(())
    })
}

/// Does what the step process_request does by default: it lets the request be handled in this thread, in
/// another thread or in a process.
///
/// The function takes the request over: do not use it afterwards. Returns 0. Errors: TABI_ERR_VALUE for a request that a
/// handler or a hook was only lent; it is not taken over then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_process_default(request: *mut tabi_request) -> c_int {
    status(|| {
        // SAFETY: the caller gives the request up.
        Server::default_process_request(unsafe { take_request(request) }?);
        Ok(())
    })
}

/// Handles a request in this thread, from finish_request to its end. Failures are reported to handle_error.
///
/// It is for programs that replace process_request. The results are those of tabi_request_process_default(): the function
/// takes the request over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_process(request: *mut tabi_request) -> c_int {
    status(|| {
        // SAFETY: the caller gives the request up.
        unsafe { take_request(request) }?.process();
        Ok(())
    })
}

/// Gives up a request without handling it, and closes the client's socket. NULL does nothing.
///
/// It is for programs that replace process_request. A request that a handler or a hook was only lent is not freed in
/// it; tabi_last_error_message() then says so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_request_free(request: *mut tabi_request) {
    if status(|| lent::check_request(request)) == 0 {
        // SAFETY: the caller gives the request up, and it is not one that a callback was lent.
        unsafe { take_back(request) }
    }
}

/// Does what the step finish_request does by default: it runs the server's handler. Returns 0, TABI_PARK,
/// TABI_AGAIN, TABI_MORE, or the code of the failure. The hook finish_request returns the same value.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_finish(request: Option<&tabi_request>) -> c_int {
    boundary(|| {
        let finished = Server::default_finish_request(&not_null(request, "request")?.0);
        Ok(answer_code(finished.map_err(|failure| seen_by_c(&failure))?))
    })
}

/// Tells the client of a stream that nothing more will be sent (shutdown(2) with SHUT_WR). It does nothing
/// for a datagram. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_shutdown(request: Option<&tabi_request>) -> c_int {
    status(|| {
        not_null(request, "request")?.0.shutdown();
        Ok(())
    })
}

/// Closes the socket of a stream client. It does nothing for a datagram. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_request_close(request: Option<&tabi_request>) -> c_int {
    status(|| {
        not_null(request, "request")?.0.close();
        Ok(())
    })
}

/// # Safety
///
/// `request` is a handle that C owned, and this is its last use.
pub(crate) unsafe fn take_request(request: *mut tabi_request) -> Outcome<Request> {
    if request.is_null() {
        return Err(Failure::Null("request").into());
    }
    lent::check_request(request)?;
    // SAFETY: `request` is not NULL, is not lent to a callback, came from `give` or a `Handle`, and is not used again.
    Ok(unsafe { Box::from_raw(request) }.0)
}
