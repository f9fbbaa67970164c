//! Python's `socket` and `socketserver` modules for Rust. A call costs little more than its system call.
//!
//! [`Socket`] has the methods of Python's `socket.socket`, with the same names. [`server`] has the servers of
//! `socketserver`, whose threads are kept and can be limited, and which stop at once. There is no runtime and no
//! `async`: a call blocks until it is done, its timeout has passed, or another thread has closed the socket.
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
//! - **A timeout limits the whole call.** [`Socket::settimeout`] limits each call as a whole, such as a `sendall` of
//!   many parts or a `connect` to several addresses. A call that takes longer fails with [`Error::Timeout`]. Calls whose
//!   names end with `_until` take a [`Limit`] instead.
//! - **Threads can share a socket.** Every method takes `&self`. [`Socket::close`] may be called while other threads
//!   are inside calls on the socket. These calls end with [`Error::Closed`], and never use a descriptor that is closed
//!   already.
//! - **Addresses** are all types that implement [`ToAddress`]: `("localhost", 80)`, a path for a unix socket, and every
//!   address type of the standard library. Calls return an [`Address`], which is displayed as in the standard library.
//! - **Errors** have one type, [`Error`], with Python's categories. It converts to [`std::io::Error`] and back without
//!   losing its kind or source, so `?` works with both.
//! - **Constants** have the system's names. The few that nearly every program uses are here at the root, and all of
//!   them are in [`constants`]. Families and kinds have the types [`AddressFamily`] and [`SocketKind`], so they cannot
//!   be swapped.
//! - **Options** have methods of their own, such as [`Socket::set_tcp_keepalive`]. [`Socket::setsockopt`] sets all
//!   others.
//! - **Other types.** A [`Socket`] implements [`std::io::Read`] and [`Write`](std::io::Write). It converts to and from
//!   the sockets of [`std::net`] and [`std::os::unix::net`], and `OwnedFd`.
//! - **The process is not changed.** The library installs no signal handler, raises no SIGPIPE and prints nothing. Its
//!   only global setting is the default timeout ([`setdefaulttimeout`]). Every new descriptor is close-on-exec.
//!
//! # Where to look
//!
//! | to find | see |
//! |---|---|
//! | sockets: how to create them, send, receive, set options, use control messages | [`Socket`] |
//! | waiting for several sockets at once | [`poll`] |
//! | clients and listeners in one call | [`create_connection`], [`create_server`] |
//! | servers: handlers, limits, how they end, how they are handed over | [`server`] |
//! | hosts, services, interfaces | [`resolve`] |
//! | addresses of every family | [`address`] |
//! | what most programs import | [`prelude`] |
//!
//! `docs/api.md` in the repository says where each name of Python's two modules is.
//!
//! # Features
//!
//! No feature is on by default. `idna` encodes host names that are not ASCII (UTS 46). `capi` adds the functions of
//! `include/tabi.h` for the C library in the repository's folder `capi/`; Rust programs do not need it.

pub mod address;
mod c_string;
mod cancel;
pub mod constants;
mod deadline;
pub mod error;
mod error_names;
#[cfg(feature = "capi")]
#[doc(hidden)]
pub mod ffi;
mod memory;
mod panics;
pub mod prelude;
pub mod proxy;
pub mod resolve;
pub mod server;
mod signal_poll;
pub mod socket;
mod sys;

sys::unix_only! {
    pub use resolve::sethostname;
}
sys::linux_only! {
    pub use address::families::*;
}

pub use address::{Address, IpNetwork, RawAddress, UnixAddress};
pub use cancel::{Cancel, CancelScope};
pub use constants::{
    AF_INET, AF_INET6, AF_UNIX, AddressFamily, IPPROTO_TCP, SHUT_RD, SHUT_RDWR, SHUT_WR, SO_REUSEADDR,
    SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SocketKind, TCP_NODELAY,
};
pub use deadline::{Deadline, Limit};
pub use error::{Error, IoError, Result, SendallError, strerror};
pub use error_names::errorcode;

pub use resolve::{
    AddrInfo, HostEntry, ToAddress, getaddrinfo, getaddrinfo_until, getfqdn, getfqdn_until, gethostbyaddr,
    gethostbyaddr_until, gethostbyname, gethostbyname_ex, gethostbyname_ex_until, gethostbyname_until,
    gethostname, getnameinfo, getnameinfo_until, getprotobyname, getservbyname, getservbyport, htonl, htons,
    if_indextoname, if_nameindex, if_nametoindex, inet_aton, inet_ntoa, inet_ntop, inet_pton, ntohl, ntohs,
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
pub use socket::{Poll, PollEvents, poll, poll_until};

/// The programs of the crate's front page must compile. A test compares them with those of the README.
#[cfg(doctest)]
#[doc = include_str!("../docs/rust.md")]
struct FrontPage;
