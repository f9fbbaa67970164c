//! Python's `socket` and `socketserver` modules for Rust, at the price of the system calls below them.
//!
//! [`Socket`] has the methods of Python's `socket.socket`, under their own names. [`server`] is `socketserver`: a loop,
//! threads that are kept and limited, and a stop that works at once. There is no runtime and no `async`: a call blocks
//! until it is done, its timeout has passed, or another thread has closed the socket.
//!
//! # A client
//!
//! ```
//! use tabi::prelude::*;
//!
//! fn ask(host: &str, port: u16, question: &[u8]) -> tabi::Result<Vec<u8>> {
//!     let socket = create_connection((host, port))?;
//!     socket.settimeout(5.0)?;
//!     socket.sendall(question)?;
//!     socket.recv(1024)
//! }
//! # let server = create_server(("127.0.0.1", 0))?;
//! # let port = server.getsockname()?.port().unwrap();
//! # let answers = std::thread::spawn(move || {
//! #     let (client, _) = server.accept()?;
//! #     let question = client.recv(1024)?;
//! #     client.sendall(&question)?;
//! #     Ok::<(), tabi::Error>(())
//! # });
//! # assert_eq!(ask("127.0.0.1", port, b"hello")?, b"hello");
//! # answers.join().unwrap()?;
//! # Ok::<(), tabi::Error>(())
//! ```
//!
//! # A server
//!
//! ```
//! use tabi::prelude::*;
//! use tabi::server::{HandlerResult, Request, ThreadingTcpServer};
//!
//! fn echo(request: &Request) -> HandlerResult {
//!     let bytes = request.socket().recv(1024)?;
//!     request.socket().sendall(&bytes)?;
//!     Ok(())
//! }
//!
//! let server = ThreadingTcpServer::new(("127.0.0.1", 0), echo)?;
//! # let client = Socket::new(AF_INET, SOCK_STREAM, 0)?;
//! # client.settimeout(5.0)?;
//! # client.connect(server.server_address())?;
//! # client.sendall(b"hello")?;
//! server.handle_request()?; // or serve_forever(), until a handler or another thread calls shutdown()
//! # assert_eq!(client.recv(1024)?, b"hello");
//! # Ok::<(), tabi::Error>(())
//! ```
//!
//! # What to know
//!
//! - **Timeouts are deadlines.** [`Socket::settimeout`] limits each call as a whole: a `sendall` of many parts, a `connect`
//!   to several addresses. A call that has passed it fails with [`Error::Timeout`]. Calls whose names end in `_until` take a
//!   [`Limit`] of their own.
//! - **Sockets are shared.** Every method takes `&self`. [`Socket::close`] may be called while other threads are inside calls
//!   on the socket: those end with [`Error::Closed`], and no descriptor is ever mistaken for another.
//! - **Addresses** are whatever implements [`ToAddress`]: `("localhost", 80)`, a path for a unix socket, every address type of
//!   the standard library. Calls give an [`Address`], which reads as the standard library's does.
//! - **Errors** are one type, [`Error`], in the categories in which Python raises them. It converts to [`std::io::Error`] and
//!   back without losing its kind or source, so `?` works with either.
//! - **Constants** have the system's names. The few that nearly every program uses stand here at the root, all of them in
//!   [`constants`]. Families and kinds have types, [`AddressFamily`] and [`SocketKind`], which cannot be swapped.
//! - **Options** have methods of their own, such as [`Socket::set_tcp_keepalive`], beside [`Socket::setsockopt`] for the rest.
//! - **Other types.** A [`Socket`] reads and writes as [`std::io::Read`] and [`Write`](std::io::Write), and converts to and from
//!   the sockets of [`std::net`] and [`std::os::unix::net`], and `OwnedFd`.
//! - **The process is left alone.** No signal handler, no SIGPIPE, no printing, no global state but the default timeout
//!   ([`setdefaulttimeout`]). Every descriptor is close-on-exec from its birth.
//!
//! # Where to look
//!
//! | for | see |
//! |---|---|
//! | sockets: creating, sending, receiving, options, control messages | [`Socket`] |
//! | clients and listeners in one call | [`create_connection`], [`create_server`] |
//! | servers: handlers, limits, draining, handing over | [`server`] |
//! | hosts, services, interfaces | [`resolve`] |
//! | addresses of every family | [`address`] |
//! | what to import | [`prelude`] |
//!
//! `docs/api.md` in the repository says where each name of Python's two modules is.
//!
//! # Features
//!
//! None is on by default. `idna` encodes host names beyond ASCII by UTS 46. `capi` adds the functions of `include/tabi.h`
//! for the C library in the repository's `capi/`; Rust programs have no use for it.

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
