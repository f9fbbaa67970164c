//! Python's class names: a server each, with ready-made options.

use std::ops::Deref;
use std::time::Duration;

use super::{Concurrency, Forks, RequestHandler, Server, ServerOptions, Threads};
use crate::error::Result;
use crate::resolve::ToAddress;
use crate::{AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM};

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident: $python:literal, $family:ident, $kind:ident, $concurrency:expr;)*) => {$(
        $(#[$doc])*
        #[doc = concat!("\n\nPython: `socketserver.", $python, "`.")]
        ///
        /// It has the methods of [`Server`], and becomes one by `into()`.
        #[derive(Debug, Clone)]
        pub struct $name(Server);

        impl $name {
            /// A server on this address that answers with this handler, bound and listening.
            ///
            /// Fails as [`ServerOptions::bind`] does.
            pub fn new(address: impl ToAddress, handler: impl RequestHandler) -> Result<$name> {
                Self::options().bind(address, handler).map($name)
            }

            /// The settings of such a server, to be changed before it is made.
            pub fn options() -> ServerOptions {
                let options = ServerOptions::new($family, $kind).concurrency($concurrency);
                let forks = matches!(options.concurrency, Concurrency::Forks(_));
                ServerOptions { timeout: forks.then_some(FORKING_TIMEOUT), ..options }
            }
        }

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
    )*};
}

/// Python's forking servers collect their children after so long without a request.
const FORKING_TIMEOUT: Duration = Duration::from_secs(300);

fn forks() -> Concurrency {
    Concurrency::Forks(Forks::default())
}

fn threads() -> Concurrency {
    Concurrency::Threads(Threads::default())
}

classes! {
    /// Stream clients over TCP, one after the other.
    TcpServer: "TCPServer", AF_INET, SOCK_STREAM, Concurrency::Inline;
    /// Stream clients over TCP, each in a thread of its own.
    ThreadingTcpServer: "ThreadingTCPServer", AF_INET, SOCK_STREAM, threads();
    /// Stream clients over TCP, each in a process of its own: see [`Forks`] for when that is sound.
    ForkingTcpServer: "ForkingTCPServer", AF_INET, SOCK_STREAM, forks();
    /// Datagrams over UDP, one after the other.
    UdpServer: "UDPServer", AF_INET, SOCK_DGRAM, Concurrency::Inline;
    /// Datagrams over UDP, each in a thread of its own.
    ThreadingUdpServer: "ThreadingUDPServer", AF_INET, SOCK_DGRAM, threads();
    /// Datagrams over UDP, each in a process of its own: see [`Forks`] for when that is sound.
    ForkingUdpServer: "ForkingUDPServer", AF_INET, SOCK_DGRAM, forks();
    /// Stream clients on this machine, one after the other.
    UnixStreamServer: "UnixStreamServer", AF_UNIX, SOCK_STREAM, Concurrency::Inline;
    /// Stream clients on this machine, each in a thread of its own.
    ThreadingUnixStreamServer: "ThreadingUnixStreamServer", AF_UNIX, SOCK_STREAM, threads();
    /// Stream clients on this machine, each in a process of its own: see [`Forks`] for when that is sound.
    ForkingUnixStreamServer: "ForkingUnixStreamServer", AF_UNIX, SOCK_STREAM, forks();
    /// Datagrams on this machine, one after the other.
    UnixDatagramServer: "UnixDatagramServer", AF_UNIX, SOCK_DGRAM, Concurrency::Inline;
    /// Datagrams on this machine, each in a thread of its own.
    ThreadingUnixDatagramServer: "ThreadingUnixDatagramServer", AF_UNIX, SOCK_DGRAM, threads();
    /// Datagrams on this machine, each in a process of its own: see [`Forks`] for when that is sound.
    ForkingUnixDatagramServer: "ForkingUnixDatagramServer", AF_UNIX, SOCK_DGRAM, forks();
}
