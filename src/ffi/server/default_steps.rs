//! The C functions that do what the steps of a server do by default.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use super::{server, socket_of, tabi_request, tabi_server};
use crate::ffi::boundary::{Handle, not_null, status};
use crate::ffi::socket::tabi_sock;

/// Does what the step server_bind does by default: it sets the options and binds the sockets. The results are
/// those of tabi_bind().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_default_bind(sv: Option<&tabi_server>) -> c_int {
    status(|| Ok(server(sv)?.default_server_bind()?))
}

/// Does what the step server_activate does by default: stream sockets start to listen. The results are those
/// of tabi_listen().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_default_activate(sv: Option<&tabi_server>) -> c_int {
    status(|| Ok(server(sv)?.default_server_activate()?))
}

/// Does what the step get_request does by default: it accepts a client or receives a datagram, without
/// waiting.
///
/// `sk` is the socket that get_request was given. Returns 0 and a request. The errors are those of
/// tabi_accept() and tabi_recvfrom(), where -EAGAIN means that there is no request; and TABI_ERR_VALUE when `sk` is none of
/// the server's sockets.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_default_get_request(
    sv: Option<&tabi_server>,
    sk: Option<&tabi_sock>,
    out: Option<&mut MaybeUninit<*mut tabi_request>>,
) -> c_int {
    status(|| {
        let (server, out, handle) = (server(sv)?, not_null(out, "out")?, Handle::new()?);
        let request = server.default_get_request(socket_of(server, sk)?)?;
        out.write(handle.give(tabi_request(request)));
        Ok(())
    })
}
