//! Python's class names. Each is a server with ready-made options.
#![allow(unsafe_code)]

use std::ops::Deref;
use std::time::Duration;

use super::{Concurrency, Forks, RequestHandler, Server, ServerOptions, Threads};
use crate::constants::{AF_UNIX, AF_UNSPEC, SOCK_DGRAM, SOCK_STREAM};
use crate::error::Result;
use crate::resolve::ToAddress;

macro_rules! class {
    ($(#[$doc:meta])* $name:ident: $python:literal) => {
        $(#[$doc])*
        #[doc = concat!("\n\nPython: `socketserver.", $python, "`.")]
        ///
        /// It has the methods of [`Server`], and `into()` converts it to one.
        #[derive(Debug, Clone)]
        pub struct $name(Server);

        impl Deref for $name {
            type Target = Server;

            fn deref(&self) -> &Server {
                &self.0
            }
        }

        impl From<$name> for Server {
            fn from(server: $name) -> Server {
                server.0
            }
        }
    };
}

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident: $python:literal, $family:ident, $kind:ident, $concurrency:expr;)*) => {$(
        class! { $(#[$doc])* $name: $python }

        impl $name {
            /// Makes a server on this address with this handler. It is bound and listening.
            ///
            /// Fails as [`ServerOptions::bind`] does.
            pub fn new(address: impl ToAddress, handler: impl RequestHandler) -> Result<$name> {
                Self::options().bind(address, handler).map($name)
            }

            /// Returns the settings of such a server, which may be changed before the server is made.
            pub fn options() -> ServerOptions {
                ServerOptions::new($family, $kind).concurrency($concurrency)
            }
        }
    )*};
}

macro_rules! forking_classes {
    ($($(#[$doc:meta])* $name:ident: $python:literal, $family:ident, $kind:ident;)*) => {$(
        class! { $(#[$doc])* $name: $python }

        impl $name {
            /// Makes a server on this address with this handler. It is bound and listening.
            ///
            /// Fails as [`ServerOptions::bind`] does.
            ///
            /// # Safety
            ///
            /// The program promises what [`Forks::new`] asks for.
            pub unsafe fn new(address: impl ToAddress, handler: impl RequestHandler) -> Result<$name> {
                // SAFETY: the caller promises what the settings need.
                unsafe { Self::options() }.bind(address, handler).map($name)
            }

            /// Returns the settings of such a server, which may be changed before the server is made.
            ///
            /// # Safety
            ///
            /// The program promises what [`Forks::new`] asks for.
            pub unsafe fn options() -> ServerOptions {
                // SAFETY: the caller promises what the settings need.
                let options = ServerOptions::new($family, $kind).concurrency(unsafe { Forks::new() });
                ServerOptions { timeout: Some(FORKING_TIMEOUT), ..options }
            }
        }
    )*};
}

/// Python's forking servers collect their children after this time without a request.
const FORKING_TIMEOUT: Duration = Duration::from_secs(300);

fn threads() -> Concurrency {
    Concurrency::Threads(Threads::default())
}

classes! {
    /// A server for TCP clients. It handles one client after the other.
    TcpServer: "TCPServer", AF_UNSPEC, SOCK_STREAM, Concurrency::Inline;
    /// A server for TCP clients. It handles each client in a thread.
    ThreadingTcpServer: "ThreadingTCPServer", AF_UNSPEC, SOCK_STREAM, threads();
    /// A server for UDP datagrams. It handles one datagram after the other.
    UdpServer: "UDPServer", AF_UNSPEC, SOCK_DGRAM, Concurrency::Inline;
    /// A server for UDP datagrams. It handles each datagram in a thread.
    ThreadingUdpServer: "ThreadingUDPServer", AF_UNSPEC, SOCK_DGRAM, threads();
    /// A server for clients on unix stream sockets. It handles one client after the other.
    UnixStreamServer: "UnixStreamServer", AF_UNIX, SOCK_STREAM, Concurrency::Inline;
    /// A server for clients on unix stream sockets. It handles each client in a thread.
    ThreadingUnixStreamServer: "ThreadingUnixStreamServer", AF_UNIX, SOCK_STREAM, threads();
    /// A server for unix datagrams. It handles one datagram after the other.
    UnixDatagramServer: "UnixDatagramServer", AF_UNIX, SOCK_DGRAM, Concurrency::Inline;
    /// A server for unix datagrams. It handles each datagram in a thread.
    ThreadingUnixDatagramServer: "ThreadingUnixDatagramServer", AF_UNIX, SOCK_DGRAM, threads();
}

forking_classes! {
    /// A server for TCP clients. It handles each client in a child process.
    ForkingTcpServer: "ForkingTCPServer", AF_UNSPEC, SOCK_STREAM;
    /// A server for UDP datagrams. It handles each datagram in a child process.
    ForkingUdpServer: "ForkingUDPServer", AF_UNSPEC, SOCK_DGRAM;
    /// A server for clients on unix stream sockets. It handles each client in a child process.
    ForkingUnixStreamServer: "ForkingUnixStreamServer", AF_UNIX, SOCK_STREAM;
    /// A server for unix datagrams. It handles each datagram in a child process.
    ForkingUnixDatagramServer: "ForkingUnixDatagramServer", AF_UNIX, SOCK_DGRAM;
}
