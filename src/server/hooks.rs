//! The steps of a server that a program may replace. In Python these are the methods that a subclass
//! overrides.

use std::sync::Arc;

use super::{Failure, HandlerResult, Next, Request, Server, Trouble};
use crate::error::Result;
use crate::socket::Socket;

/// The steps of a server. The default of each step does what Python does. A replaced step may call its
/// default, which is a method of [`Server`] or [`Request`].
///
/// The server holds no lock while it calls a hook. When a hook panics, only its request fails. The exceptions
/// are `server_bind`, `server_activate`, `handle_timeout` and `service_actions`, whose panics go on to the
/// caller of the server's method.
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
    /// Binds the server's sockets to its address. The default is [`Server::default_server_bind`].
    fn server_bind(&self, server: &Server) -> Result<()> {
        server.default_server_bind()
    }

    /// Starts to listen. The default is [`Server::default_server_activate`].
    fn server_activate(&self, server: &Server) -> Result<()> {
        server.default_server_activate()
    }

    /// Takes the next request from a socket that is ready. The default is [`Server::default_get_request`].
    /// The error `Os(EAGAIN)` says that there is no request after all.
    ///
    /// After any other error there is no request. `EMFILE` and similar errors make the server pause until
    /// descriptors are free again. `Closed`, `EBADF`, `ENOTSOCK` and `EINVAL` end `serve_forever` if the
    /// socket is closed or does not listen.
    fn get_request(&self, server: &Server, socket: &Arc<Socket>) -> Result<Request> {
        server.default_get_request(socket)
    }

    /// Returns whether to handle a request. `false` ends the request and counts it as rejected. An error goes
    /// to `handle_error`. The default is `true`.
    ///
    /// It runs in a serve loop. For a server behind a proxy
    /// ([`proxy_protocol`](crate::server::ServerOptions::proxy_protocol)), it runs in the thread that has read the end of
    /// the header, which may be one of those that handle requests.
    fn verify_request(&self, request: &Request) -> HandlerResult<bool> {
        let _ = request;
        Ok(true)
    }

    /// Has a request handled as the server's concurrency says. The default is
    /// [`Server::default_process_request`].
    ///
    /// A replacement owns the request. It calls [`Request::process`] in any thread, or drops the request.
    fn process_request(&self, request: Request) {
        Server::default_process_request(request);
    }

    /// Prepares the connection of a stream client for its handler: makes a TLS handshake. The default does nothing.
    ///
    /// It runs once for each connection, before the first `finish_request`, where the request is handled: a client that
    /// says nothing holds neither the serve loop nor other clients. What the handler needs of it is kept in the request
    /// ([`Request::data_or_insert`]), which has it in every turn and drops it at the end.
    ///
    /// After an error or a panic the connection is ended. This counts as
    /// [`handshake_failed`](super::Statistics::handshake_failed), and not as a failure of the handler: neither
    /// `finish_request` nor `handle_error` is called. On the open internet many clients are none.
    ///
    /// `examples/tls` has a server with rustls.
    fn handshake(&self, request: &Request) -> HandlerResult {
        let _ = request;
        Ok(())
    }

    /// Runs the server's handler, and returns what it answers. The default is
    /// [`Server::default_finish_request`]. Fails with the failure of the handler.
    ///
    /// For a connection that was parked it runs again.
    fn finish_request(&self, request: &Request) -> Result<Next, Failure> {
        Server::default_finish_request(request)
    }

    /// Ends a request. The default tells a stream client that no more bytes will come
    /// ([`Request::shutdown`]), and then calls `close_request`.
    fn shutdown_request(&self, request: &Request) {
        request.shutdown();
        self.close_request(request);
    }

    /// Closes what belongs to a request. The default is [`Request::close`].
    fn close_request(&self, request: &Request) {
        request.close();
    }

    /// Reports the failure of a request. The default is [`Server::default_handle_error`].
    fn handle_error(&self, request: &Request, failure: &Failure) {
        Server::default_handle_error(request, failure);
    }

    /// Reports trouble of the server, such as a full table of descriptors. It runs in the thread that has noticed it,
    /// perhaps in several at the same time, and must not take long: a serve loop may wait for it. A panic is ignored.
    /// The default is [`Server::default_handle_trouble`].
    fn handle_trouble(&self, server: &Server, trouble: &Trouble) {
        server.default_handle_trouble(trouble);
    }

    /// Runs when [`Server::handle_request`] found no request within the server's timeout. An error is
    /// returned to the caller of `handle_request`. The default does nothing.
    fn handle_timeout(&self, server: &Server) -> Result<()> {
        let _ = server;
        Ok(())
    }

    /// Runs in `serve_forever` after each request and after each `poll_interval`. An error ends
    /// `serve_forever`. The default does nothing.
    fn service_actions(&self, server: &Server) -> Result<()> {
        let _ = server;
        Ok(())
    }

    /// Returns whether `service_actions` does anything. If it does nothing, an idle loop is not woken,
    /// whatever its `poll_interval`.
    ///
    /// The default is `true`, because a program that replaces hooks may replace `service_actions`.
    fn has_service_actions(&self) -> bool {
        true
    }

    /// Returns whether `get_request` returns at once when no client is there. If so, the loop calls it again
    /// without a poll while clients are waiting.
    ///
    /// The default `get_request` never waits. This method returns `false` by default, because a program that
    /// replaces hooks may replace `get_request`. Return `true` if you have not replaced it, or if your
    /// replacement does not wait.
    fn get_request_never_waits(&self) -> bool {
        false
    }

    /// Runs in each thread of the server, around its whole life. `name` is the name of the thread. It must
    /// call `body` once; `body` returns when the thread should end.
    fn thread_main(&self, name: &str, body: &mut dyn FnMut()) {
        let _ = name;
        body();
    }
}

/// The hooks of a server that replaces none: every step is the default.
pub(crate) struct DefaultHooks;

impl Hooks for DefaultHooks {
    fn has_service_actions(&self) -> bool {
        false
    }

    fn get_request_never_waits(&self) -> bool {
        true
    }
}
