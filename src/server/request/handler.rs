//! What answers a request.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Request;
use crate::error::{Error, Result};

/// What answers the requests of a server (`socketserver.BaseRequestHandler`): any
/// `Fn(&Request) -> tabi::Result<()>`, or a type with `setup`, `handle` and `finish`.
///
/// One object answers all requests, perhaps several at once. For an object each, see [`PerRequest`].
///
/// ```
/// use tabi::Result;
/// use tabi::server::{Request, RequestHandler, TcpServer};
///
/// struct Greeter {
///     greeting: &'static str,
/// }
///
/// impl RequestHandler for Greeter {
///     fn handle(&self, request: &Request) -> Result<()> {
///         Ok(request.socket().sendall(self.greeting.as_bytes())?)
///     }
/// }
///
/// let server = TcpServer::new(("127.0.0.1", 0), Greeter { greeting: "hello world" })?;
/// # Ok::<(), tabi::Error>(())
/// ```
pub trait RequestHandler: Send + Sync + 'static {
    /// Runs first. When it fails, neither `handle` nor `finish` runs.
    fn setup(&self, request: &Request) -> Result<()> {
        let _ = request;
        Ok(())
    }

    /// Answers the request; the server ends the connection afterwards.
    fn handle(&self, request: &Request) -> Result<()>;

    /// Runs after `handle`, also when that has failed or panicked.
    fn finish(&self, request: &Request) -> Result<()> {
        let _ = request;
        Ok(())
    }

    /// Runs the three in turn. The first failure is the one that is reported.
    fn run(&self, request: &Request) -> Result<(), Failure> {
        in_turn(|| self.setup(request), || self.handle(request), || self.finish(request))
    }
}

impl<F> RequestHandler for F
where
    F: Fn(&Request) -> Result<()> + Send + Sync + 'static,
{
    fn handle(&self, request: &Request) -> Result<()> {
        self(request)
    }
}

/// A handler object that lives for one request, as Python's do.
pub trait BaseRequestHandler {
    /// Runs first. When it fails, neither `handle` nor `finish` runs.
    fn setup(&mut self, request: &Request) -> Result<()> {
        let _ = request;
        Ok(())
    }

    /// Answers the request; the server ends the connection afterwards.
    fn handle(&mut self, request: &Request) -> Result<()>;

    /// Runs after `handle`, also when that has failed or panicked.
    fn finish(&mut self, request: &Request) -> Result<()> {
        let _ = request;
        Ok(())
    }
}

/// Makes a [`BaseRequestHandler`] for each request by calling a function.
///
/// ```
/// use tabi::Result;
/// use tabi::server::{BaseRequestHandler, PerRequest, Request, ThreadingTcpServer};
///
/// #[derive(Default)]
/// struct Counter {
///     bytes: usize,
/// }
///
/// impl BaseRequestHandler for Counter {
///     fn handle(&mut self, request: &Request) -> Result<()> {
///         let mut buffer = [0; 1024];
///         while let n @ 1.. = request.socket().recv_into(&mut buffer)? {
///             self.bytes += n;
///         }
///         request.reply(self.bytes.to_string().as_bytes())
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
    fn handle(&self, request: &Request) -> Result<()> {
        (self.0)(request).handle(request)
    }

    fn run(&self, request: &Request) -> Result<(), Failure> {
        let handler = std::cell::RefCell::new(caught(|| Ok::<_, Error>((self.0)(request)))?);
        in_turn(
            || handler.borrow_mut().setup(request),
            || handler.borrow_mut().handle(request),
            || handler.borrow_mut().finish(request),
        )
    }
}

fn in_turn(
    setup: impl FnOnce() -> Result<()>,
    handle: impl FnOnce() -> Result<()>,
    finish: impl FnOnce() -> Result<()>,
) -> Result<(), Failure> {
    caught(setup)?;
    let handled = caught(handle);
    let finished = caught(finish);
    handled.and(finished)
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The handler returned an error.
    Error(Error),
    /// The handler panicked; the text is the panic's own.
    Panic(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Error(error) => error.fmt(f),
            Failure::Panic(text) => write!(f, "panic: {text}"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Failure::Error(error) => Some(error),
            Failure::Panic(_) => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

/// Calls out, and makes a failure of a panic.
pub(crate) fn caught<T, E: Into<Failure>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(Into::into),
        Err(payload) => Err(Failure::Panic(text_of(payload.as_ref()))),
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".to_owned())
}
