//! Python's `socket` and `socketserver` modules for Rust and C, at the price of the system calls below them.
//!
//! [`Socket`] has the methods of Python's `socket.socket`, under their own names; [`server`] is `socketserver`.
//!
//! ```
//! use tabi::server::{HandlerResult, Request, ThreadingTcpServer};
//! use tabi::{AF_INET, SOCK_STREAM, Socket};
//!
//! let server = ThreadingTcpServer::new(("127.0.0.1", 0), |request: &Request| -> HandlerResult {
//!     let text = request.socket().recv(1024)?;
//!     request.socket().sendall(&text)?;
//!     Ok(())
//! })?;
//! let sk = Socket::new(AF_INET, SOCK_STREAM, 0)?;
//! sk.settimeout(5.0)?;
//! sk.connect(server.server_address())?;
//! sk.sendall(b"hello")?;
//!
//! server.handle_request()?;
//! assert_eq!(sk.recv(1024)?, b"hello");
//! # Ok::<(), tabi::Error>(())
//! ```
//!
//! - Clients: [`create_connection`], [`Socket::connect`], [`Socket::settimeout`], which limits each call as a whole.
//! - Servers: [`create_server`] and [`Socket::accept`], or a [`server::Server`], which has the loop and the threads.
//! - Addresses: calls take whatever is [`ToAddress`], such as `("localhost", 80)`, and give an [`Address`].
//! - Sharing: every method takes `&self`. [`Socket::close`] may be called while other threads are inside calls on the
//!   socket: those end with [`Error::Closed`].
//! - Failures: an [`Error`] in the category in which Python would raise it. It converts to [`std::io::Error`].
//! - Constants: the few that nearly every program uses stand here at the root, all of them in [`constants`].
//!
//! Features: `idna` encodes host names beyond ASCII by UTS 46. `capi` adds the functions of `include/tabi.h`, for the
//! C library in the checkout's `capi/`; Rust programs have no use for it.

pub mod address;
mod c_string;
pub mod constants;
mod deadline;
pub mod error;
mod error_names;
#[cfg(feature = "capi")]
#[doc(hidden)]
pub mod ffi;
pub mod prelude;
pub mod resolve;
pub mod server;
pub mod socket;
mod sys;

sys::linux_only! {
    pub use address::families::*;
}

pub use address::{Address, RawAddress, UnixAddress};
pub use constants::{
    AF_INET, AF_INET6, AF_UNIX, AddressFamily, IPPROTO_TCP, SHUT_RD, SHUT_RDWR, SHUT_WR, SO_REUSEADDR,
    SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SocketKind, TCP_NODELAY,
};
pub use deadline::{Deadline, Limit};
pub use error::{Error, IoError, Result, SendallError, strerror};
pub use error_names::errorcode;

pub use resolve::{
    AddrInfo, HostEntry, ToAddress, getaddrinfo, getfqdn, gethostbyaddr, gethostbyname, gethostbyname_ex,
    gethostname, getnameinfo, getprotobyname, getservbyname, getservbyport, htonl, htons, if_indextoname,
    if_nameindex, if_nametoindex, inet_aton, inet_ntoa, inet_ntop, inet_pton, ntohl, ntohs, sethostname,
};
pub use socket::{
    ControlBuffer, ControlData, ControlMessage, Credentials, DEFAULT_BACKLOG, DEFAULT_BUFFER_SIZE,
    IncomingDatagram, Interest, IntoTimeout, Ipv4PacketInfo, Ipv6PacketInfo, Message, MessageInfo,
    OutgoingDatagram, RawControlMessage, RawControlMessages, RawMessage, RecvErr, Socket, SocketReader,
    SocketWriter, Timestamps, cmsg_len, cmsg_space, getdefaulttimeout, setdefaulttimeout,
};
pub use socket::{
    CreateConnectionError, CreateConnectionOptions, CreateServerOptions, RecvExactlyError, create_connection,
    create_connection_with, create_server, create_server_with, fromfd, has_dualstack_ipv6, socketpair,
};
pub use socket::{MulticastInterface, TcpKeepalive};

/// The README's Rust program compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
