//! [`Socket`]: Python's `socket.socket`.

mod ancillary;
mod connect;
mod connecting;
pub(crate) mod control;
pub(crate) mod control_buffer;
mod convert;
pub(crate) mod create;
mod create_connection;
mod create_server;
pub(crate) mod datagrams;
mod descriptors;
mod handle;
mod hold;
mod io;
#[cfg(not(loom))]
mod kernel;
#[cfg(loom)]
#[path = "kernel_model.rs"]
mod kernel;
#[cfg(target_os = "linux")]
pub(crate) mod linux;
mod makefile;
mod message;
mod options;
pub(crate) mod poll;
mod reader;
mod recv_exactly;
mod sendfile;
mod simple_wait;
mod socketpair;
mod state;
#[cfg(all(test, loom))]
mod state_model;
mod timeout;
mod try_calls;
mod wait;
#[cfg(windows)]
mod windows;
mod writer;

use std::fmt;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::SockRef;

use crate::address::{Address, RawAddress};
use crate::cancel::{Cancel, OfSocket};
use crate::constants::{AddressFamily, SocketKind};
use crate::deadline::Limit;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::resolve::ToAddress;
use crate::sys::fd::{AsRawFd, OwnedFd, RawFd};
use crate::sys::{self, libc};
use handle::Handle;
use timeout::{Mode, Timeout};

pub use ancillary::{RawControlMessage, RawControlMessages, close_received_fds, cmsg_len, cmsg_space};
#[cfg(feature = "capi")]
pub(crate) use ancillary::{bytes_of, encode};
pub use control::{ControlMessage, Credentials, Ipv4PacketInfo, Ipv6PacketInfo, RecvErr, Timestamps};
pub use control_buffer::{ControlBuffer, ControlData};
pub use create::{close, dup, fromfd};
#[cfg(feature = "capi")]
pub(crate) use create_connection::create_connection_unless;
pub use create_connection::{
    CreateConnectionError, CreateConnectionOptions, create_connection, create_connection_with,
};
pub use create_server::{CreateServerOptions, create_server, create_server_with, has_dualstack_ipv6};
pub use datagrams::{IncomingDatagram, OutgoingDatagram};
pub(crate) use hold::Hold;
#[cfg(feature = "capi")]
pub(crate) use io::reserve;
pub use message::{Message, MessageInfo, RawMessage};
pub use options::{MulticastInterface, TcpKeepalive};
pub use poll::{Poll, PollEvents, poll, poll_until};
pub use reader::{DEFAULT_BUFFER_SIZE, SocketReader};
pub use recv_exactly::RecvExactlyError;
pub use socketpair::socketpair;
pub(crate) use timeout::checked_timeout;
#[cfg(feature = "capi")]
pub(crate) use timeout::parse_seconds;
pub use timeout::{IntoTimeout, getdefaulttimeout, setdefaulttimeout};
pub use wait::Interest;
pub use writer::SocketWriter;

/// A network socket with the methods of Python's `socket.socket`.
///
/// Every method takes `&self`, so many threads may use one socket at the same time. [`Socket::close`] may be
/// called while other threads are inside calls on the socket. Those calls end with [`Error::Closed`], and the
/// number of the descriptor becomes free only after the last of them has returned.
///
/// A socket is in one of Python's three modes, which [`Socket::settimeout`] sets: blocking (no timeout, the
/// default), non-blocking (a timeout of 0), or with a timeout that limits each call as a whole.
///
/// Every method that needs the descriptor fails with [`Error::Closed`] when the socket is closed, and with
/// [`Error::Os`] when the system refuses the call. Methods that take an address fail with [`Error::Type`]
/// when it is of another family. The methods name these errors only where more is to be said about them.
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
// The handle comes first, so that it has the address of the socket. A `recv` then keeps one pointer instead
// of two.
#[repr(C)]
pub struct Socket {
    handle: Handle,
    mode: Mode,
    /// Whether a receiving call has found the end of the stream.
    at_end: AtomicBool,
    /// Whether a server has cut the connection off.
    cut: AtomicBool,
    interruptible: AtomicBool,
    /// Whether C has a handle of the socket that is not to be freed; see [`Socket::lend`].
    #[cfg(feature = "capi")]
    lent: AtomicBool,
    family: AddressFamily,
    kind: SocketKind,
    proto: i32,
    cancel: OfSocket,
}

impl Socket {
    /// Returns the number of the descriptor, or -1 after `close` or `detach` (`socket.fileno`).
    ///
    /// The descriptor still belongs to the socket. Do not close it by its number: the number could then mean
    /// another file, and this socket would read that file's bytes. To wait for several sockets, use
    /// [`poll`](crate::poll()), which a close in another thread ends.
    #[inline]
    pub fn fileno(&self) -> RawFd {
        self.handle.fileno()
    }

    /// Records that C has a handle of the socket, which belongs to a server or a request.
    #[cfg(feature = "capi")]
    pub(crate) fn lend(&self) {
        self.lent.store(true, Ordering::Relaxed);
    }

    /// Returns whether the socket belongs to a server or a request.
    #[cfg(feature = "capi")]
    pub(crate) fn is_lent(&self) -> bool {
        self.lent.load(Ordering::Relaxed)
    }

    /// Returns a descriptor that becomes readable when the socket is closed, for a serve loop, which polls the socket
    /// without a call in flight. -1 in a forked child.
    ///
    /// Fails with `Os(EMFILE)`, `Os(ENFILE)` and `Os(ENOMEM)` when there is none yet.
    pub(crate) fn closing_fd(&self) -> Result<RawFd> {
        self.handle.wake_fd()
    }

    /// Returns the address family, `AF_*` (`socket.family`).
    #[inline]
    pub fn family(&self) -> AddressFamily {
        self.family
    }

    /// Returns the type, `SOCK_*`, without `SOCK_NONBLOCK` and `SOCK_CLOEXEC` (`socket.type`).
    pub fn kind(&self) -> SocketKind {
        self.kind
    }

    /// Returns the protocol (`socket.proto`). 0 stands for the usual protocol of the family and type.
    pub fn proto(&self) -> i32 {
        self.proto
    }

    /// Closes the socket (`socket.close`). Closing it again does nothing.
    ///
    /// Calls in which other threads are blocked end with [`Error::Closed`]. If no other owner of the
    /// connection is known, `close` wakes them with `shutdown(2)`. A forked child that has the socket too
    /// then sees the end of the connection; [`Socket::set_shared`] prevents this. If the socket has a
    /// duplicate ([`Socket::dup`]), the calls are woken in another way, and the connection stays.
    ///
    /// Every other call ends within milliseconds, also one that had begun but not yet made its system call when
    /// the socket was closed. These calls are not woken, and end with their next event or at their deadline:
    /// - a call that waited already when the socket got another owner by [`Socket::dup`], [`Socket::detach`] or
    ///   [`Socket::set_shared`]. Only a shutdown reaches such a call, and that would end the connection of the
    ///   other owner. Call `set_shared` before such calls begin; then they can be woken;
    /// - a call that looks up a host, because the system's resolver cannot be interrupted;
    /// - a [`Socket::sendfile`] that waits for its file, for example for a pipe without data;
    /// - a `connect` without a timeout that blocks on a socket that is neither `SOCK_STREAM` nor `AF_UNIX`, for
    ///   example a `SOCK_SEQPACKET` of Bluetooth, because such connects differ too much to be polled.
    ///
    /// In a forked child, closing a socket of the parent leaves the connection of the parent as it is and
    /// wakes nobody. If a thread of the parent was inside a call when the parent forked, `close` closes the child's
    /// descriptor on Linux while the child has only one thread. Otherwise the descriptor is closed when the socket is
    /// dropped.
    ///
    /// Errors: what `close(2)` reports. The descriptor is closed even then.
    pub fn close(&self) -> Result<()> {
        self.handle.close()
    }

    /// Returns true after [`Socket::close`] or [`Socket::detach`].
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// Closes the socket object without closing its descriptor, and returns the descriptor (`socket.detach`).
    ///
    /// If other threads are inside calls, those calls are woken and keep the descriptor until they have
    /// returned; the result is then a duplicate of it. Fails with [`Error::Closed`] when the socket is
    /// closed.
    pub fn detach(&self) -> Result<OwnedFd> {
        let blocks = self.mode.timeout() == Timeout::NONE;
        let fd = self.handle.detach()?;
        if blocks {
            sys::set_blocking(&fd)?;
        }
        Ok(fd)
    }

    /// [`Socket::detach`] for C and Python, whose programs know the number of the descriptor already: the
    /// number stays the same and stays open, even while other threads are inside calls. Those calls are
    /// woken, but a call that has just begun may still use the number for a moment.
    #[cfg(feature = "capi")]
    pub(crate) fn detach_fileno(&self) -> Result<RawFd> {
        self.handle.detach_number()
    }

    /// Returns a second socket for the same connection (`socket.dup`). It has a descriptor of its own, which
    /// is close-on-exec, and this socket's timeout.
    ///
    /// Fails with `Os(EMFILE)` when the process has too many open descriptors, and with [`Error::Closed`]
    /// when the socket is closed before or during the call.
    pub fn dup(&self) -> Result<Socket> {
        let call = self.handle.enter()?;
        let copy = sys::duplicate(call.fd())?;
        if !sys::CALLS_BLOCK {
            // Each duplicate has a mode of its own there.
            sys::set_nonblocking(copy.as_raw_fd(), true)?;
        }
        self.handle.set_shared()?;
        Ok(Socket::assemble(copy, true, self.family, self.kind, self.proto, self.mode.timeout()))
    }

    /// Says that the connection has another owner that this object cannot know of, such as a forked child, or
    /// a descriptor that was duplicated by other means. [`Socket::close`] then never shuts the connection
    /// down.
    pub fn set_shared(&self) {
        // This fails only for a closed socket, which will not be shut down any more.
        let _ = self.handle.set_shared();
    }

    /// Returns whether the connection is known to have another owner; see [`Socket::set_shared`] and
    /// [`Socket::dup`].
    pub fn is_shared(&self) -> bool {
        self.handle.is_shared()
    }

    /// Whether a receiving call has found the end of the stream, so that nothing is left to read. Where a shutdown wakes
    /// nobody, it is the end, too.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at_end.load(Ordering::SeqCst)
    }

    /// Shuts the connection down for a server. The receives of its handler find the end of the stream, also where a receive
    /// after a shutdown is an error.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        // The client may have gone already.
        let _ = self.shutdown(Shutdown::Both);
    }

    /// Sets the timeout of every later call that may block (`socket.settimeout`).
    ///
    /// `timeout` is a [`Duration`], an `f64` of seconds, or `None` for no limit. 0 makes the socket
    /// non-blocking. The timeout limits a call as a whole: all parts of a `sendall`, or a `connect` (but not
    /// the look-up of its host). Fails with [`Error::Value`] for negative seconds and NaN, and with
    /// [`Error::Overflow`] for 2^63 nanoseconds (292 years) or more.
    pub fn settimeout(&self, timeout: impl IntoTimeout) -> Result<()> {
        let timeout = timeout::parse(timeout)?;
        let call = self.handle.enter()?;
        self.mode.set(&call, timeout)
    }

    /// Returns the timeout, `None` if the socket has none (`socket.gettimeout`).
    pub fn gettimeout(&self) -> Option<Duration> {
        self.mode.timeout().duration()
    }

    /// Removes the timeout (`true`) or makes the socket non-blocking (`false`) (`socket.setblocking`).
    pub fn setblocking(&self, blocking: bool) -> Result<()> {
        self.settimeout(if blocking { None } else { Some(Duration::ZERO) })
    }

    /// Returns false when the socket is non-blocking, that is, when its timeout is 0 (`socket.getblocking`).
    pub fn getblocking(&self) -> bool {
        self.mode.timeout() != Timeout::ZERO
    }

    /// Sets whether calls end with `Os(EINTR)` when a signal handler has run. The default is false: calls
    /// then go on with the time that is left.
    ///
    /// An interrupted call reports the progress that it made. On an interruptible socket, `sendall` also ends
    /// with `EINTR` whenever the kernel took only a part of the bytes, because a signal during a send may
    /// show in no other way. This is for callers that must look at signals themselves, as Python does.
    pub fn set_interruptible(&self, interruptible: bool) {
        self.interruptible.store(interruptible, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn is_interruptible(&self) -> bool {
        self.interruptible.load(Ordering::Relaxed)
    }

    /// Puts the calls on this socket that begin from now on under a token, in all threads; see [`Cancel`]. `None` removes
    /// the token.
    ///
    /// Calls that have begun before stay under what they began with. Those that go on after a part of their work, such as
    /// [`Socket::sendall`], are then under the new token, too. Duplicates and accepted sockets have no token.
    pub fn set_cancel(&self, cancel: Option<&Cancel>) {
        self.cancel.set(cancel);
    }

    /// Returns the token that was given to [`Socket::set_cancel`].
    pub fn cancel_token(&self) -> Option<Cancel> {
        self.cancel.get()
    }

    /// Binds the socket to an address (`socket.bind`).
    ///
    /// Fails with [`Error::Os`] (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`), and with the errors of the look-up
    /// when the address has a host that is not found.
    pub fn bind(&self, address: impl ToAddress) -> Result<()> {
        let address = self.resolve(address)?;
        let call = self.handle.enter()?;
        Ok(SockRef::from(&call).bind(&address.to_socket2())?)
    }

    /// Starts to listen for clients (`socket.listen`).
    ///
    /// `backlog` is the number of clients that may wait to be accepted; a negative number counts as 0.
    /// [`DEFAULT_BACKLOG`] is what Python uses when none is given. Fails with [`Error::Os`], such as
    /// `EADDRINUSE` or `EOPNOTSUPP`.
    pub fn listen(&self, backlog: i32) -> Result<()> {
        let call = self.handle.enter()?;
        Ok(SockRef::from(&call).listen(backlog.max(0))?)
    }

    /// Waits for a client and accepts it (`socket.accept`). Returns a connected socket and the address of the
    /// client.
    ///
    /// The new socket is close-on-exec and has the default timeout, not the timeout of this socket. Fails
    /// with [`Error::Timeout`], with [`Error::Closed`], with `Os(EAGAIN)` when the socket is non-blocking and
    /// no client waits, and with `Os(EMFILE)` when the process has too many open descriptors. After `EMFILE`
    /// the client is still in the kernel's queue.
    pub fn accept(&self) -> Result<(Socket, Address)> {
        self.accept_until(Limit::Timeout)
    }

    /// [`Socket::accept`] with a limit instead of the timeout. For a listener without a timeout, see
    /// [`Socket::accept_fd`].
    pub fn accept_until(&self, limit: Limit) -> Result<(Socket, Address)> {
        let (fd, address) = self.accept_fd(limit)?;
        let socket = Socket::accepted(fd, self.family, self.kind, self.proto)?;
        Ok((socket, address.decode_for(self.proto)))
    }

    /// [`Socket::accept`] with the address in the form of the system.
    pub fn accept_raw(&self) -> Result<(Socket, RawAddress)> {
        let (fd, address) = self.accept_fd(Limit::Timeout)?;
        Ok((Socket::accepted(fd, self.family, self.kind, self.proto)?, address))
    }

    /// Stops one or both directions of a connection (`socket.shutdown`). `how` is `SHUT_RD`, `SHUT_WR` or
    /// `SHUT_RDWR`, which are values of [`Shutdown`].
    ///
    /// Fails with `Os(ENOTCONN)` when the socket is not connected.
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        let call = self.handle.enter()?;
        SockRef::from(&call).shutdown(how)?;
        if !sys::CALLS_BLOCK && how == Shutdown::Both {
            self.at_end.store(true, Ordering::SeqCst);
            self.handle.wake_after_shutdown();
        }
        Ok(())
    }

    /// Returns the address of the socket itself (`socket.getsockname`).
    pub fn getsockname(&self) -> Result<Address> {
        Ok(self.getsockname_raw()?.decode_for(self.proto))
    }

    /// Returns the address of the peer (`socket.getpeername`). Fails with `Os(ENOTCONN)` when there is no
    /// peer.
    pub fn getpeername(&self) -> Result<Address> {
        Ok(self.getpeername_raw()?.decode_for(self.proto))
    }

    /// [`Socket::getsockname`] with the address in the form of the system.
    pub fn getsockname_raw(&self) -> Result<RawAddress> {
        let call = self.handle.enter()?;
        Ok(RawAddress::from_socket2(SockRef::from(&call).local_addr()?))
    }

    /// [`Socket::getpeername`] with the address in the form of the system.
    pub fn getpeername_raw(&self) -> Result<RawAddress> {
        let call = self.handle.enter()?;
        Ok(RawAddress::from_socket2(SockRef::from(&call).peer_addr()?))
    }

    /// Returns whether child processes inherit the descriptor (`socket.get_inheritable`). By default they do
    /// not.
    pub fn get_inheritable(&self) -> Result<bool> {
        let call = self.handle.enter()?;
        sys::get_inheritable(call.fd())
    }

    /// Sets whether child processes inherit the descriptor (`socket.set_inheritable`).
    pub fn set_inheritable(&self, inheritable: bool) -> Result<()> {
        let call = self.handle.enter()?;
        Ok(sys::set_inheritable(&SockRef::from(&call), inheritable)?)
    }
}

/// The backlog of `listen` that Python uses when none is given: 128, or less where the system allows less.
pub const DEFAULT_BACKLOG: i32 = if libc::SOMAXCONN < 128 { libc::SOMAXCONN } else { 128 };

impl fmt::Debug for Socket {
    /// Writes the same text as Python's `repr`:
    /// `<socket fd=3, family=2, type=1, proto=0, laddr=('127.0.0.1', 80)>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_closed() {
            f.write_str("<socket [closed]")?;
        } else {
            write!(f, "<socket")?;
        }
        let (family, kind) = (self.family.as_raw(), self.kind.as_raw());
        // The number of a closed socket is -1 on every system.
        let number = self.fileno() as isize;
        write!(f, " fd={number}, family={family}, type={kind}, proto={}", self.proto)?;
        for (label, name) in [("laddr", self.getsockname()), ("raddr", self.getpeername())] {
            match name {
                Ok(Address::None) | Err(_) => {}
                Ok(address) => write!(f, ", {label}={}", address.repr())?,
            }
        }
        f.write_str(">")
    }
}
