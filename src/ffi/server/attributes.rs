//! The C functions that tell a server's address and sockets.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;

use super::{server, tabi_server};
use crate::address::RawAddress;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{boundary, not_null, status, tabi_fd};
use crate::ffi::socket::tabi_sock;
use crate::server::Server;
use crate::sys::NO_FD;

/// Writes the address that the server is bound to, with the port that the system chose for port 0 (Python's
/// `server_address`). If the server has several sockets, it is the address of the first. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_address(
    sv: Option<&tabi_server>,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        let (server, addr) = (server(sv)?, not_null(addr, "addr")?);
        addr.write(RawAddress::try_from(&server.server_address())?.into());
        Ok(())
    })
}

/// Returns the descriptor of the server's socket (Python's `fileno`), or TABI_ERR_CLOSED.
///
/// The descriptor belongs to the server: do not close it.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_fileno(sv: Option<&tabi_server>) -> tabi_fd {
    boundary(|| match server(sv)?.fileno() {
        NO_FD => Err(Error::Closed.into()),
        fd => Ok(fd as tabi_fd),
    })
}

/// Returns one of the server's sockets: `index` is 0 for the first. Returns NULL when the server has fewer, and for
/// NULL.
///
/// A server for both versions of IP has several, and so has one that was made from several sockets or that has
/// `loops` and `allow_reuse_port`. The socket belongs to the server, which closes and frees it.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_sock_at(sv: Option<&tabi_server>, index: usize) -> *mut tabi_sock {
    let socket = sv.and_then(|server| server.0.sockets().get(index));
    socket.map_or(ptr::null_mut(), |socket| tabi_sock::lend(socket))
}

/// Returns the server's socket, or the first one if there are several. Returns NULL for NULL.
///
/// The socket belongs to the server, which closes and frees it.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_server_sock(sv: Option<&tabi_server>) -> *mut tabi_sock {
    let socket = |server: &Server| tabi_sock::lend(server.socket());
    sv.map_or(ptr::null_mut(), |server| socket(&server.0))
}
