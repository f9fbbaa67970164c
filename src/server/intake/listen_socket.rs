//! A socket that this process has from another one.

use crate::socket::Socket;

/// A socket that was handed over to this process.
#[derive(Debug)]
pub struct ListenSocket {
    /// The name of the socket. A service manager calls one "unknown" that was given none (`FileDescriptorName=` of
    /// systemd).
    pub name: String,
    /// The socket. It is bound, and perhaps listening. [`crate::server::ServerOptions::adopt`] makes a server
    /// from it.
    pub socket: Socket,
}
