//! Handlers that read and write files, not sockets: Python's `StreamRequestHandler` and `DatagramRequestHandler`.

use std::fmt;
use std::io::Cursor;
use std::time::Duration;

use super::{BoxedError, Failure, HandlerResult, Request, RequestHandler, caught};
use crate::error::{Error, Result};
use crate::socket::{DEFAULT_BUFFER_SIZE, IntoTimeout, Socket, SocketReader, SocketWriter, checked_timeout};

/// Answers stream clients through a buffered reader and a writer (`socketserver.StreamRequestHandler`).
///
/// ```
/// use std::io::Write;
/// use tabi::server::{HandlerResult, StreamRequestHandler, ThreadingTcpServer};
///
/// let shout = StreamRequestHandler::new(|stream| -> HandlerResult {
///     loop {
///         let line = stream.rfile.readline(1000)?;
///         if line.is_empty() {
///             return Ok(());
///         }
///         stream.wfile.write_all(&line.to_ascii_uppercase())?;
///     }
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
    /// The settings; the function has no text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRequestHandler")
            .field("timeout", &self.timeout)
            .field("disable_nagle_algorithm", &self.disable_nagle_algorithm)
            .field("rbufsize", &self.rbufsize)
            .field("wbufsize", &self.wbufsize)
            .finish_non_exhaustive()
    }
}

/// What a [`StreamRequestHandler`] works with.
#[derive(Debug)]
#[non_exhaustive]
pub struct StreamRequest<'a> {
    /// The request itself.
    pub request: &'a Request,
    /// What the client sends.
    pub rfile: SocketReader<&'a Socket>,
    /// What the client gets; unbuffered unless [`StreamRequestHandler::wbufsize`] says otherwise, and flushed at the end.
    pub wfile: SocketWriter<&'a Socket>,
}

impl<F, E> StreamRequestHandler<F>
where
    F: Fn(&mut StreamRequest<'_>) -> Result<(), E> + Send + Sync + 'static,
    E: Into<BoxedError>,
{
    /// A handler that calls this function for each client.
    pub fn new(handle: F) -> Self {
        StreamRequestHandler {
            handle,
            timeout: None,
            disable_nagle_algorithm: false,
            rbufsize: DEFAULT_BUFFER_SIZE,
            wbufsize: 0,
        }
    }

    /// The timeout of each client's socket (`timeout`); by default the socket's own.
    ///
    /// Fails as [`Socket::settimeout`] does.
    pub fn timeout(mut self, timeout: impl IntoTimeout) -> Result<Self> {
        self.timeout = checked_timeout(timeout)?;
        Ok(self)
    }

    /// Whether to set `TCP_NODELAY` (`disable_nagle_algorithm`), for handlers with a `wbufsize`; by default not.
    pub fn disable_nagle_algorithm(mut self, disable: bool) -> Self {
        self.disable_nagle_algorithm = disable;
        self
    }

    /// The most bytes that are read ahead (`rbufsize`): [`DEFAULT_BUFFER_SIZE`] by default, 0 for none.
    pub fn rbufsize(mut self, bytes: usize) -> Self {
        self.rbufsize = bytes;
        self
    }

    /// The most bytes that are held back before they are sent (`wbufsize`); 0 by default.
    pub fn wbufsize(mut self, bytes: usize) -> Self {
        self.wbufsize = bytes;
        self
    }

    fn open<'a>(&self, request: &'a Request) -> Result<StreamRequest<'a>> {
        if request.is_datagram() {
            return Err(Error::type_error("a StreamRequestHandler cannot answer a datagram"));
        }
        let socket = request.socket();
        if self.timeout.is_some() {
            socket.settimeout(self.timeout)?;
        }
        if self.disable_nagle_algorithm {
            socket.setsockopt(libc::IPPROTO_TCP, libc::TCP_NODELAY, 1)?;
        }
        Ok(StreamRequest {
            request,
            rfile: SocketReader::with_capacity(self.rbufsize, socket),
            wfile: SocketWriter::with_capacity(self.wbufsize, socket),
        })
    }
}

impl<F, E> RequestHandler for StreamRequestHandler<F>
where
    F: Fn(&mut StreamRequest<'_>) -> Result<(), E> + Send + Sync + 'static,
    E: Into<BoxedError>,
{
    fn handle(&self, request: &Request) -> HandlerResult {
        or_panic(self.run(request))
    }

    fn run(&self, request: &Request) -> Result<(), Failure> {
        let mut stream = self.open(request)?;
        let handled = caught(|| (self.handle)(&mut stream));
        // The client may be gone; what the handler had to say has been said.
        let _ = stream.wfile.flush();
        handled
    }
}

/// Answers datagrams by writing to a file, which is sent at the end as one datagram
/// (`socketserver.DatagramRequestHandler`).
///
/// As in Python it is sent also when it is empty, or when the function has failed.
///
/// ```
/// use std::io::Read;
/// use tabi::server::{DatagramRequestHandler, UdpServer};
///
/// let echo = DatagramRequestHandler::new(|datagram| datagram.rfile.read_to_end(&mut datagram.wfile).map(drop));
/// let server = UdpServer::new(("127.0.0.1", 0), echo)?;
/// # Ok::<(), tabi::Error>(())
/// ```
pub struct DatagramRequestHandler<F> {
    handle: F,
}

/// What a [`DatagramRequestHandler`] works with.
#[derive(Debug)]
#[non_exhaustive]
pub struct DatagramRequest<'a> {
    /// The request itself.
    pub request: &'a Request,
    /// The bytes of the datagram.
    pub rfile: Cursor<&'a [u8]>,
    /// The answer.
    pub wfile: Vec<u8>,
}

impl<F, E> DatagramRequestHandler<F>
where
    F: Fn(&mut DatagramRequest<'_>) -> Result<(), E> + Send + Sync + 'static,
    E: Into<BoxedError>,
{
    /// A handler that calls this function for each datagram.
    pub fn new(handle: F) -> Self {
        DatagramRequestHandler { handle }
    }
}

impl<F, E> RequestHandler for DatagramRequestHandler<F>
where
    F: Fn(&mut DatagramRequest<'_>) -> Result<(), E> + Send + Sync + 'static,
    E: Into<BoxedError>,
{
    fn handle(&self, request: &Request) -> HandlerResult {
        or_panic(self.run(request))
    }

    fn run(&self, request: &Request) -> Result<(), Failure> {
        if !request.is_datagram() {
            return Err(Error::type_error("a DatagramRequestHandler cannot answer a stream").into());
        }
        let rfile = Cursor::new(request.packet());
        let mut datagram = DatagramRequest { request, rfile, wfile: Vec::new() };
        let handled = caught(|| (self.handle)(&mut datagram));
        let answered = request.reply(&datagram.wfile);
        handled.and(answered.map_err(Failure::from))
    }
}

/// A failure as `handle` reports it, whose panics are not caught.
fn or_panic(result: Result<(), Failure>) -> HandlerResult {
    match result {
        Ok(()) => Ok(()),
        Err(Failure::Error(error)) => Err(error),
        Err(Failure::Panic(text)) => std::panic::resume_unwind(Box::new(text)),
    }
}
