//! The C functions that make servers from settings, bind them and let them listen.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use super::handler::CHandler;
use super::options::tabi_server_options;
use super::{server, tabi_handler, tabi_server};
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Failure, Handle, Outcome, array, not_null, status, string, take_back};
use crate::ffi::socket::{at, at_host, tabi_sock};
use crate::memory;
use crate::resolve::{ToAddress, check_port};
use crate::socket::Socket;

/// Makes a server of any kind. It is bound and listens, unless `bind_and_activate` is 0.
///
/// `addr` is the address to bind to. `handler` runs for each request, with `userdata`, until the server is
/// freed.
///
/// Returns 0 and a server, which tabi_server_free() frees. Errors: TABI_ERR_VALUE for settings that are not
/// allowed; TABI_ERR_TYPE when the address is of another family; -errno, such as -EADDRINUSE or -EACCES.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_new(
    options: *const tabi_server_options,
    addr: Option<&tabi_addr>,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes filled settings.
        let given = unsafe { tabi_server_options::read(options) }?;
        let (addr, out) = (not_null(addr, "addr")?.raw()?, not_null(out, "out")?);
        let handler = CHandler::new(handler, userdata)?;
        // SAFETY: the caller passes settings whose thread name and hooks are NULL or valid.
        let server = unsafe { make(&given, addr, handler, |error| at(&addr, error)) }?;
        out.write(server);
        Ok(())
    })
}

/// Makes a server of any kind for the internet. It is bound and listens, unless `bind_and_activate` is 0.
///
/// `host` is a name, an IP address, or "" for every address of this machine. `port` is 0 to 65535; 0 lets the system
/// choose a free port. The `address_family` of the options says on which addresses of the host the server listens:
/// AF_INET or AF_INET6 on the first address of that version; AF_UNSPEC on all addresses of both versions, as
/// tabi_threading_tcp_server() describes.
///
/// The other arguments and the results are those of tabi_server_new(), and TABI_ERR_OVERFLOW when the port is not in
/// its range; TABI_GAI_* when the host was not found.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_from_host(
    options: *const tabi_server_options,
    host: *const c_char,
    port: c_int,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes filled settings.
        let given = unsafe { tabi_server_options::read(options) }?;
        // SAFETY: `host` is NULL or NUL-terminated.
        let host = unsafe { string(host, "host") }?;
        let address = (host, check_port(port.into())?);
        let out = not_null(out, "out")?;
        let handler = CHandler::new(handler, userdata)?;
        // SAFETY: the caller passes settings whose thread name and hooks are NULL or valid.
        let server = unsafe { make(&given, address, handler, |error| at_host(address, error)) }?;
        out.write(server);
        Ok(())
    })
}

/// # Safety
///
/// The thread name and the hooks of the settings are NULL or valid.
unsafe fn make(
    given: &tabi_server_options,
    address: impl ToAddress,
    handler: CHandler,
    at: impl FnOnce(Error) -> Failure,
) -> Outcome<*mut tabi_server> {
    // SAFETY: the caller promises the name and the hooks.
    let options = unsafe { given.to_core() }?;
    let handle = Handle::new()?;
    let server = match given.bind_and_activate {
        0 => options.prepare(address, handler),
        _ => options.bind(address, handler),
    };
    Ok(handle.give(tabi_server(server.map_err(at)?)))
}

/// Makes a server from sockets that are bound already, such as those of tabi_listen_fds(). The server never
/// binds them again, and never removes their files.
///
/// `sockets` is an array of `count` handles, at least 1. When the call succeeds, they belong to the server,
/// which frees them. The server uses the family and the type of each socket; they may differ. A socket that
/// does not listen yet begins to listen.
///
/// The results are those of tabi_server_new(). When the call fails, the sockets still belong to the caller. Errors: also
/// TABI_ERR_VALUE for a socket that is in the array twice, and for one that belongs to a server or a request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_from_sockets(
    options: *const tabi_server_options,
    sockets: *const *mut tabi_sock,
    count: usize,
    handler: tabi_handler,
    userdata: *mut c_void,
    out: Option<&mut MaybeUninit<*mut tabi_server>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes filled settings.
        let given = unsafe { tabi_server_options::read(options) }?;
        let out = not_null(out, "out")?;
        let handler = CHandler::new(handler, userdata)?;
        // SAFETY: the caller passes `count` handles.
        let handles = unsafe { array(sockets, count, "sockets") }?;
        // A second descriptor for each, so that the caller's handles are untouched if this fails.
        let mut copies: Vec<Socket> = Vec::new();
        memory::reserve(&mut copies, count)?;
        for (index, &sk) in handles.iter().enumerate() {
            // SAFETY: NULL, or a handle that the caller owns.
            let sk = not_null(unsafe { sk.as_ref() }, "sockets")?;
            sk.check_is_own()?;
            if handles[..index].iter().any(|&earlier| ptr::eq(earlier, sk)) {
                return Err(Error::value(format_args!("sockets[{index}] is in the array already")).into());
            }
            copies.push(sk.0.dup()?);
        }
        let handle = Handle::new()?;
        // SAFETY: the caller passes settings whose thread name and hooks are NULL or valid.
        let server = unsafe { given.to_core() }?.adopt(copies, handler)?;
        for &sk in handles {
            // SAFETY: the caller gives the handle up with the success of this call.
            unsafe { take_back(sk) };
        }
        out.write(handle.give(tabi_server(server)));
        Ok(())
    })
}

/// Binds the server's socket (Python's `server_bind`). It is for servers with a `bind_and_activate` of 0. The
/// results are those of tabi_bind().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_bind(sv: Option<&tabi_server>) -> c_int {
    status(|| Ok(server(sv)?.server_bind()?))
}

/// Starts to listen (Python's `server_activate`). It is for servers with a `bind_and_activate` of 0. The
/// results are those of tabi_listen().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_activate(sv: Option<&tabi_server>) -> c_int {
    status(|| Ok(server(sv)?.server_activate()?))
}
