//! Python's class names: ready-made options.

use std::time::Duration;

use super::options::{Concurrency, Forks, ServerOptions, Threads};
use super::{RequestHandler, Server};
use crate::address::ToAddress;
use crate::error::Result;
use crate::{AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM};

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident: $python:literal, $family:ident, $kind:ident, $concurrency:expr;)*) => {$(
        $(#[$doc])*
        #[doc = concat!("\n\nPython: `socketserver.", $python, "`.")]
        #[derive(Debug)]
        pub struct $name;

        impl $name {
            /// A server on this address that answers with this handler, bound and listening.
            ///
            /// Fails as [`ServerOptions::bind`] does.
            #[allow(clippy::new_ret_no_self)]
            pub fn new(address: impl ToAddress, handler: impl RequestHandler) -> Result<Server> {
                Self::options().bind(address, handler)
            }

            /// The settings of such a server, to be changed before it is made.
            pub fn options() -> ServerOptions {
                let options = ServerOptions::new($family, $kind).concurrency($concurrency);
                let forks = matches!(options.concurrency, Concurrency::Forks(_));
                ServerOptions { timeout: forks.then_some(FORKING_TIMEOUT), ..options }
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
