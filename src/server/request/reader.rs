//! The buffered reader that belongs to a connection.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};

use super::{Body, Request};
use crate::error::{Error, Result};
use crate::memory;
use crate::server::lock;
use crate::socket::{DEFAULT_BUFFER_SIZE, Socket, SocketReader};

type Reader = SocketReader<Arc<Socket>>;

/// The reader of a request, which is made when it is first used.
#[derive(Default)]
pub(super) struct OwnReader(OnceLock<Box<Mutex<Reader>>>);

/// The buffered reader of a request, from [`Request::rfile`]. It derefs to a [`SocketReader`], and is free for the
/// next user when it is dropped.
pub struct RequestReader<'a>(MutexGuard<'a, Reader>);

impl Request {
    /// Returns the buffered reader of a stream client (`self.rfile` of a `StreamRequestHandler`). It lives as long as
    /// the connection, so what it has read and a handler has not used is there when the handler is called again.
    ///
    /// Fails with [`Error::Type`] for a datagram or a job, with [`Error::Value`] while the reader is used elsewhere,
    /// and with `Os(ENOMEM)`.
    ///
    /// ```
    /// use tabi::server::{HandlerResult, Next, Request, ThreadingTcpServer};
    ///
    /// let shout = |request: &Request| -> HandlerResult<Next> {
    ///     let line = request.rfile()?.readline(1000)?;
    ///     if line.is_empty() {
    ///         return Ok(Next::End);
    ///     }
    ///     request.reply(&line.to_ascii_uppercase())?;
    ///     Ok(Next::Park)
    /// };
    /// let server = ThreadingTcpServer::new(("127.0.0.1", 0), shout)?;
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn rfile(&self) -> Result<RequestReader<'_>> {
        self.rfile_with_capacity(DEFAULT_BUFFER_SIZE)
    }

    /// [`Request::rfile`] with a reader that reads at most this many bytes ahead, if there is no reader yet.
    pub(super) fn rfile_with_capacity(&self, capacity: usize) -> Result<RequestReader<'_>> {
        RequestReader::lock(self.reader(capacity)?)
    }

    /// The reader behind [`Request::rfile`]. It stays where it is until the request is dropped.
    #[cfg(feature = "capi")]
    pub(crate) fn own_reader(&self) -> Result<&Mutex<SocketReader<Arc<Socket>>>> {
        self.reader(DEFAULT_BUFFER_SIZE)
    }

    fn reader(&self, capacity: usize) -> Result<&Mutex<Reader>> {
        let Body::Stream(socket) = &self.parts.body else {
            return Err(Error::type_error("only a stream client has a reader"));
        };
        if let Some(reader) = self.parts.reader.0.get() {
            return Ok(reader);
        }
        let new = Reader::with_capacity(capacity, Arc::clone(socket));
        let new = memory::boxed(Mutex::new(new))?;
        Ok(self.parts.reader.0.get_or_init(|| new))
    }

    /// Whether the reader has bytes that no handler has used yet.
    pub(super) fn has_read_ahead(&self) -> bool {
        self.parts.reader.0.get().is_some_and(|reader| !lock(reader).buffer().is_empty())
    }
}

impl<'a> RequestReader<'a> {
    /// Takes a reader, or fails with [`Error::Value`] while it is used elsewhere.
    pub(crate) fn lock(reader: &'a Mutex<Reader>) -> Result<RequestReader<'a>> {
        match reader.try_lock() {
            Ok(guard) => Ok(RequestReader(guard)),
            Err(TryLockError::Poisoned(poisoned)) => Ok(RequestReader(poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => Err(Error::value("the reader of the request is in use already")),
        }
    }
}

impl Deref for RequestReader<'_> {
    type Target = SocketReader<Arc<Socket>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for RequestReader<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl fmt::Debug for RequestReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
