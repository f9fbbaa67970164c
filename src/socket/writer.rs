//! Buffered writing to a socket.

use std::io::{self, Write};
use std::ops::Deref;
use std::thread;

use super::Socket;
use super::reader::DEFAULT_BUFFER_SIZE;
use crate::deadline::Limit;
use crate::error::{Error, Result};

/// A buffered writer over a `&Socket`, an `Arc<Socket>` or the like.
///
/// Its calls follow the socket's timeout. What could not be sent stays in the buffer, and is sent, once, by a later call;
/// dropping the writer sends it too, and hides the error: call [`SocketWriter::flush`] to see it.
/// The buffer is allocated by the first write that needs it.
#[derive(Debug)]
pub struct SocketWriter<S: Deref<Target = Socket>> {
    socket: S,
    /// The bytes from `start` on are still to be sent.
    buffer: Vec<u8>,
    start: usize,
    limit: usize,
}

impl<S: Deref<Target = Socket>> SocketWriter<S> {
    /// A writer that holds back at most [`DEFAULT_BUFFER_SIZE`] bytes.
    pub fn new(socket: S) -> Self {
        Self::with_capacity(DEFAULT_BUFFER_SIZE, socket)
    }

    /// A writer that holds back at most `capacity` bytes; with 0 every write is sent at once.
    pub fn with_capacity(capacity: usize, socket: S) -> Self {
        SocketWriter { socket, buffer: Vec::new(), start: 0, limit: capacity }
    }

    /// The socket.
    pub fn get_ref(&self) -> &S {
        &self.socket
    }

    /// The bytes that are still to be sent.
    pub fn buffer(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Writes bytes (`write`): sent, or kept to be sent later. Returns how many were taken.
    ///
    /// These are all, unless sending fails after some: the next call then meets the error again. Fails as
    /// [`Socket::send`] does, and has then taken nothing. One timeout limits the whole call.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.keep(bytes)? {
            return Ok(bytes.len());
        }
        let limit = self.socket.whole(Limit::Timeout);
        self.flush_until(limit)?;
        if self.keep(bytes)? {
            return Ok(bytes.len());
        }
        match self.socket.sendall_until(bytes, 0, limit) {
            Ok(()) => Ok(bytes.len()),
            Err(partial) if partial.sent > 0 => Ok(partial.sent),
            Err(partial) => Err(partial.error),
        }
    }

    /// Sends what is buffered (`flush`), within one timeout.
    ///
    /// Fails as [`Socket::send`] does; what was not sent is kept.
    pub fn flush(&mut self) -> Result<()> {
        self.flush_until(Limit::Timeout)
    }

    fn flush_until(&mut self, limit: Limit) -> Result<()> {
        if self.buffer().is_empty() {
            return Ok(());
        }
        match self.socket.sendall_until(&self.buffer[self.start..], 0, limit) {
            Ok(()) => {
                self.buffer.clear();
                self.start = 0;
                Ok(())
            }
            Err(partial) => {
                self.start += partial.sent;
                Err(partial.error)
            }
        }
    }

    /// Buffers the bytes if there is room for all of them.
    fn keep(&mut self, bytes: &[u8]) -> Result<bool> {
        if bytes.is_empty() {
            return Ok(true);
        }
        // What would fill the buffer at once is better sent from where it is.
        if self.buffer().len() + bytes.len() > self.limit || bytes.len() == self.limit {
            return Ok(false);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.try_reserve(bytes.len()).map_err(|_| Error::Os(libc::ENOMEM))?;
        self.buffer.extend_from_slice(bytes);
        Ok(true)
    }
}

impl<S: Deref<Target = Socket>> Write for SocketWriter<S> {
    /// [`SocketWriter::write`].
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(SocketWriter::write(self, bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(SocketWriter::flush(self)?)
    }
}

impl<S: Deref<Target = Socket>> Drop for SocketWriter<S> {
    fn drop(&mut self) {
        // A thread that panics does not know what it has written.
        if !thread::panicking() {
            let _ = SocketWriter::flush(self);
        }
    }
}
