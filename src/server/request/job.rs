//! Requests that no client has made: work that the program itself gives to its server.

use super::{HandlerResult, Request};
use crate::server::Server;

/// Work that a server runs as it runs its requests: where its [`Concurrency`](crate::server::Concurrency) says, within
/// its limits, counted and drained with them. Any `Fn(&Request) -> HandlerResult` is one.
///
/// Of the server's [`Hooks`](crate::server::Hooks) only `handle_error` has to do with jobs: neither the handler nor the
/// other steps of a request run for one. It is dropped when it has run, or when it is certain that it never will.
pub trait Job: Send + Sync + 'static {
    /// Does the work. A failure or a panic is counted, and goes to `handle_error`.
    ///
    /// `request` stands for the job: it knows the server, and is a request without client and packet.
    fn run(&self, request: &Request) -> HandlerResult;

    /// Asks the job to end soon: the time that [`Server::server_close`] gave is over. Runs on the thread that closes the
    /// server, while `run` runs on another, and does nothing unless it is replaced.
    fn cut(&self) {}
}

impl<F> Job for F
where
    F: Fn(&Request) -> HandlerResult + Send + Sync + 'static,
{
    fn run(&self, request: &Request) -> HandlerResult {
        self(request)
    }
}

impl Server {
    /// Has a job run as if it were a request that was just taken.
    ///
    /// Returns false when it was refused and will never run: all threads are busy and
    /// [`WhenFull`](crate::server::WhenFull) says so, the server has reached `max_connections`, or its threads are gone
    /// because it is closed. It never waits for a thread, but an in-line server runs the job before this returns.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use tabi::server::{HandlerResult, Request, ThreadingTcpServer};
    ///
    /// let server = ThreadingTcpServer::new(("127.0.0.1", 0), |request: &Request| request.reply(b"welcome"))?;
    /// let (done, wait) = mpsc::channel();
    /// assert!(server.run_job(move |_: &Request| -> HandlerResult { Ok(done.send("on a thread of the pool")?) }));
    /// assert_eq!(wait.recv(), Ok("on a thread of the pool"));
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn run_job(&self, job: impl Job) -> bool {
        let request = Request::from_job(self, job);
        self.counters().accept();
        let refused =
            if self.is_over_limit(&request) { Some(request) } else { self.core.runner.take(request) };
        if let Some(refused) = &refused {
            self.reject(refused);
        }
        refused.is_none()
    }
}
