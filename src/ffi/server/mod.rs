//! Servers in C. A file for each thing that a program does with a server.
#![allow(unsafe_code)]

mod attributes;
mod callback;
mod classes;
mod close;
mod create;
mod daemon;
mod default_steps;
#[cfg(not(windows))]
mod forking_classes;
mod handler;
#[cfg(not(windows))]
mod handover;
mod hooks;
mod job;
mod lent;
mod options;
mod request;
mod run;
mod settings;
mod statistics;
mod trouble;

use std::ptr;
use std::sync::Arc;

use crate::error::Error;
use crate::ffi::boundary::{Outcome, not_null};
use crate::ffi::socket::tabi_sock;
use crate::server::Server;
use crate::socket::Socket;

pub use attributes::*;
pub use classes::*;
pub use close::*;
pub use create::*;
pub use daemon::*;
pub use default_steps::*;
pub use handler::*;
pub use hooks::*;
pub use job::*;
pub use options::*;
pub use request::*;
pub use run::*;
pub use statistics::*;
pub use trouble::*;

crate::sys::unix_only! {
    pub use forking_classes::*;
    pub use handover::*;
}

/// A server: an object of Python's `socketserver` classes.
///
/// Any number of threads may use a server at the same time. tabi_server_free() must be the last use of the
/// handle.
#[cfg_attr(all(), repr(transparent))]
pub struct tabi_server(pub(crate) Server);

impl tabi_server {
    pub(crate) fn lend(server: &Server) -> *mut tabi_server {
        ptr::from_ref(server).cast_mut().cast()
    }
}

pub(crate) fn server(server: Option<&tabi_server>) -> Outcome<&Server> {
    Ok(&not_null(server, "server")?.0)
}

/// The socket of the server that a hook was given.
pub(crate) fn socket_of<'a>(server: &'a Server, sk: Option<&tabi_sock>) -> Outcome<&'a Arc<Socket>> {
    let lent: *const tabi_sock = not_null(sk, "sk")?;
    let own = server.sockets().iter().find(|socket| ptr::eq(tabi_sock::lend(socket), lent));
    Ok(own.ok_or_else(|| Error::value("sk must be a socket of the server's own"))?)
}
