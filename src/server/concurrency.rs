//! What runs the handlers of a server, and with which limits.
#![allow(unsafe_code)]

use std::time::Duration;

use crate::error::{Error, Result};
use crate::sys;

/// Where requests are handled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Concurrency {
    /// Requests are handled one after the other, in the thread that serves.
    Inline,
    /// Each request is handled in a thread.
    Threads(Threads),
    /// Each request is handled in a child process.
    Forks(Forks),
}

/// What to do with a new client when all threads are busy and no further thread may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// Do not accept clients until a thread is free. They wait in the kernel's queue.
    Wait,
    /// Accept clients and keep up to this many in the server's own queue. When the queue is full, do as
    /// [`WhenFull::Wait`] does.
    Queue(usize),
    /// Accept the client and close its connection at once. It is counted as rejected.
    Refuse,
}

/// The settings of a server that handles requests in threads (`socketserver.ThreadingMixIn`).
///
/// Threads are kept and reused. The next request goes to the idle thread that worked last.
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
            stack_size: 1024 * 1024,
            idle: Duration::from_secs(10),
            name: "tabi".into(),
            daemon_threads: false,
            block_on_close: true,
        }
    }
}

impl Threads {
    /// Sets the most threads that take requests at the same time, 1 or more. By default only the system
    /// limits them.
    ///
    /// A thread that is ending, and is still cleaning up, is not counted.
    pub fn max_threads(mut self, threads: usize) -> Self {
        self.max_threads = Some(threads);
        self
    }

    /// Sets what to do when `max_threads` threads are busy. The default is [`WhenFull::Wait`].
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Sets the size of each thread's stack in bytes. The default is 1 MiB.
    ///
    /// Only the pages that a thread touches use memory. Handlers that recurse deeply or keep large arrays on
    /// the stack need more.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Sets how long an idle thread is kept. The default is 10 seconds.
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Sets the beginning of the threads' names. The default is "tabi"; a number follows. The name must not
    /// contain a NUL byte.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets whether `server_close` leaves running requests alone (`daemon_threads`). The default is false.
    pub fn daemon_threads(mut self, daemon: bool) -> Self {
        self.daemon_threads = daemon;
        self
    }

    /// Sets whether `server_close` waits for running requests (`block_on_close`). The default is true.
    pub fn block_on_close(mut self, block: bool) -> Self {
        self.block_on_close = block;
        self
    }

    fn check(&self) -> Result<()> {
        if self.name.contains('\0') {
            return Err(Error::value("a thread name must not contain a NUL byte"));
        }
        if !sys::has_address_space(self.stack_size) {
            return Err(Error::value(format_args!(
                "the system has no stack of {} bytes for a thread",
                self.stack_size
            )));
        }
        at_least("max_threads", self.max_threads.unwrap_or(1), 1)
    }
}

/// The settings of a server that handles requests in child processes (`socketserver.ForkingMixIn`).
///
/// [`Forks::new`] is unsafe, and says when a program may fork.
///
/// If other code of the program collects the children of all kinds (`wait(2)`, `waitpid(-1)`), it may collect a child of
/// the server too, which the server notices. Only if that happens within the moment in which the child has just been
/// started, and another process gets its number in the same moment, does the server take that process for its child.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "settings do nothing until a server is made with them"]
pub struct Forks {
    pub(crate) max_children: usize,
    pub(crate) block_on_close: bool,
}

impl Forks {
    pub(crate) const MAX_CHILDREN: usize = 40;

    /// Returns the default settings.
    ///
    /// # Safety
    ///
    /// A child process has a copy of the thread that serves, and of no other thread. What other threads had locked or
    /// half changed at that moment stays so in the child for ever. So whenever the server takes a request or a job, one
    /// of these must hold:
    ///
    /// - The process has no other threads.
    /// - The handler, the hooks for requests, and everything that they call do only what the system allows after `fork`
    ///   in a program with threads: see `signal-safety(7)`. With glibc they may also allocate memory. They must not
    ///   use locks that another thread may hold, such as those of `println!`, and they must not start threads.
    ///
    /// ```
    /// use tabi::server::{Forks, Request, TcpServer};
    ///
    /// // SAFETY: the program starts no threads.
    /// let forks = unsafe { Forks::new() };
    /// let server = TcpServer::options()
    ///     .concurrency(forks.max_children(100))
    ///     .bind(("127.0.0.1", 0), |request: &Request| request.reply(b"hello"))?;
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub unsafe fn new() -> Forks {
        Forks { max_children: Forks::MAX_CHILDREN, block_on_close: true }
    }

    /// Sets the most child processes at the same time, 1 or more. The default is 40. Further clients wait in
    /// the kernel's queue.
    pub fn max_children(mut self, children: usize) -> Self {
        self.max_children = children;
        self
    }

    /// Sets whether `server_close` waits for the child processes (`block_on_close`). The default is true.
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
    /// Checks the settings for a server with this number of loops. Fails with `Error::Value` for settings
    /// that are not possible.
    pub(crate) fn check(&self, loops: usize) -> Result<()> {
        match self {
            Concurrency::Inline => Ok(()),
            Concurrency::Threads(threads) => threads.check(),
            Concurrency::Forks(_) if !sys::HAS_FORK => {
                Err(Error::value("no server can fork on this system, which has no fork"))
            }
            Concurrency::Forks(_) if loops > 1 => {
                Err(Error::value(format_args!("a forking server has 1 loop, got {loops}")))
            }
            Concurrency::Forks(forks) => at_least("max_children", forks.max_children, 1),
        }
    }
}

pub(crate) fn at_least(name: &str, value: usize, least: usize) -> Result<()> {
    if value < least {
        return Err(Error::value(format_args!("{name} must be {least} or more, got {value}")));
    }
    Ok(())
}
