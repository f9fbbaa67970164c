//! Python's `socketserver`: servers whose loop, threads and limits belong to this library.
//!
//! ```no_run
//! use tabi::server::{HandlerResult, Request, ThreadingTcpServer};
//!
//! let server = ThreadingTcpServer::new(("127.0.0.1", 9001), |request: &Request| -> HandlerResult {
//!     let sk = request.socket();
//!     let mut line = [0; 1024];
//!     loop {
//!         match sk.recv_into(&mut line)? {
//!             0 => return Ok(()),
//!             n => sk.sendall(&line[..n])?,
//!         }
//!     }
//! })?;
//! server.serve_forever()?;
//! # Ok::<(), tabi::Error>(())
//! ```
//!
//! There is one type of server, [`Server`]. Its address family and socket type say what it listens on, its
//! [`Concurrency`] says what runs its handlers, and its [`Hooks`] replace single steps. All of these are
//! [`ServerOptions`]. Python's class names ([`TcpServer`], [`ThreadingTcpServer`],
//! [`ThreadingUnixStreamServer`] and so on) are ready-made options.
//!
//! # What differs from Python
//!
//! - [`Server::shutdown`] stops the loop at once, and may be called in a handler. The `poll_interval` only
//!   says how often `service_actions` runs.
//! - Threads are kept and reused. Their number may be limited with [`Threads::max_threads`]; [`WhenFull`]
//!   says what happens to further clients.
//! - [`Server::server_close`] can drain: requests get some time to end, and after that their connections are
//!   shut down. A [`DrainReport`] says how many those were.
//! - Failures of handlers are counted and given to [`ServerOptions::on_error`]. Nothing is printed, except by
//!   the panic hook of the program when a handler panics.
//! - When the process has too many open descriptors, clients wait in the kernel's queue, and the loop sleeps
//!   until a request ends.
//! - TCP servers set `SO_REUSEADDR`, and their queue is as long as the system allows.
//!
//! # What it costs
//!
//! A short connection with one message costs eight system calls (`cargo test --test server system_calls`).
//! While clients come so fast that the loop need not poll for each, it costs about seven
//! (`docs/benchmarks.md`). 5,000 idle clients, each with a thread and 1 KiB of buffer on its stack, used 8.7
//! KiB of memory each; they were connected and answered within a second on two cores
//! (`TABI_MANY=1 cargo test --release --test server many_clients -- --nocapture`).
//!
//! The thread of a handler has 1 MiB of stack. As in any program, a stack overflow ends the process. The
//! threads are not made by std: debuggers show their names, but `std::thread::current` knows no name for
//! them.

mod classes;
mod companion;
mod concurrency;
mod event;
mod hooks;
mod intake;
mod lifecycle;
mod lock;
mod notify;
mod options;
mod park;
mod proxy;
mod request;
mod run;
mod signals;
mod statistics;
mod trouble;

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use crate::address::{Address, RawAddress};
use crate::error::Result;
use crate::memory;
use crate::socket::Socket;
use crate::sys::fd::RawFd;
use intake::{LoopWakers, OwnPath};
use lifecycle::{Lifecycle, give_away};
use lock::{Locked, lock, wait_until};
use park::WaitingRoom;
use request::{Active, caught};
use run::Runner;
use statistics::Counters;
use trouble::Troubles;

pub use classes::*;
pub use concurrency::{Concurrency, Forks, Threads, WhenFull};
pub use hooks::Hooks;
pub use intake::ListenSocket;
crate::sys::unix_only! {
    pub use intake::listen_fds;
}
pub use lifecycle::DrainReport;
pub use notify::notify;
pub use options::ServerOptions;
pub use proxy::ProxyProtocol;
pub use request::{
    BaseRequestHandler, DatagramRequest, DatagramRequestHandler, Failure, HandlerResult, Job, Next,
    PerRequest, Request, RequestHandler, RequestReader, StreamRequest, StreamRequestHandler,
};
pub use signals::serve_until_signal;
pub use statistics::Statistics;
pub use trouble::{Phase, Trouble};

/// A server (`socketserver.BaseServer` and the classes derived from it). [`ServerOptions`] and Python's class
/// names make servers.
///
/// A clone is the same server, which may be used from many threads at the same time. The sockets are closed
/// by [`Server::server_close`], or when the last clone and the last active request are dropped.
///
/// ```
/// use std::time::Duration;
/// use tabi::server::{Request, ThreadingTcpServer};
/// use tabi::{AF_INET, SOCK_STREAM, Socket};
///
/// let server = ThreadingTcpServer::new(("127.0.0.1", 0), |request: &Request| request.reply(b"hello world"))?;
/// let serving = std::thread::spawn({
///     let server = server.clone();
///     move || server.serve_forever()
/// });
/// let client = Socket::new(AF_INET, SOCK_STREAM, 0)?;
/// client.connect(server.server_address())?;
/// assert_eq!(client.recv(1024)?, b"hello world");
///
/// server.shutdown();
/// serving.join().unwrap()?;
/// let report = server.server_close(Some(Duration::from_secs(5)));
/// assert_eq!(report.cut, 0);
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Clone)]
pub struct Server {
    core: Arc<Core>,
}

struct Core {
    options: ServerOptions,
    handler: Arc<dyn RequestHandler>,
    sockets: Vec<Arc<Socket>>,
    /// The addresses to bind to. None for sockets that were bound elsewhere.
    requested: Vec<RawAddress>,
    bound: OnceLock<RawAddress>,
    own_path: OnceLock<OwnPath>,
    active: Active,
    counters: Counters,
    troubles: Troubles,
    runner: Runner,
    wakers: Arc<LoopWakers>,
    lifecycle: Lifecycle,
    /// Where parked requests wait. A forking server has none.
    room: Option<WaitingRoom>,
    /// Whether another program has got the sockets.
    handed_over: AtomicBool,
    interruptible: AtomicBool,
}

impl Server {
    fn assemble(
        options: ServerOptions,
        requested: Vec<RawAddress>,
        sockets: Vec<Socket>,
        handler: Arc<dyn RequestHandler>,
    ) -> Result<Server> {
        options.check_phases(&sockets)?;
        let wakers = memory::shared(LoopWakers::new(options.loops)?)?;
        let lifecycle = Lifecycle::new()?;
        let forks = matches!(options.concurrency, Concurrency::Forks(_));
        let room = if forks { None } else { Some(WaitingRoom::new()?) };
        let core = Core {
            handler,
            sockets: memory::collected(sockets.into_iter().map(memory::shared))?,
            requested,
            bound: OnceLock::new(),
            own_path: OnceLock::new(),
            active: Active::new(&options),
            counters: Counters::default(),
            troubles: Troubles::default(),
            runner: Runner::new(&options.concurrency, &options.hooks, &wakers)?,
            wakers,
            lifecycle,
            room,
            handed_over: AtomicBool::new(false),
            interruptible: AtomicBool::new(false),
            options,
        };
        Ok(Server { core: memory::shared(core)? })
    }

    /// Returns the address that the server is bound to, with the real port if port 0 was given. Before
    /// [`Server::server_bind`] it is the address that was given (`server_address`). A server with several sockets returns
    /// that of the first.
    pub fn server_address(&self) -> Address {
        let requested = || self.core.requested.first().map(RawAddress::decode);
        self.core.bound.get().map(RawAddress::decode).or_else(requested).unwrap_or(Address::None)
    }

    /// Binds the sockets to the address (`server_bind`), by calling [`Hooks::server_bind`].
    /// [`ServerOptions::bind`] does this too.
    ///
    /// Fails as [`Socket::bind`] does.
    pub fn server_bind(&self) -> Result<()> {
        self.core.options.hooks.server_bind(self)
    }

    /// Starts to listen (`server_activate`), by calling [`Hooks::server_activate`]. [`ServerOptions::bind`]
    /// does this too.
    ///
    /// Fails as [`Socket::listen`] does.
    pub fn server_activate(&self) -> Result<()> {
        self.core.options.hooks.server_activate(self)
    }

    /// Returns the server's socket, or the first one if it has several (`server.socket`). The server closes
    /// it.
    pub fn socket(&self) -> &Socket {
        &self.core.sockets[0]
    }

    /// Returns all sockets of the server.
    pub fn sockets(&self) -> &[Arc<Socket>] {
        &self.core.sockets
    }

    /// Returns the descriptor of [`Server::socket`], or -1 when the server is closed (`fileno`).
    pub fn fileno(&self) -> RawFd {
        self.socket().fileno()
    }

    /// Returns the settings that the server was made with.
    pub fn options(&self) -> &ServerOptions {
        &self.core.options
    }

    /// Returns counts of what the server has done so far.
    pub fn statistics(&self) -> Statistics {
        // Read first: the counters then contain every request that is no longer active.
        let active = self.core.active.count() as u64;
        let parked = self.active().table().parked as u64;
        let mut statistics = Statistics { active, parked, ..self.core.counters.read() };
        self.core.runner.count(&mut statistics);
        self.core.troubles.count(&mut statistics);
        statistics
    }

    /// The default of [`Hooks::process_request`]: has the request handled in-line, by a thread or by a
    /// process, as the server's [`Concurrency`] says.
    pub fn default_process_request(request: Request) {
        let server = request.server().clone();
        // From here on a `server_close` in the hook has to wait for it.
        give_away(server.id());
        let request = match server.core.options.parks_new_clients() {
            true => server.await_first_byte(request),
            false => Some(request),
        };
        let Some(request) = request else { return };
        if let Some(refused) = server.core.runner.take(&server, request) {
            server.turn_away(&refused);
        }
    }

    /// The default of [`Hooks::finish_request`]: runs the server's handler, and returns what it answers. Fails with
    /// the failure of the handler.
    pub fn default_finish_request(request: &Request) -> Result<Next, Failure> {
        request.server().core.handler.run(request)
    }

    /// The default of [`Hooks::handle_error`]: calls [`ServerOptions::on_error`], if it was set.
    ///
    /// The failure has been counted already. In contrast to Python's `handle_error`, this prints nothing.
    pub fn default_handle_error(request: &Request, failure: &Failure) {
        if let Some(report) = &request.server().core.options.on_error {
            report(request, failure);
        }
    }

    fn id(&self) -> usize {
        Arc::as_ptr(&self.core) as usize
    }

    fn hooks(&self) -> &dyn Hooks {
        &*self.core.options.hooks
    }

    fn active(&self) -> &Active {
        &self.core.active
    }

    fn counters(&self) -> &Counters {
        &self.core.counters
    }

    fn counts_hosts(&self) -> bool {
        self.core.options.max_connections_per_address.is_some()
    }

    /// The addresses to bind to, one for each of the first sockets. The sockets of further loops repeat them.
    fn requested_addresses(&self) -> &[RawAddress] {
        &self.core.requested
    }

    fn learn_address(&self) -> Result<()> {
        let address = self.socket().getsockname_raw()?;
        let _ = self.core.bound.set(address);
        Ok(())
    }

    /// Whether the server is being closed or was closed.
    fn is_closed(&self) -> bool {
        self.core.room.as_ref().is_some_and(WaitingRoom::is_closed)
    }

    fn capacity_returned(&self) {
        self.core.wakers.capacity_returned();
    }

    /// Counts a failure and gives it to `handle_error`.
    fn report(&self, request: &Request, failure: &Failure) {
        self.core.counters.fail();
        // There is nothing to report a failure of `handle_error` to.
        let _ = caught(|| -> Result<()> {
            self.hooks().handle_error(request, failure);
            Ok(())
        });
    }

    fn reject(&self, request: &Request) {
        self.core.counters.reject();
        request.ticket().reject();
        request.end();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({:?}, {:?})", self.socket(), self.core.options.concurrency)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if self.lifecycle.is_inherited() {
            self.active.forget_at_end(&self.options);
        } else {
            // Every request in a queue has its server, so there is none here.
            self.runner.close(drop);
        }
        self.remove_path();
    }
}
