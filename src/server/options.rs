//! The settings of a server: the class attributes of Python's servers, and limits that Python's servers do
//! not have.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::concurrency::{Concurrency, Threads, at_least};
use super::hooks::{DefaultHooks, Hooks};
use super::park::MinRate;
use super::request::{Failure, Request, RequestHandler};
use super::{ProxyProtocol, Server, Trouble};
use crate::address::RawAddress;
use crate::cancel::Cancel;
use crate::constants::{AF_INET6, AF_UNIX, AF_UNSPEC, AddressFamily, SocketKind};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::resolve::ToAddress;
use crate::socket::{IntoTimeout, Socket, checked_timeout};
use crate::sys::libc;

/// The most bytes of a datagram. No system counts the bytes of a call in more than 31 bits.
const LONGEST_DATAGRAM: usize = i32::MAX as usize;

/// How long a proxy may take to send its header. A segment that the network has lost is sent again within 3 seconds.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);

/// The settings of a [`Server`]. [`ServerOptions::bind`], [`ServerOptions::prepare`] and
/// [`ServerOptions::adopt`] make a server from them.
///
/// ```
/// use tabi::server::{Request, ServerOptions};
/// use tabi::{AF_INET, SOCK_STREAM};
///
/// let server = ServerOptions::new(AF_INET, SOCK_STREAM)
///     .max_threads(16)
///     .max_connections_per_address(4)
///     .request_timeout(30.0)?
///     .bind(("127.0.0.1", 0), |request: &Request| request.reply(b"hello world"))?;
/// assert_ne!(server.server_address().port(), Some(0));
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "settings do nothing until `bind`, `prepare` or `adopt` makes a server of them"]
pub struct ServerOptions {
    pub(crate) address_family: AddressFamily,
    pub(crate) socket_type: SocketKind,
    pub(crate) allow_reuse_address: Option<bool>,
    pub(crate) allow_reuse_port: bool,
    pub(crate) dualstack_ipv6: Option<bool>,
    pub(crate) request_queue_size: i32,
    pub(crate) max_packet_size: usize,
    pub(crate) timeout: Option<Duration>,
    pub(crate) request_timeout: Option<Duration>,
    pub(crate) concurrency: Concurrency,
    pub(crate) max_connections: Option<usize>,
    pub(crate) max_connections_per_address: Option<usize>,
    pub(crate) wait_for_first_byte: bool,
    pub(crate) request_end: Option<Arc<[u8]>>,
    pub(crate) max_parked: Option<usize>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) request_deadline: Option<Duration>,
    pub(crate) handshake_timeout: Option<Duration>,
    pub(crate) proxy_protocol: Option<ProxyProtocol>,
    pub(crate) header_timeout: Option<Duration>,
    pub(crate) min_rate: Option<MinRate>,
    pub(crate) count_bytes: bool,
    pub(crate) loops: usize,
    pub(crate) unlink_path: bool,
    pub(crate) cancel: Option<Cancel>,
    pub(crate) hooks: Arc<dyn Hooks>,
    pub(crate) on_error: Option<Arc<OnError>>,
    pub(crate) on_trouble: Option<Arc<OnTrouble>>,
}

pub(crate) type OnError = dyn Fn(&Request, &Failure) + Send + Sync;
pub(crate) type OnTrouble = dyn Fn(&Server, &Trouble) + Send + Sync;

impl fmt::Debug for ServerOptions {
    /// Writes the settings by their names, without the hooks, `on_error` and `on_trouble`, which are
    /// functions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("address_family", &self.address_family)
            .field("socket_type", &self.socket_type)
            .field("allow_reuse_address", &self.allow_reuse_address)
            .field("allow_reuse_port", &self.allow_reuse_port)
            .field("dualstack_ipv6", &self.dualstack_ipv6)
            .field("request_queue_size", &self.request_queue_size)
            .field("max_packet_size", &self.max_packet_size)
            .field("timeout", &self.timeout)
            .field("request_timeout", &self.request_timeout)
            .field("concurrency", &self.concurrency)
            .field("max_connections", &self.max_connections)
            .field("max_connections_per_address", &self.max_connections_per_address)
            .field("wait_for_first_byte", &self.wait_for_first_byte)
            .field("request_end", &self.request_end)
            .field("max_parked", &self.max_parked)
            .field("idle_timeout", &self.idle_timeout)
            .field("request_deadline", &self.request_deadline)
            .field("handshake_timeout", &self.handshake_timeout)
            .field("proxy_protocol", &self.proxy_protocol)
            .field("header_timeout", &self.header_timeout)
            .field("min_rate", &self.min_rate)
            .field("count_bytes", &self.count_bytes)
            .field("loops", &self.loops)
            .field("unlink_path", &self.unlink_path)
            .field("cancel", &self.cancel)
            .finish_non_exhaustive()
    }
}

impl ServerOptions {
    /// Settings for a server of this family (`AF_INET`, `AF_INET6`, `AF_UNIX`) and type (`SOCK_STREAM`,
    /// `SOCK_SEQPACKET`, `SOCK_DGRAM`). By default it handles its requests in-line.
    ///
    /// `AF_UNSPEC` stands for both versions of IP. Such a server has a socket for each address of a host name, and one
    /// for each version if the host is `""`. Their port is the same. The sockets of IPv4 come first. Addresses of a name
    /// that this machine does not have are left out, unless it has none of them.
    pub fn new(address_family: AddressFamily, socket_type: SocketKind) -> Self {
        ServerOptions {
            address_family,
            socket_type,
            allow_reuse_address: None,
            allow_reuse_port: false,
            dualstack_ipv6: None,
            request_queue_size: libc::SOMAXCONN,
            max_packet_size: 8192,
            timeout: None,
            request_timeout: None,
            concurrency: Concurrency::Inline,
            max_connections: None,
            max_connections_per_address: None,
            wait_for_first_byte: false,
            request_end: None,
            max_parked: None,
            idle_timeout: None,
            request_deadline: None,
            handshake_timeout: None,
            proxy_protocol: None,
            header_timeout: Some(HEADER_TIMEOUT),
            min_rate: None,
            count_bytes: false,
            loops: 1,
            unlink_path: false,
            cancel: None,
            hooks: Arc::new(DefaultHooks),
            on_error: None,
            on_trouble: None,
        }
    }

    /// Sets whether the sockets get `SO_REUSEADDR` (`allow_reuse_address`).
    ///
    /// By default only TCP servers set it, so that a server can start again at once, and none on Windows, where it lets
    /// other programs take the port over. Python's servers do not set it.
    pub fn allow_reuse_address(mut self, allow: bool) -> Self {
        self.allow_reuse_address = Some(allow);
        self
    }

    /// Sets whether the internet sockets get `SO_REUSEPORT` (`allow_reuse_port`), so that several servers or
    /// [loops](ServerOptions::loops) may be bound to one port. The default is false.
    pub fn allow_reuse_port(mut self, allow: bool) -> Self {
        self.allow_reuse_port = allow;
        self
    }

    /// Sets whether an `AF_INET6` server accepts IPv4 clients too (as in Python's `create_server`): true for
    /// both versions, false for IPv6 only. By default the system decides. A server with `AF_UNSPEC` has a socket for
    /// each version and does not have this choice.
    pub fn dualstack_ipv6(mut self, both: bool) -> Self {
        self.dualstack_ipv6 = Some(both);
        self
    }

    /// Sets how many clients the kernel keeps before they are accepted (`request_queue_size`), 0 or more. The
    /// default is `SOMAXCONN`, the most that the system allows. With a queue for 5, Python's default before 3.15, some
    /// clients of a burst wait for a second before they are tried again.
    pub fn request_queue_size(mut self, clients: i32) -> Self {
        self.request_queue_size = clients;
        self
    }

    /// Sets the size of the longest datagram in bytes (`max_packet_size`), 1 to 2147483647. The default is
    /// 8192. The rest of a longer datagram is lost, and [`Request::is_cut`] says so.
    pub fn max_packet_size(mut self, bytes: usize) -> Self {
        self.max_packet_size = bytes;
        self
    }

    /// Sets how long [`Server::handle_request`] waits before it calls `handle_timeout` (`timeout`). By
    /// default it waits without a limit.
    ///
    /// Fails as [`Socket::settimeout`] does.
    pub fn timeout(mut self, timeout: impl IntoTimeout) -> Result<Self> {
        self.timeout = checked_timeout(timeout)?;
        Ok(self)
    }

    /// Sets the timeout of each client's socket, above 0, so that an idle client does not occupy a thread for
    /// ever. By default it is the default timeout of new sockets.
    ///
    /// Fails as [`Socket::settimeout`] does.
    pub fn request_timeout(mut self, timeout: impl IntoTimeout) -> Result<Self> {
        self.request_timeout = checked_timeout(timeout)?;
        Ok(self)
    }

    /// Sets where requests are handled: a [`Concurrency`], [`Threads`] or [`Forks`](super::Forks). The
    /// default is in-line.
    pub fn concurrency(mut self, concurrency: impl Into<Concurrency>) -> Self {
        self.concurrency = concurrency.into();
        self
    }

    /// Sets the most threads that take requests at the same time, 1 or more; see [`Threads::max_threads`]. A
    /// server that does not use threads uses them from then on.
    pub fn max_threads(self, threads: usize) -> Self {
        let settings = match &self.concurrency {
            Concurrency::Threads(settings) => settings.clone(),
            Concurrency::Inline | Concurrency::Forks(_) => Threads::default(),
        };
        self.concurrency(settings.max_threads(threads))
    }

    /// Sets whether [`Statistics`](super::Statistics) has the bytes of connections. The default is false.
    ///
    /// The system counts them; the server asks it once, when a connection ends, and the calls of the sockets cost nothing
    /// more. They are the bytes of the TCP stream, in a TLS connection those of the encrypted stream. Connections that the
    /// handler has closed itself, jobs, and connections that have not ended are not among them. It needs TCP, a server
    /// that does not fork, and Linux 4.19 or later. Elsewhere the server is refused.
    pub fn count_bytes(mut self, count: bool) -> Self {
        self.count_bytes = count;
        self
    }

    /// Sets the most requests at the same time, 1 or more. Further clients are closed at once and counted as
    /// rejected. By default there is no limit.
    pub fn max_connections(mut self, clients: usize) -> Self {
        self.max_connections = Some(clients);
        self
    }

    /// Sets the most requests at the same time from one internet host, 1 or more. Further ones are closed at
    /// once and counted as rejected. By default there is no limit.
    pub fn max_connections_per_address(mut self, clients: usize) -> Self {
        self.max_connections_per_address = Some(clients);
        self
    }

    /// Sets how many threads accept clients, 1 or more. The default is 1, the thread that serves.
    ///
    /// With [`allow_reuse_port`](ServerOptions::allow_reuse_port) each of them has a socket of its own, and
    /// the kernel spreads the clients over the sockets. Otherwise they share one socket.
    pub fn loops(mut self, loops: usize) -> Self {
        self.loops = loops;
        self
    }

    /// Sets whether an `AF_UNIX` server removes its path when it is closed. The default is false, as in Python: the
    /// next server cannot be bound to the path until somebody removes it.
    ///
    /// The path is left alone if another socket is there by then, in a forked child, and after [`Server::pass_to`], as
    /// it then belongs to the successor.
    pub fn unlink_path(mut self, remove: bool) -> Self {
        self.unlink_path = remove;
        self
    }

    /// Puts every handler and every job under a token, with their handshakes, `setup` and `finish`. By default there is
    /// none.
    ///
    /// When the token is triggered, their calls end with [`Error::Cancelled`]; what they return is reported to
    /// [`Hooks::handle_error`] as every failure is. The server itself goes on: [`Server::server_close`] closes it. A
    /// parked connection is not under the token until it has something to read, and a forked child has a token of its own,
    /// which its parent does not trigger.
    ///
    /// ```
    /// use tabi::Cancel;
    /// use tabi::server::{Request, ThreadingTcpServer};
    ///
    /// let token = Cancel::new()?;
    /// let server = ThreadingTcpServer::options()
    ///     .cancel(&token)
    ///     .bind(("127.0.0.1", 0), |request: &Request| request.socket().recv(100).map(drop))?;
    /// // In another thread, before the server is closed: all handlers that wait end at once.
    /// token.cancel();
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn cancel(mut self, token: &Cancel) -> Self {
        self.cancel = Some(token.clone());
        self
    }

    /// Replaces steps of the server; see [`Hooks`].
    pub fn hooks(mut self, hooks: impl Hooks) -> Self {
        self.hooks = Arc::new(hooks);
        self
    }

    /// Sets a function that receives the failures of handlers. The default of [`Hooks::handle_error`] calls
    /// it.
    ///
    /// It runs in the thread or process in which the handler ran. Without it, failures are only counted;
    /// Python's servers print them.
    pub fn on_error(mut self, report: impl Fn(&Request, &Failure) + Send + Sync + 'static) -> Self {
        self.on_error = Some(Arc::new(report));
        self
    }

    /// Sets a function that receives the [`Trouble`] of the server. The default of [`Hooks::handle_trouble`] calls it.
    ///
    /// It runs in the thread that has noticed the trouble, and must not take long. Without it, trouble is only counted.
    ///
    /// ```
    /// use tabi::server::{Request, TcpServer};
    ///
    /// let server = TcpServer::options()
    ///     .on_trouble(|server, trouble| eprintln!("{}: {trouble}", server.server_address()))
    ///     .bind(("127.0.0.1", 0), |request: &Request| request.reply(b"hello"))?;
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn on_trouble(mut self, report: impl Fn(&Server, &Trouble) + Send + Sync + 'static) -> Self {
        self.on_trouble = Some(Arc::new(report));
        self
    }

    /// Makes the server: makes its sockets, binds them (`server_bind`) and starts to listen
    /// (`server_activate`).
    ///
    /// Fails with [`Error::Value`] for settings that are not possible, and as [`Socket::bind`] and
    /// [`Socket::listen`] do.
    pub fn bind(self, address: impl ToAddress, handler: impl RequestHandler) -> Result<Server> {
        let server = self.prepare(address, handler)?;
        server.server_bind()?;
        server.server_activate()?;
        Ok(server)
    }

    /// Makes the server without binding it (`bind_and_activate=False`). Call [`Server::server_bind`] and
    /// [`Server::server_activate`] before it serves.
    ///
    /// Fails as [`ServerOptions::bind`] does.
    pub fn prepare(self, address: impl ToAddress, handler: impl RequestHandler) -> Result<Server> {
        self.check()?;
        if self.unlink_path && self.address_family != AF_UNIX {
            return Err(Error::value(format_args!(
                "unlink_path is for AF_UNIX, got {}",
                self.address_family
            )));
        }
        if self.dualstack_ipv6.is_some() && self.address_family != AF_INET6 {
            return Err(Error::value(format_args!(
                "dualstack_ipv6 is for AF_INET6, got {}",
                self.address_family
            )));
        }
        let addresses = self.addresses(address)?;
        let own_sockets = if self.allow_reuse_port { self.loops } else { 1 };
        let of_each_loop = (0..own_sockets).flat_map(|_| &addresses);
        let sockets = memory::collected(of_each_loop.map(|address| self.socket_for(address)))?;
        Server::assemble(self, addresses, sockets, memory::shared(handler)?)
    }

    /// Returns the addresses to bind to: one, or all that a host has on this machine.
    fn addresses(&self, address: impl ToAddress) -> Result<Vec<RawAddress>> {
        if self.address_family == AF_UNSPEC {
            return self.of_this_machine(address.to_addresses(Deadline::NEVER)?);
        }
        memory::collected([address.to_address(self.address_family, Deadline::NEVER)].into_iter())
    }

    /// Makes a socket that can be bound to the address.
    pub(super) fn socket_for(&self, address: &RawAddress) -> Result<Socket> {
        let family = if self.address_family == AF_UNSPEC { address.family() } else { self.address_family };
        Socket::new(family, self.socket_type, 0)
    }

    /// Makes the server from sockets that were bound elsewhere: by a service manager or a predecessor
    /// ([`super::listen_fds`]), or by the program itself. Sockets that do not listen yet start to listen.
    ///
    /// The family and type are those of the sockets. The sockets may be of different kinds: one server can
    /// have a TCP and a unix socket. The server never binds them again and never removes their paths. Fails
    /// with [`Error::Value`] when there is no socket or a setting is not possible, and as [`Socket::listen`]
    /// does.
    pub fn adopt(self, sockets: Vec<Socket>, handler: impl RequestHandler) -> Result<Server> {
        self.check()?;
        if self.unlink_path {
            return Err(Error::value(
                "unlink_path is for a path that the server binds, not for sockets from elsewhere",
            ));
        }
        let Some(first) = sockets.first() else {
            return Err(Error::value("a server needs a socket, got none"));
        };
        let options = ServerOptions { address_family: first.family(), socket_type: first.kind(), ..self };
        for socket in &sockets {
            // The process that handed the socket over may still have it open.
            socket.set_shared();
        }
        let server = Server::assemble(options, Vec::new(), sockets, memory::shared(handler)?)?;
        server.server_bind()?;
        server.server_activate()?;
        Ok(server)
    }

    fn check(&self) -> Result<()> {
        at_least("loops", self.loops, 1)?;
        if !(1..=LONGEST_DATAGRAM).contains(&self.max_packet_size) {
            let got = self.max_packet_size;
            return Err(Error::value(format_args!(
                "max_packet_size must be 1 to {LONGEST_DATAGRAM}, got {got}"
            )));
        }
        at_least("max_connections", self.max_connections.unwrap_or(1), 1)?;
        at_least("max_connections_per_address", self.max_connections_per_address.unwrap_or(1), 1)?;
        if self.address_family == AF_UNSPEC && self.dualstack_ipv6.is_some() {
            return Err(Error::value(
                "dualstack_ipv6 is for AF_INET6: a server with AF_UNSPEC has a socket for each version of IP",
            ));
        }
        if self.request_timeout == Some(Duration::ZERO) {
            return Err(Error::value("request_timeout must be above 0 seconds, got 0"));
        }
        self.concurrency.check(self.loops)
    }
}
