//! The steps of a server that a program may replace: the methods that Python's users override.

use std::sync::Arc;

use super::{Failure, HandlerResult, Request, Server};
use crate::error::Result;
use crate::socket::Socket;

/// The steps of a server. Each has Python's behaviour unless it is replaced, and may call the step that it
/// replaces: the defaults are methods of [`Server`] and [`Request`].
///
/// The server holds no lock while it calls a hook. A hook that panics harms no more than its request, except
/// in `server_bind`, `server_activate`, `handle_timeout` and `service_actions`, whose panics are the caller's.
///
/// ```
/// use tabi::server::{HandlerResult, Hooks, Request, ServerOptions};
/// use tabi::{AF_INET, SOCK_STREAM};
///
/// struct LoopbackOnly;
///
/// impl Hooks for LoopbackOnly {
///     fn verify_request(&self, request: &Request) -> HandlerResult<bool> {
///         Ok(request.client_address().as_inet().is_some_and(|client| client.ip().is_loopback()))
///     }
/// }
///
/// let server = ServerOptions::new(AF_INET, SOCK_STREAM)
///     .hooks(LoopbackOnly)
///     .bind(("127.0.0.1", 0), |request: &Request| request.reply(b"welcome"))?;
/// # Ok::<(), tabi::Error>(())
/// ```
pub trait Hooks: Send + Sync + 'static {
    /// Binds the server's sockets to its address: [`Server::default_server_bind`].
    fn server_bind(&self, server: &Server) -> Result<()> {
        server.default_server_bind()
    }

    /// Starts to listen: [`Server::default_server_activate`].
    fn server_activate(&self, server: &Server) -> Result<()> {
        server.default_server_activate()
    }

    /// Takes the next request from a socket that is ready: [`Server::default_get_request`].
    /// `Os(EAGAIN)` says that there is no request after all.
    ///
    /// An error skips the request; `EMFILE` and its like make the server pause until descriptors are back.
    /// `Closed`, `EBADF`, `ENOTSOCK` and `EINVAL` end `serve_forever` if the socket is closed or does not listen.
    fn get_request(&self, server: &Server, socket: &Arc<Socket>) -> Result<Request> {
        server.default_get_request(socket)
    }

    /// Whether to go on with a request. `false` ends it and counts it as rejected; an error goes to `handle_error`.
    fn verify_request(&self, request: &Request) -> HandlerResult<bool> {
        let _ = request;
        Ok(true)
    }

    /// Has a request handled as the server's concurrency says: [`Server::default_process_request`].
    ///
    /// Whoever replaces this owns the request: hand it to [`Request::process`] on any thread, or drop it.
    fn process_request(&self, request: Request) {
        Server::default_process_request(request);
    }

    /// Runs the server's handler: [`Server::default_finish_request`].
    fn finish_request(&self, request: &Request) -> Result<(), Failure> {
        Server::default_finish_request(request)
    }

    /// Ends a request: tells a stream client that no more comes, then `close_request`.
    fn shutdown_request(&self, request: &Request) {
        request.shutdown();
        self.close_request(request);
    }

    /// Closes what belongs to a request: [`Request::close`].
    fn close_request(&self, request: &Request) {
        request.close();
    }

    /// Reports the failure of a request: [`Server::default_handle_error`].
    fn handle_error(&self, request: &Request, failure: &Failure) {
        Server::default_handle_error(request, failure);
    }

    /// Runs when [`Server::handle_request`] found no request within the server's timeout.
    fn handle_timeout(&self, server: &Server) -> Result<()> {
        let _ = server;
        Ok(())
    }

    /// Runs in `serve_forever` after each request and each `poll_interval`; an error ends `serve_forever`.
    fn service_actions(&self, server: &Server) -> Result<()> {
        let _ = server;
        Ok(())
    }

    /// Whether `service_actions` does anything. If not, nothing wakes an idle loop, whatever its `poll_interval`.
    ///
    /// The answer is `true` here because a program that replaces hooks may replace that one.
    fn has_service_actions(&self) -> bool {
        true
    }

    /// Whether `get_request` returns at once when no client is there. While clients are waiting, it is then called
    /// again without asking the system first.
    ///
    /// The default `get_request` does. The answer is `false` here because a program that replaces hooks may replace
    /// that one too; return `true` if yours does not, or does not wait either.
    fn get_request_never_waits(&self) -> bool {
        false
    }

    /// Runs around the whole life of each of the server's threads, of that `name`; must call `body` once, which returns when
    /// the thread is to end.
    fn thread_main(&self, name: &str, body: &mut dyn FnMut()) {
        let _ = name;
        body();
    }
}

/// Python's behaviour throughout.
pub(crate) struct DefaultHooks;

impl Hooks for DefaultHooks {
    fn has_service_actions(&self) -> bool {
        false
    }

    fn get_request_never_waits(&self) -> bool {
        true
    }
}
