//! Buffered writing to a socket.

use std::io::{self, Write};
use std::ops::Deref;
use std::thread;

use super::Socket;
use super::reader::DEFAULT_BUFFER_SIZE;
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::sys::libc;

/// A buffered writer over a `&Socket`, an `Arc<Socket>` or another pointer to a socket.
///
/// The timeout of the socket limits each call. Bytes that could not be sent stay in the buffer, and a later
/// call sends them once. Dropping the writer sends them too, but ignores errors; call [`SocketWriter::flush`]
/// to see the errors. The buffer is allocated by the first write that needs it.
#[derive(Debug)]
pub struct SocketWriter<S: Deref<Target = Socket>> {
    socket: S,
    /// The bytes from `start` on have not been sent yet.
    buffer: Vec<u8>,
    start: usize,
    limit: usize,
}

impl<S: Deref<Target = Socket>> SocketWriter<S> {
    /// Makes a writer that keeps at most [`DEFAULT_BUFFER_SIZE`] bytes before it sends them.
    pub fn new(socket: S) -> Self {
        Self::with_capacity(DEFAULT_BUFFER_SIZE, socket)
    }

    /// Makes a writer that keeps at most `capacity` bytes before it sends them. With 0 every write is sent at
    /// once.
    pub fn with_capacity(capacity: usize, socket: S) -> Self {
        SocketWriter { socket, buffer: Vec::new(), start: 0, limit: capacity }
    }

    /// Returns the socket.
    pub fn get_ref(&self) -> &S {
        &self.socket
    }

    /// Returns the bytes that have not been sent yet.
    pub fn buffer(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Writes bytes (`write`): sends them, or keeps them to send them later. Returns how many were sent or
    /// kept.
    ///
    /// This is all of them, unless sending fails after a part; the next call then returns the error. Fails as
    /// [`Socket::send`] does, and then no byte was sent or kept. One timeout limits the whole call.
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

    /// Sends the buffered bytes (`flush`). One timeout limits the whole call.
    ///
    /// Fails as [`Socket::send`] does. Bytes that were not sent stay in the buffer.
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

    /// Buffers the bytes if there is space for all of them. Returns whether there was.
    fn keep(&mut self, bytes: &[u8]) -> Result<bool> {
        if bytes.is_empty() {
            return Ok(true);
        }
        // Bytes that would fill the whole buffer are sent directly, without a copy.
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
    /// Calls [`SocketWriter::write`].
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(SocketWriter::write(self, bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(SocketWriter::flush(self)?)
    }
}

impl<S: Deref<Target = Socket>> Drop for SocketWriter<S> {
    fn drop(&mut self) {
        // After a panic the bytes in the buffer may be incomplete, so they are not sent.
        if !thread::panicking() {
            let _ = SocketWriter::flush(self);
        }
    }
}
