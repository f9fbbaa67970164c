//! Handlers: what answers a request.

use super::failure::{Failure, HandlerResult, caught};
use super::{BoxedError, Request};

/// What answers the requests of a server (`socketserver.BaseRequestHandler`): a function, a closure, or a
/// type with the methods `setup`, `handle` and `finish`.
///
/// A function is a `Fn(&Request) -> Result<(), E>`. `E` is any error type, or another type that converts to a
/// `Box<dyn Error + Send + Sync>`. A closure that uses `?` must name its error type; [`HandlerResult`] is
/// right for all errors. A failure goes to [`Hooks::handle_error`](crate::server::Hooks::handle_error)
/// unchanged.
///
/// ```
/// use tabi::server::{HandlerResult, Request, ThreadingTcpServer};
///
/// let server = ThreadingTcpServer::new(("127.0.0.1", 0), |request: &Request| -> HandlerResult {
///     let text = String::from_utf8(request.socket().recv(1024)?)?;
///     let number: i64 = text.trim().parse()?;
///     request.socket().sendall((number + 1).to_string().as_bytes())?;
///     Ok(())
/// })?;
///
/// let greeter = ThreadingTcpServer::new(("127.0.0.1", 0), |request: &Request| request.socket().sendall(b"hello"))?;
/// # Ok::<(), tabi::Error>(())
/// ```
///
/// One object answers all requests, perhaps several at the same time. [`PerRequest`] makes a new object for
/// each request.
///
/// ```
/// use tabi::server::{HandlerResult, Request, RequestHandler, TcpServer};
///
/// struct Greeter {
///     greeting: &'static str,
/// }
///
/// impl RequestHandler for Greeter {
///     fn handle(&self, request: &Request) -> HandlerResult {
///         Ok(request.socket().sendall(self.greeting.as_bytes())?)
///     }
/// }
///
/// let server = TcpServer::new(("127.0.0.1", 0), Greeter { greeting: "hello world" })?;
/// # Ok::<(), tabi::Error>(())
/// ```
pub trait RequestHandler: Send + Sync + 'static {
    /// Prepares the handling; it runs first. If it fails, `handle` and `finish` do not run. The default does
    /// nothing.
    fn setup(&self, request: &Request) -> HandlerResult {
        let _ = request;
        Ok(())
    }

    /// Answers the request. The server ends the connection afterwards.
    fn handle(&self, request: &Request) -> HandlerResult;

    /// Runs after `handle`, even if `handle` has failed or panicked. The default does nothing.
    fn finish(&self, request: &Request) -> HandlerResult {
        let _ = request;
        Ok(())
    }

    /// Runs `setup`, `handle` and `finish`. The first failure is the one that is reported.
    fn run(&self, request: &Request) -> Result<(), Failure> {
        in_turn(|| self.setup(request), || self.handle(request), || self.finish(request))
    }
}

impl<F, E> RequestHandler for F
where
    F: Fn(&Request) -> Result<(), E> + Send + Sync + 'static,
    E: Into<BoxedError>,
{
    fn handle(&self, request: &Request) -> HandlerResult {
        self(request).map_err(Into::into)
    }
}

/// A handler object for one request, as in Python; see [`PerRequest`].
pub trait BaseRequestHandler {
    /// Prepares the handling; it runs first. If it fails, `handle` and `finish` do not run. The default does
    /// nothing.
    fn setup(&mut self, request: &Request) -> HandlerResult {
        let _ = request;
        Ok(())
    }

    /// Answers the request. The server ends the connection afterwards.
    fn handle(&mut self, request: &Request) -> HandlerResult;

    /// Runs after `handle`, even if `handle` has failed or panicked. The default does nothing.
    fn finish(&mut self, request: &Request) -> HandlerResult {
        let _ = request;
        Ok(())
    }
}

/// A handler that makes a [`BaseRequestHandler`] for each request by calling a function.
///
/// ```
/// use tabi::server::{BaseRequestHandler, HandlerResult, PerRequest, Request, ThreadingTcpServer};
///
/// #[derive(Default)]
/// struct Counter {
///     bytes: usize,
/// }
///
/// impl BaseRequestHandler for Counter {
///     fn handle(&mut self, request: &Request) -> HandlerResult {
///         let mut buffer = [0; 1024];
///         while let n @ 1.. = request.socket().recv_into(&mut buffer)? {
///             self.bytes += n;
///         }
///         Ok(request.reply(self.bytes.to_string().as_bytes())?)
///     }
/// }
///
/// let server = ThreadingTcpServer::new(("127.0.0.1", 0), PerRequest(|_: &Request| Counter::default()))?;
/// # Ok::<(), tabi::Error>(())
/// ```
pub struct PerRequest<F>(
    /// Called once for each request, before `setup`.
    pub F,
);

impl<F, H> RequestHandler for PerRequest<F>
where
    F: Fn(&Request) -> H + Send + Sync + 'static,
    H: BaseRequestHandler,
{
    fn handle(&self, request: &Request) -> HandlerResult {
        (self.0)(request).handle(request)
    }

    fn run(&self, request: &Request) -> Result<(), Failure> {
        let handler = std::cell::RefCell::new(caught(|| Ok::<_, Failure>((self.0)(request)))?);
        in_turn(
            || handler.borrow_mut().setup(request),
            || handler.borrow_mut().handle(request),
            || handler.borrow_mut().finish(request),
        )
    }
}

fn in_turn(
    setup: impl FnOnce() -> HandlerResult,
    handle: impl FnOnce() -> HandlerResult,
    finish: impl FnOnce() -> HandlerResult,
) -> Result<(), Failure> {
    caught(setup)?;
    let handled = caught(handle);
    let finished = caught(finish);
    handled.and(finished)
}
