//! Handlers that use files instead of sockets: Python's `StreamRequestHandler` and `DatagramRequestHandler`.

use std::any::type_name;
use std::fmt;
use std::io::Cursor;
use std::time::Duration;

use super::{BoxedError, Failure, HandlerResult, Next, Request, RequestHandler, RequestReader, caught};
use crate::error::{Error, Result};
use crate::socket::{DEFAULT_BUFFER_SIZE, IntoTimeout, Socket, SocketWriter, checked_timeout};
use crate::sys::libc;

/// A handler that gives its function a buffered reader and a writer for each stream client
/// (`socketserver.StreamRequestHandler`).
///
/// ```
/// use std::io::Write;
/// use tabi::server::{HandlerResult, Next, StreamRequestHandler, ThreadingTcpServer};
///
/// let shout = StreamRequestHandler::new(|stream| -> HandlerResult<Next> {
///     let line = stream.rfile.readline(1000)?;
///     if line.is_empty() {
///         return Ok(Next::End);
///     }
///     stream.wfile.write_all(&line.to_ascii_uppercase())?;
///     Ok(Next::Park)
/// });
/// let server = ThreadingTcpServer::new(("127.0.0.1", 0), shout.timeout(30.0)?)?;
/// # Ok::<(), tabi::Error>(())
/// ```
#[must_use = "a handler does nothing until a server is made with it"]
pub struct StreamRequestHandler<F> {
    handle: F,
    timeout: Option<Duration>,
    disable_nagle_algorithm: bool,
    rbufsize: usize,
    wbufsize: usize,
}

impl<F> fmt::Debug for StreamRequestHandler<F> {
    /// Writes the settings, without the function.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRequestHandler")
            .field("timeout", &self.timeout)
            .field("disable_nagle_algorithm", &self.disable_nagle_algorithm)
            .field("rbufsize", &self.rbufsize)
            .field("wbufsize", &self.wbufsize)
            .finish_non_exhaustive()
    }
}

/// The argument of the function of a [`StreamRequestHandler`].
#[derive(Debug)]
#[non_exhaustive]
pub struct StreamRequest<'a> {
    /// The request itself.
    pub request: &'a Request,
    /// Reads what the client sends. It is the [reader of the request](Request::rfile), so what it has read stays
    /// there while the connection is parked.
    pub rfile: RequestReader<'a>,
    /// Writes to the client. It is unbuffered unless [`StreamRequestHandler::wbufsize`] was set, and is
    /// flushed each time when the function has returned.
    pub wfile: SocketWriter<&'a Socket>,
}

impl<F, T, E> StreamRequestHandler<F>
where
    F: Fn(&mut StreamRequest<'_>) -> Result<T, E> + Send + Sync + 'static,
    T: Into<Next>,
    E: Into<BoxedError>,
{
    /// Makes a handler that calls this function for each client, and again when the client's connection was parked
    /// and there is more.
    pub fn new(handle: F) -> Self {
        StreamRequestHandler {
            handle,
            timeout: None,
            disable_nagle_algorithm: false,
            rbufsize: DEFAULT_BUFFER_SIZE,
            wbufsize: 0,
        }
    }

    /// Sets the timeout of each client's socket (`timeout`). By default the socket keeps its timeout.
    ///
    /// Fails as [`Socket::settimeout`] does.
    pub fn timeout(mut self, timeout: impl IntoTimeout) -> Result<Self> {
        self.timeout = checked_timeout(timeout)?;
        Ok(self)
    }

    /// Sets whether the client's socket gets `TCP_NODELAY` (`disable_nagle_algorithm`), for handlers with a
    /// `wbufsize`. The default is false.
    pub fn disable_nagle_algorithm(mut self, disable: bool) -> Self {
        self.disable_nagle_algorithm = disable;
        self
    }

    /// Sets the most bytes that are read ahead (`rbufsize`). The default is [`DEFAULT_BUFFER_SIZE`]; 0 means
    /// none.
    pub fn rbufsize(mut self, bytes: usize) -> Self {
        self.rbufsize = bytes;
        self
    }

    /// Sets the most bytes that are kept before they are sent (`wbufsize`). The default is 0.
    pub fn wbufsize(mut self, bytes: usize) -> Self {
        self.wbufsize = bytes;
        self
    }

    fn open<'a>(&self, request: &'a Request) -> Result<StreamRequest<'a>> {
        Ok(StreamRequest {
            request,
            rfile: request.rfile_with_capacity(self.rbufsize)?,
            wfile: SocketWriter::with_capacity(self.wbufsize, request.socket()),
        })
    }

    fn set_options(&self, socket: &Socket) -> Result<()> {
        if self.timeout.is_some() {
            socket.settimeout(self.timeout)?;
        }
        if self.disable_nagle_algorithm {
            socket.setsockopt(libc::IPPROTO_TCP, libc::TCP_NODELAY, 1)?;
        }
        Ok(())
    }
}

impl<F, T, E> RequestHandler for StreamRequestHandler<F>
where
    F: Fn(&mut StreamRequest<'_>) -> Result<T, E> + Send + Sync + 'static,
    T: Into<Next>,
    E: Into<BoxedError>,
{
    fn setup(&self, request: &Request) -> HandlerResult {
        if request.is_datagram() {
            return Err(Error::type_error("a StreamRequestHandler cannot answer a datagram").into());
        }
        Ok(self.set_options(request.socket())?)
    }

    fn handle(&self, request: &Request) -> HandlerResult<Next> {
        let mut stream = self.open(request)?;
        let handled = caught(|| (self.handle)(&mut stream).map(Into::into));
        let flushed = stream.wfile.flush();
        let next = or_panic(handled)?;
        if next != Next::End {
            flushed?;
        }
        // At the end the client may have closed its connection. The result of the handler counts, so this error is
        // ignored.
        Ok(next)
    }
}

/// A handler whose function writes its answer to each datagram into a file. At the end, the content of the
/// file is sent as one datagram (`socketserver.DatagramRequestHandler`).
///
/// As in Python, it is sent even when it is empty or the function has failed.
///
/// ```
/// use std::io::Read;
/// use tabi::server::{DatagramRequestHandler, UdpServer};
///
/// let echo = DatagramRequestHandler::new(|datagram| datagram.rfile.read_to_end(&mut datagram.wfile).map(drop));
/// let server = UdpServer::new(("127.0.0.1", 0), echo)?;
/// # Ok::<(), tabi::Error>(())
/// ```
#[must_use = "a handler does nothing until a server is made with it"]
pub struct DatagramRequestHandler<F> {
    handle: F,
}

impl<F> fmt::Debug for DatagramRequestHandler<F> {
    /// Writes the name of the function's type.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatagramRequestHandler({})", type_name::<F>())
    }
}

/// The argument of the function of a [`DatagramRequestHandler`].
#[derive(Debug)]
#[non_exhaustive]
pub struct DatagramRequest<'a> {
    /// The request itself.
    pub request: &'a Request,
    /// Reads the bytes of the datagram.
    pub rfile: Cursor<&'a [u8]>,
    /// The answer.
    pub wfile: Vec<u8>,
}

impl<F, E> DatagramRequestHandler<F>
where
    F: Fn(&mut DatagramRequest<'_>) -> Result<(), E> + Send + Sync + 'static,
    E: Into<BoxedError>,
{
    /// Makes a handler that calls this function for each datagram.
    pub fn new(handle: F) -> Self {
        DatagramRequestHandler { handle }
    }
}

impl<F, E> RequestHandler for DatagramRequestHandler<F>
where
    F: Fn(&mut DatagramRequest<'_>) -> Result<(), E> + Send + Sync + 'static,
    E: Into<BoxedError>,
{
    fn handle(&self, request: &Request) -> HandlerResult<Next> {
        or_panic(self.run(request))
    }

    fn run(&self, request: &Request) -> Result<Next, Failure> {
        if !request.is_datagram() {
            return Err(Error::type_error("a DatagramRequestHandler cannot answer a stream").into());
        }
        let rfile = Cursor::new(request.packet());
        let mut datagram = DatagramRequest { request, rfile, wfile: Vec::new() };
        let handled = caught(|| (self.handle)(&mut datagram));
        let answered = request.reply(&datagram.wfile);
        handled.and(answered.map_err(Failure::from)).map(Into::into)
    }
}

/// Converts a failure to the result of `handle`. A panic goes on, because `handle` does not catch panics.
fn or_panic(result: Result<Next, Failure>) -> HandlerResult<Next> {
    match result {
        Ok(next) => Ok(next),
        Err(Failure::Error(error)) => Err(error),
        Err(Failure::Panic(text)) => std::panic::resume_unwind(Box::new(text)),
    }
}
