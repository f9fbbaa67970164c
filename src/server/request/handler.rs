//! Handlers: what answers a request.

use std::any::type_name;
use std::cell::RefCell;
use std::fmt;

use super::failure::{Failure, HandlerResult, caught};
use super::{BoxedError, Next, Request};
use crate::memory;

/// What answers the requests of a server (`socketserver.BaseRequestHandler`): a function, a closure, or a
/// type with the methods `setup`, `handle` and `finish`.
///
/// A function is a `Fn(&Request) -> Result<T, E>`. `T` is `()`, after which the server ends the connection, or
/// [`Next`]. `E` is any error type, or another type that converts to a `Box<dyn Error + Send + Sync>`. A closure
/// that uses `?` must name its error type; [`HandlerResult`] is right for all errors. A failure goes to [`Hooks::handle_error`](crate::server::Hooks::handle_error)
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
/// use tabi::server::{HandlerResult, Next, Request, RequestHandler, TcpServer};
///
/// struct Greeter {
///     greeting: &'static str,
/// }
///
/// impl RequestHandler for Greeter {
///     fn handle(&self, request: &Request) -> HandlerResult<Next> {
///         request.socket().sendall(self.greeting.as_bytes())?;
///         Ok(Next::End)
///     }
/// }
///
/// let server = TcpServer::new(("127.0.0.1", 0), Greeter { greeting: "hello world" })?;
/// # Ok::<(), tabi::Error>(())
/// ```
pub trait RequestHandler: Send + Sync + 'static {
    /// Prepares the handling; it runs once, before the first `handle` of the connection. If it fails, `handle` and
    /// `finish` do not run. The default does nothing.
    fn setup(&self, request: &Request) -> HandlerResult {
        let _ = request;
        Ok(())
    }

    /// Answers what the client has sent, and says what happens to the connection.
    fn handle(&self, request: &Request) -> HandlerResult<Next>;

    /// Runs once, after the last `handle` of the connection, even if that has failed or panicked. The default
    /// does nothing.
    fn finish(&self, request: &Request) -> HandlerResult {
        let _ = request;
        Ok(())
    }

    /// Runs `handle`, before its first call `setup`, and after its last call `finish`. The first failure is the one
    /// that is reported.
    fn run(&self, request: &Request) -> Result<Next, Failure> {
        request.turn(|| self.setup(request), || self.handle(request), || self.finish(request))
    }
}

impl<F, T, E> RequestHandler for F
where
    F: Fn(&Request) -> Result<T, E> + Send + Sync + 'static,
    T: Into<Next>,
    E: Into<BoxedError>,
{
    fn handle(&self, request: &Request) -> HandlerResult<Next> {
        self(request).map(Into::into).map_err(Into::into)
    }
}

/// A handler object for one request, as in Python; see [`PerRequest`].
pub trait BaseRequestHandler: Send + 'static {
    /// Prepares the handling; it runs once, before the first `handle` of the connection. If it fails, `handle` and
    /// `finish` do not run. The default does nothing.
    fn setup(&mut self, request: &Request) -> HandlerResult {
        let _ = request;
        Ok(())
    }

    /// Answers what the client has sent, and says what happens to the connection.
    fn handle(&mut self, request: &Request) -> HandlerResult<Next>;

    /// Runs once, after the last `handle` of the connection, even if that has failed or panicked. The default
    /// does nothing.
    fn finish(&mut self, request: &Request) -> HandlerResult {
        let _ = request;
        Ok(())
    }
}

/// A handler that makes a [`BaseRequestHandler`] for each request by calling a function. The object stays with the
/// connection while it is parked, and each `handle` may run in another thread.
///
/// ```
/// use tabi::server::{BaseRequestHandler, HandlerResult, Next, PerRequest, Request, ThreadingTcpServer};
///
/// #[derive(Default)]
/// struct Counter {
///     bytes: usize,
/// }
///
/// impl BaseRequestHandler for Counter {
///     fn handle(&mut self, request: &Request) -> HandlerResult<Next> {
///         let mut buffer = [0; 1024];
///         let n = request.socket().recv_into(&mut buffer)?;
///         if n > 0 {
///             self.bytes += n;
///             return Ok(Next::Park);
///         }
///         request.reply(self.bytes.to_string().as_bytes())?;
///         Ok(Next::End)
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

impl<F> fmt::Debug for PerRequest<F> {
    /// Writes the name of the function's type.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PerRequest({})", type_name::<F>())
    }
}

impl<F, H> RequestHandler for PerRequest<F>
where
    F: Fn(&Request) -> H + Send + Sync + 'static,
    H: BaseRequestHandler,
{
    fn handle(&self, request: &Request) -> HandlerResult<Next> {
        (self.0)(request).handle(request)
    }

    fn run(&self, request: &Request) -> Result<Next, Failure> {
        let handler = match request.take_object::<H>() {
            Some(handler) => handler,
            None => caught(|| Ok::<_, Failure>((self.0)(request)))?,
        };
        let handler = RefCell::new(handler);
        // Memory for the object is taken before the turn ends, so that without memory `finish` still runs.
        let mut place = None;
        let next = request.turn(
            || handler.borrow_mut().setup(request),
            || {
                let next = handler.borrow_mut().handle(request)?;
                if next != Next::End {
                    place = Some(memory::Place::new()?);
                }
                Ok(next)
            },
            || handler.borrow_mut().finish(request),
        )?;
        if let (Some(place), Next::Park | Next::More | Next::Again) = (place, next) {
            request.keep_object(place.fill(handler.into_inner()));
        }
        Ok(next)
    }
}
