//! What a handler answers about its connection.

/// What happens to a connection after a handler has run: the answer of a handler. `()` stands for
/// [`Next::End`].
///
/// ```
/// use tabi::server::{HandlerResult, Next, Request, ThreadingTcpServer};
///
/// let echo = |request: &Request| -> HandlerResult<Next> {
///     let bytes = request.socket().recv(1024)?;
///     if bytes.is_empty() {
///         return Ok(Next::End);
///     }
///     request.socket().sendall(&bytes)?;
///     Ok(Next::Park)
/// };
/// let server = ThreadingTcpServer::new(("127.0.0.1", 0), echo)?;
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the answer of a handler says what happens to its connection"]
pub enum Next {
    /// The server ends the connection.
    End,
    /// The connection waits without a thread. The handler is called again when there is something to read: bytes,
    /// the end of the stream, or an error. Bytes in the [reader of the request](super::Request::rfile) count, so
    /// that the handler is called again for them at once.
    ///
    /// A handler that parks at the end of the stream, after which nothing can come, ends the connection.
    Park,
    /// Like [`Next::Park`], in the middle of a request: what has come of it so far is not all of it. So a client that
    /// sends its request slowly has no thread in the meantime.
    ///
    /// The time of [`request_deadline`](crate::server::ServerOptions::request_deadline) goes on. Without such a limit,
    /// [`idle_timeout`](crate::server::ServerOptions::idle_timeout) limits the wait for the next piece.
    More,
    /// The handler is called again without waiting, because it knows of something to read that the server cannot
    /// see, such as bytes that a TLS library has decrypted. If other requests wait for a thread, they come first.
    Again,
}

impl From<()> for Next {
    fn from((): ()) -> Next {
        Next::End
    }
}
