//! [`Socket`]: Python's `socket.socket`.

mod ancillary;
mod at_once;
mod connect;
pub(crate) mod control;
pub(crate) mod control_buffer;
mod convert;
mod create;
mod create_connection;
mod create_server;
mod descriptors;
mod handle;
pub(crate) mod helpers;
mod io;
#[cfg(not(loom))]
mod kernel;
#[cfg(loom)]
#[path = "kernel_model.rs"]
mod kernel;
#[cfg(target_os = "linux")]
pub(crate) mod linux;
mod makefile;
pub(crate) mod many;
mod message;
mod options;
mod reader;
mod sendfile;
mod state;
#[cfg(all(test, loom))]
mod state_model;
mod timeout;
mod wait;
mod writer;

use std::fmt;
use std::net::Shutdown;
use std::os::fd::{OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::SockRef;

use crate::address::{Address, RawAddress};
use crate::constants::{AddressFamily, SocketKind};
use crate::deadline::Limit;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::resolve::ToAddress;
use crate::sys;
use handle::Handle;
use timeout::{Mode, Timeout};

pub use ancillary::{RawControlMessage, RawControlMessages, close_received_fds, cmsg_len, cmsg_space};
#[cfg(feature = "capi")]
pub(crate) use ancillary::{bytes_of, encode};
pub use control::{ControlMessage, Credentials, Ipv4PacketInfo, Ipv6PacketInfo, RecvErr, Timestamps};
pub use control_buffer::{ControlBuffer, ControlData};
pub use create::{close, dup};
pub use create_connection::{
    CreateConnectionError, CreateConnectionOptions, create_connection, create_connection_with,
};
pub use create_server::{CreateServerOptions, create_server, create_server_with, has_dualstack_ipv6};
pub use helpers::{RecvExactlyError, fromfd, socketpair};
#[cfg(feature = "capi")]
pub(crate) use io::reserve;
pub use many::{IncomingDatagram, OutgoingDatagram};
pub use message::{Message, MessageInfo, RawMessage};
pub use options::{MulticastInterface, TcpKeepalive};
pub use reader::{DEFAULT_BUFFER_SIZE, SocketReader};
pub(crate) use timeout::checked_timeout;
#[cfg(feature = "capi")]
pub(crate) use timeout::parse_seconds;
pub use timeout::{IntoTimeout, getdefaulttimeout, setdefaulttimeout};
pub use wait::Interest;
pub use writer::SocketWriter;

/// A network socket with the methods of Python's `socket.socket`.
///
/// Every method takes `&self`: many threads may use one socket at once. [`Socket::close`] may be called
/// while others are inside a call; those end with [`Error::Closed`], and the descriptor's number is
/// given back only after the last of them has left.
///
/// A socket is in one of Python's three modes, set by [`Socket::settimeout`]: blocking (no timeout, at
/// first), non-blocking (0) or with a timeout that limits each call as a whole.
///
/// ```
/// use tabi::{AF_INET, SOCK_STREAM, Socket};
///
/// let server = Socket::new(AF_INET, SOCK_STREAM, 0)?;
/// server.bind(("127.0.0.1", 0))?;
/// server.listen(5)?;
/// let client = Socket::new(AF_INET, SOCK_STREAM, 0)?;
/// client.settimeout(5.0)?;
/// client.connect(server.getsockname()?)?;
/// let (peer, _address) = server.accept()?;
/// peer.sendall(b"hello world")?;
/// assert_eq!(client.recv(1024)?, b"hello world");
/// # Ok::<(), tabi::Error>(())
/// ```
// In this order: with the handle's address the socket's own, a hot call keeps one pointer and not two.
#[repr(C)]
pub struct Socket {
    handle: Handle,
    mode: Mode,
    /// Whether the last call in a direction had to wait: see `wait`.
    waited: [AtomicBool; 2],
    /// A receiving call has found the end of the stream.
    at_end: AtomicBool,
    interruptible: AtomicBool,
    /// A unix datagram or packet sender sleeps on its peer's queue, where shutting its own socket down
    /// does not wake it: it has to wait with `poll`.
    sends_poll: bool,
    family: AddressFamily,
    kind: SocketKind,
    proto: i32,
}

impl Socket {
    /// The descriptor's number, or -1 after `close` or `detach` (`socket.fileno`).
    ///
    /// The number is the socket's: whoever closes it elsewhere breaks the promise that no other
    /// socket's bytes are read.
    #[inline]
    pub fn fileno(&self) -> RawFd {
        self.handle.fileno()
    }

    /// The address family, `AF_*` (`socket.family`).
    #[inline]
    pub fn family(&self) -> AddressFamily {
        self.family
    }

    /// The type, `SOCK_*`, without `SOCK_NONBLOCK` and `SOCK_CLOEXEC` (`socket.type`).
    pub fn kind(&self) -> SocketKind {
        self.kind
    }

    /// The protocol, 0 for the family's own (`socket.proto`).
    pub fn proto(&self) -> i32 {
        self.proto
    }

    /// Closes the socket (`socket.close`); closing again does nothing.
    ///
    /// Calls in which other threads are blocked end with [`Error::Closed`]. When nobody else owns the
    /// socket they are woken by `shutdown(2)`, which a forked child that shares it sees as the end of the
    /// connection; with a duplicate ([`Socket::dup`]) alive, they are woken without touching the connection.
    /// These calls end only with their next event or their deadline: without a timeout, a unix `connect` to a listener and
    /// a `sendto` to a datagram peer whose queues are full; and a call that had begun to wait before the socket got another
    /// owner, by [`Socket::dup`], [`Socket::detach`] or [`Socket::set_shared`]. To be able to wake that one too, call
    /// `set_shared` before it begins.
    ///
    /// In a forked child, closing a socket of the parent's leaves the parent its connection and wakes nobody. If one of the
    /// parent's threads was inside a call when it forked, the child's descriptor is given back when the socket is dropped.
    ///
    /// Fails with what `close(2)` reports; the descriptor is gone all the same.
    pub fn close(&self) -> Result<()> {
        self.handle.close()
    }

    /// True after [`Socket::close`] or [`Socket::detach`].
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// Closes the object without closing the descriptor, and returns that (`socket.detach`).
    ///
    /// If other threads are inside calls, they keep the number until they leave, and the result is a
    /// duplicate of it. Fails with [`Error::Closed`] when the socket is closed.
    pub fn detach(&self) -> Result<OwnedFd> {
        self.handle.detach()
    }

    /// [`Socket::detach`] for faces whose programs know the number already: it stays the same, and stays open, although
    /// other threads may be inside calls. They are woken; one that comes late may still use the number.
    #[cfg(feature = "capi")]
    pub(crate) fn detach_fileno(&self) -> Result<RawFd> {
        self.handle.detach_number()
    }

    /// A second socket for the same connection, with a descriptor of its own that is close-on-exec
    /// (`socket.dup`). It has this socket's timeout.
    ///
    /// Fails with [`Error::Os`] (`EMFILE`) when the table of descriptors is full, with [`Error::Closed`] when the socket
    /// is closed, also during the call.
    pub fn dup(&self) -> Result<Socket> {
        let call = self.handle.enter()?;
        let copy = sys::duplicate(call.fd())?;
        self.handle.set_shared()?;
        Ok(Socket::assemble(copy, true, self.family, self.kind, self.proto, self.mode.timeout()))
    }

    /// Says that another owner of this connection exists that this object cannot see, such as a forked
    /// child or a descriptor duplicated by other means: `close` then never shuts the connection down.
    pub fn set_shared(&self) {
        // A closed socket has nothing to shut down any more.
        let _ = self.handle.set_shared();
    }

    /// Whether another owner of this connection is known: see [`Socket::set_shared`] and [`Socket::dup`].
    pub fn is_shared(&self) -> bool {
        self.handle.is_shared()
    }

    /// Whether a receiving call has found the end of the stream: nothing is left unread.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at_end.load(Ordering::Relaxed)
    }

    /// Limits every later call that may block (`socket.settimeout`): a [`Duration`], `f64` seconds, or
    /// `None` for no limit; 0 makes the socket non-blocking.
    ///
    /// The limit is for the call as a whole: a `sendall` of many parts, a `connect` with its lookup done.
    /// Fails with [`Error::Value`] for negative seconds and NaN, [`Error::Overflow`] for too many.
    pub fn settimeout(&self, timeout: impl IntoTimeout) -> Result<()> {
        let timeout = timeout::parse(timeout)?;
        let call = self.handle.enter()?;
        self.mode.set(&call, timeout)
    }

    /// The timeout, `None` for none (`socket.gettimeout`).
    pub fn gettimeout(&self) -> Option<Duration> {
        self.mode.timeout().duration()
    }

    /// `true` removes the timeout, `false` makes the socket non-blocking (`socket.setblocking`).
    pub fn setblocking(&self, blocking: bool) -> Result<()> {
        self.settimeout(if blocking { None } else { Some(Duration::ZERO) })
    }

    /// False when the socket is non-blocking (`socket.getblocking`).
    pub fn getblocking(&self) -> bool {
        self.mode.timeout() != Timeout::ZERO
    }

    /// Whether calls end with `Os(EINTR)` when a signal handler has run, with the progress they made,
    /// instead of going on with the time that is left. At first they go on.
    ///
    /// `sendall` then also ends so whenever the kernel took only a part, which is all that a signal may leave to see.
    /// This is for callers that must look at signals themselves, as Python does.
    pub fn set_interruptible(&self, interruptible: bool) {
        self.interruptible.store(interruptible, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn is_interruptible(&self) -> bool {
        self.interruptible.load(Ordering::Relaxed)
    }

    /// Binds to an address (`socket.bind`).
    ///
    /// Fails with [`Error::Os`] (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`) and as the lookup of a host does.
    pub fn bind(&self, address: impl ToAddress) -> Result<()> {
        let address = address.to_address(self.family)?;
        let call = self.handle.enter()?;
        Ok(SockRef::from(&call).bind(&address.to_socket2())?)
    }

    /// Starts to listen for clients (`socket.listen`); a `backlog` below 0 is taken as 0.
    /// [`DEFAULT_BACKLOG`] is what Python takes when none is given.
    pub fn listen(&self, backlog: i32) -> Result<()> {
        let call = self.handle.enter()?;
        Ok(SockRef::from(&call).listen(backlog.max(0))?)
    }

    /// Waits for a client (`socket.accept`): a connected socket and the client's address.
    ///
    /// The new socket is close-on-exec and has the default timeout, not this socket's.
    /// Fails with [`Error::Timeout`], [`Error::Closed`], `Os(EAGAIN)` when non-blocking, `Os(EMFILE)` when
    /// the table of descriptors is full (the client then stays in the kernel's queue).
    pub fn accept(&self) -> Result<(Socket, Address)> {
        self.accept_until(Limit::Timeout)
    }

    /// [`Socket::accept`] within a limit of its own. On a listener without a timeout, see [`Socket::accept_fd`].
    pub fn accept_until(&self, limit: Limit) -> Result<(Socket, Address)> {
        let (fd, address) = self.accept_fd(limit)?;
        let socket = Socket::accepted(fd, self.family, self.kind, self.proto)?;
        Ok((socket, address.decode_for(self.proto)))
    }

    /// [`Socket::accept`] with the system's form of the address.
    pub fn accept_raw(&self) -> Result<(Socket, RawAddress)> {
        let (fd, address) = self.accept_fd(Limit::Timeout)?;
        Ok((Socket::accepted(fd, self.family, self.kind, self.proto)?, address))
    }

    /// Stops one direction or both of a connection (`socket.shutdown`): `SHUT_RD`, `SHUT_WR`, `SHUT_RDWR`, which are [`Shutdown`].
    ///
    /// Fails with `Os(ENOTCONN)` on a socket that is not connected.
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        let call = self.handle.enter()?;
        Ok(SockRef::from(&call).shutdown(how)?)
    }

    /// The socket's own address (`socket.getsockname`).
    pub fn getsockname(&self) -> Result<Address> {
        Ok(self.getsockname_raw()?.decode_for(self.proto))
    }

    /// The peer's address (`socket.getpeername`). Fails with `Os(ENOTCONN)` when there is none.
    pub fn getpeername(&self) -> Result<Address> {
        Ok(self.getpeername_raw()?.decode_for(self.proto))
    }

    /// [`Socket::getsockname`] as the system has it.
    pub fn getsockname_raw(&self) -> Result<RawAddress> {
        let call = self.handle.enter()?;
        Ok(RawAddress::from_socket2(SockRef::from(&call).local_addr()?))
    }

    /// [`Socket::getpeername`] as the system has it.
    pub fn getpeername_raw(&self) -> Result<RawAddress> {
        let call = self.handle.enter()?;
        Ok(RawAddress::from_socket2(SockRef::from(&call).peer_addr()?))
    }

    /// Whether child processes inherit the descriptor (`socket.get_inheritable`); at first they do not.
    pub fn get_inheritable(&self) -> Result<bool> {
        let call = self.handle.enter()?;
        create::get_inheritable(&call)
    }

    /// Sets whether child processes inherit the descriptor (`socket.set_inheritable`).
    pub fn set_inheritable(&self, inheritable: bool) -> Result<()> {
        let call = self.handle.enter()?;
        Ok(SockRef::from(&call).set_cloexec(!inheritable)?)
    }
}

/// The backlog of `listen` when none is given, as in Python: 128, or less where the system allows less.
pub const DEFAULT_BACKLOG: i32 = if libc::SOMAXCONN < 128 { libc::SOMAXCONN } else { 128 };

impl fmt::Debug for Socket {
    /// Reads like Python's `repr`: `<socket fd=3, family=2, type=1, proto=0, laddr=('127.0.0.1', 80)>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_closed() {
            f.write_str("<socket [closed]")?;
        } else {
            write!(f, "<socket")?;
        }
        let (family, kind) = (self.family.as_raw(), self.kind.as_raw());
        write!(f, " fd={}, family={family}, type={kind}, proto={}", self.fileno(), self.proto)?;
        for (label, name) in [("laddr", self.getsockname()), ("raddr", self.getpeername())] {
            match name {
                Ok(Address::None) | Err(_) => {}
                Ok(address) => write!(f, ", {label}={}", address.repr())?,
            }
        }
        f.write_str(">")
    }
}
