//! Who is to run the handlers, and with which limits.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::sys;

/// Where requests are handled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Concurrency {
    /// One after the other, in the thread that serves.
    Inline,
    /// Each in a thread of its own.
    Threads(Threads),
    /// Each in a process of its own.
    Forks(Forks),
}

/// What to do with a client when every thread is busy and no more may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// Stop accepting until a thread is free; the kernel's queue holds the clients.
    Wait,
    /// Accept and keep up to this many clients in the server's own queue, then stop accepting.
    Queue(usize),
    /// Accept and close at once; counted as rejected.
    Refuse,
}

/// How threads handle requests (`socketserver.ThreadingMixIn`).
///
/// Threads are kept and reused, the one that was used last first.
///
/// ```
/// use std::time::Duration;
/// use tabi::server::{Request, TcpServer, Threads, WhenFull};
///
/// let threads = Threads::default().max_threads(16).when_full(WhenFull::Queue(100)).idle(Duration::from_secs(60));
/// let server = TcpServer::options()
///     .concurrency(threads)
///     .bind(("127.0.0.1", 0), |request: &Request| request.reply(b"hello"))?;
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "settings do nothing until a server is made with them"]
pub struct Threads {
    pub(crate) max_threads: Option<usize>,
    pub(crate) when_full: WhenFull,
    pub(crate) stack_size: usize,
    pub(crate) idle: Duration,
    pub(crate) name: String,
    pub(crate) daemon_threads: bool,
    pub(crate) block_on_close: bool,
}

impl Default for Threads {
    fn default() -> Self {
        Threads {
            max_threads: None,
            when_full: WhenFull::Wait,
            stack_size: 256 * 1024,
            idle: Duration::from_secs(10),
            name: "tabi".into(),
            daemon_threads: false,
            block_on_close: true,
        }
    }
}

impl Threads {
    /// The most threads that take requests at a time, 1 or more; by default there is no limit but the system's.
    ///
    /// A thread that is ending may still be in its clean-up beside them.
    pub fn max_threads(mut self, threads: usize) -> Self {
        self.max_threads = Some(threads);
        self
    }

    /// What to do when `max_threads` are busy; [`WhenFull::Wait`] by default.
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Bytes of stack for each thread, 256 KiB by default.
    ///
    /// Only touched pages take memory. Handlers that recurse deeply or keep large arrays on the stack need more.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// How long a thread without work is kept, 10 seconds by default.
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// What the threads' names begin with, "tabi" by default; a number follows. It must not contain a NUL byte.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Whether `server_close` leaves running requests alone (`daemon_threads`); by default it does not.
    pub fn daemon_threads(mut self, daemon: bool) -> Self {
        self.daemon_threads = daemon;
        self
    }

    /// Whether `server_close` waits for running requests (`block_on_close`); by default it does.
    pub fn block_on_close(mut self, block: bool) -> Self {
        self.block_on_close = block;
        self
    }

    fn check(&self) -> Result<()> {
        if self.name.contains('\0') {
            return Err(Error::value("a thread name must not contain a NUL byte"));
        }
        if !sys::has_address_space(self.stack_size) {
            return Err(Error::value(format!(
                "the system has no stack of {} bytes for a thread",
                self.stack_size
            )));
        }
        at_least("max_threads", self.max_threads.unwrap_or(1), 1)
    }
}

/// How processes handle requests (`socketserver.ForkingMixIn`).
///
/// Forking copies the one thread that forks: in the child, locks that other threads held stay locked.
/// It is sound when the process has no other thread at that time, or when the handler does no more than the
/// system allows after `fork` in a program with threads (`signal-safety(7)`; in practice on Linux also `malloc`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "settings do nothing until a server is made with them"]
pub struct Forks {
    pub(crate) max_children: usize,
    pub(crate) block_on_close: bool,
}

impl Default for Forks {
    fn default() -> Self {
        Forks { max_children: 40, block_on_close: true }
    }
}

impl Forks {
    /// The most children at a time, 1 or more; 40 by default. More clients wait in the kernel's queue.
    pub fn max_children(mut self, children: usize) -> Self {
        self.max_children = children;
        self
    }

    /// Whether `server_close` waits for the children (`block_on_close`); by default it does.
    pub fn block_on_close(mut self, block: bool) -> Self {
        self.block_on_close = block;
        self
    }
}

impl From<Threads> for Concurrency {
    fn from(threads: Threads) -> Self {
        Concurrency::Threads(threads)
    }
}

impl From<Forks> for Concurrency {
    fn from(forks: Forks) -> Self {
        Concurrency::Forks(forks)
    }
}

impl Concurrency {
    /// Refuses what cannot be, for a server with so many loops.
    pub(crate) fn check(&self, loops: usize) -> Result<()> {
        match self {
            Concurrency::Inline => Ok(()),
            Concurrency::Threads(threads) => threads.check(),
            Concurrency::Forks(_) if loops > 1 => {
                Err(Error::value(format!("a forking server has 1 loop, got {loops}")))
            }
            Concurrency::Forks(forks) => at_least("max_children", forks.max_children, 1),
        }
    }
}

pub(crate) fn at_least(name: &str, value: usize, least: usize) -> Result<()> {
    if value < least {
        return Err(Error::value(format!("{name} must be {least} or more, got {value}")));
    }
    Ok(())
}
