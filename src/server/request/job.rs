//! Requests that come from the program itself and not from a client.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{HandlerResult, Next, Request};
use crate::address::Address;
use crate::panics::drop_caught;
use crate::server::Server;
use crate::sys::fd::BorrowedFd;

/// Work that a server runs in the same way as its requests: where its
/// [`Concurrency`](crate::server::Concurrency) says, and within its limits. Jobs are counted and drained
/// together with the requests. Every `Fn(&Request) -> HandlerResult` is a job, and also every
/// `Fn(&Request) -> HandlerResult<Next>`.
///
/// Of the server's [`Hooks`](crate::server::Hooks), only `handle_error` is called for jobs; the handler is
/// not called. A job is dropped after it has run, or when it is certain that it will never run.
pub trait Job: Send + Sync + 'static {
    /// Does the work. A failure or a panic is counted and goes to `handle_error`.
    ///
    /// `request` stands for the job. It knows the server and the [`Job::client_address`], but has no packet. After [`Next::Park`],
    /// the job waits without a thread until there is something to read on its [`Job::fd`], and then runs again.
    fn run(&self, request: &Request) -> HandlerResult<Next>;

    /// Tells the job to end soon, because the time that [`Server::server_close`] gave is over. It runs in the
    /// thread that closes the server, while `run` runs in another. The default does nothing. It is called too when a
    /// deadline of the server has passed for a job with a [`Job::fd`], in a thread of the server.
    fn cut(&self) {}

    /// Returns the descriptor on which the job waits when it is parked. A job without one, which is the default,
    /// cannot park.
    ///
    /// The descriptor belongs to the job. It must be the same one each time. The server uses it until it drops the job.
    ///
    /// A job that waits for a [`Socket`](crate::Socket) returns `self.socket.try_as_fd().ok()`.
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Returns whether the job waits without a thread until there is something to read on its [`Job::fd`], and runs
    /// only then. The default is false.
    fn wait_for_first_byte(&self) -> bool {
        false
    }

    /// Returns the address of the client for which the job works, or [`Address::None`], which is the default. The job
    /// then counts for the server's `max_connections_per_address`. It is asked once, before the job runs.
    fn client_address(&self) -> Address {
        Address::None
    }

    /// Returns whether the connection of the job's [`Job::fd`] begins with a PROXY header. If the server is
    /// [behind a proxy](crate::server::ServerOptions::proxy_protocol), it reads the header as it does for its own
    /// clients, and the job runs when the header is complete: [`Request::proxy_header`] has it. The job is dropped without
    /// having run if the header is refused. The default is false.
    fn proxy_header(&self) -> bool {
        false
    }
}

impl<F, T> Job for F
where
    F: Fn(&Request) -> HandlerResult<T> + Send + Sync + 'static,
    T: Into<Next>,
{
    fn run(&self, request: &Request) -> HandlerResult<Next> {
        self(request).map(Into::into)
    }
}

/// Returns the descriptor of a job, or `None` if it panics when it is asked. This calls the program, so no lock may be held.
pub(crate) fn fd_of(job: &dyn Job) -> Option<BorrowedFd<'_>> {
    catch_unwind(AssertUnwindSafe(|| job.fd())).unwrap_or_else(|panic| {
        drop_caught(panic);
        None
    })
}

impl Server {
    /// Runs a job as if it were a request that was just taken.
    ///
    /// Returns false if the job was refused and will never run: because all threads are busy and the setting
    /// is [`WhenFull::Refuse`](crate::server::WhenFull), because the server has reached `max_connections` or
    /// `max_connections_per_address`, because the server is closed, or because there is no memory for it. This never waits for a thread, but
    /// an in-line server runs the job before this returns.
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
        let Ok(request) = Request::from_job(self, job) else {
            self.counters().accept();
            self.counters().reject();
            self.counters().finish();
            return false;
        };
        let refused = if self.is_over_limit(&request) || self.is_closed() {
            Some(request)
        } else if request.expects_header() {
            self.admit(request);
            None
        } else {
            self.start_job(request)
        };
        if let Some(refused) = &refused {
            self.turn_away(refused);
        }
        refused.is_none()
    }

    /// Gives a job to the runner, or lets it wait for its first byte. Returns it if it must be refused.
    pub(crate) fn start_job(&self, request: Request) -> Option<Request> {
        let waits = request.job().is_some_and(|job| job.wait_for_first_byte() && fd_of(job).is_some());
        let request = if waits { self.await_first_byte(request)? } else { request };
        self.core.runner.take(self, request)
    }
}
