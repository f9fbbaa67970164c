//! Buffered reading from a socket.
#![allow(unsafe_code)]

use std::io::{self, BufRead, Read};
use std::ops::Deref;

use super::Socket;
use super::io::reserve;
use crate::deadline::Limit;
use crate::error::{Error, Result};

/// The most bytes that a buffer of `makefile` holds when nothing else is said, as in Python.
pub const DEFAULT_BUFFER_SIZE: usize = 8192;

/// What a buffer begins with; it grows to its limit only while the peer fills it.
const FIRST_ROOM: usize = 1024;

/// A buffered reader over a `&Socket`, an `Arc<Socket>` or the like.
///
/// A call may take as long as the socket's timeout says, all its waits together; only what std's [`BufRead`] does in
/// several calls has a timeout for each. A call that fails (the time is over, `EAGAIN`, a signal) has consumed nothing: what
/// had arrived is read again by the next call. The buffer is allocated by the first read.
#[derive(Debug)]
pub struct SocketReader<S> {
    socket: S,
    /// The bytes from `start` on are still to be read.
    buffer: Vec<u8>,
    start: usize,
    /// How many bytes the next `recv` asks for.
    room: usize,
    limit: usize,
}

impl<S: Deref<Target = Socket>> SocketReader<S> {
    /// A reader that reads at most [`DEFAULT_BUFFER_SIZE`] bytes ahead.
    pub fn new(socket: S) -> Self {
        Self::with_capacity(DEFAULT_BUFFER_SIZE, socket)
    }

    /// A reader that reads at most `capacity` bytes ahead; 0 and 1 read no byte more than was asked for.
    pub fn with_capacity(capacity: usize, socket: S) -> Self {
        let limit = capacity.max(1);
        SocketReader { socket, buffer: Vec::new(), start: 0, room: limit.min(FIRST_ROOM), limit }
    }

    /// The socket.
    pub fn get_ref(&self) -> &S {
        &self.socket
    }

    /// The bytes that were read ahead; `poll(2)` on the socket does not tell of them.
    pub fn buffer(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Reads a line with its newline, but at most `size` bytes (`readline(size)`).
    ///
    /// A line without newline was cut by `size` or by the end of the stream, after which lines are empty.
    /// Fails as [`Socket::recv`] does, and then consumes nothing. One timeout limits the whole call.
    pub fn readline(&mut self, size: usize) -> Result<Vec<u8>> {
        self.readline_until(size, Limit::Timeout)
    }

    /// [`SocketReader::readline`] within a limit of its own.
    pub fn readline_until(&mut self, size: usize, limit: Limit) -> Result<Vec<u8>> {
        let limit = self.socket.whole(limit);
        let mut line = Vec::new();
        while line.len() < size {
            match self
                .line_part(size - line.len(), limit)
                .and_then(|part| make_room(&mut line, part.len).map(|()| part))
            {
                Ok(part) => {
                    line.extend_from_slice(&self.buffer()[..part.len]);
                    self.consume(part.len);
                    if part.is_last {
                        break;
                    }
                }
                Err(error) => {
                    self.unread(line)?;
                    return Err(error);
                }
            }
        }
        Ok(line)
    }

    /// [`SocketReader::readline`] into a buffer, which a longer line fills; returns the length of the line.
    pub fn readline_into(&mut self, line: &mut [u8]) -> Result<usize> {
        self.readline_into_until(line, Limit::Timeout)
    }

    /// [`SocketReader::readline_into`] within a limit of its own.
    pub fn readline_into_until(&mut self, line: &mut [u8], limit: Limit) -> Result<usize> {
        let limit = self.socket.whole(limit);
        let mut len = 0;
        while len < line.len() {
            match self.line_part(line.len() - len, limit) {
                Ok(part) => {
                    line[len..len + part.len].copy_from_slice(&self.buffer()[..part.len]);
                    self.consume(part.len);
                    len += part.len;
                    if part.is_last {
                        break;
                    }
                }
                Err(error) => {
                    self.give_back(&line[..len])?;
                    return Err(error);
                }
            }
        }
        Ok(len)
    }

    /// Fills the buffer (`readinto`, and what `read(size)` does): the number of bytes, fewer only at the end of the stream.
    ///
    /// Fails as [`Socket::recv`] does, and then consumes nothing. One timeout limits the whole call.
    pub fn readinto(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.readinto_until(buffer, Limit::Timeout)
    }

    /// [`SocketReader::readinto`] within a limit of its own.
    pub fn readinto_until(&mut self, buffer: &mut [u8], limit: Limit) -> Result<usize> {
        let limit = self.socket.whole(limit);
        let mut len = 0;
        while len < buffer.len() {
            match self.readinto1_until(&mut buffer[len..], limit) {
                Ok(0) => break,
                Ok(n) => len += n,
                Err(error) => {
                    self.give_back(&buffer[..len])?;
                    return Err(error);
                }
            }
        }
        Ok(len)
    }

    /// Reads what is there, with at most one `recv` (`readinto1`): the number of bytes, 0 at the end of the stream.
    pub fn readinto1(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.readinto1_until(buffer, Limit::Timeout)
    }

    /// [`SocketReader::readinto1`] within a limit of its own.
    pub fn readinto1_until(&mut self, buffer: &mut [u8], limit: Limit) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.buffer().is_empty() && buffer.len() >= self.room {
            return self.socket.recv_into_until(buffer, 0, limit);
        }
        let available = self.filled(limit)?;
        let n = available.len().min(buffer.len());
        buffer[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }

    /// The bytes to be read next, received if there are none; empty at the end of the stream.
    fn filled(&mut self, limit: Limit) -> Result<&[u8]> {
        if self.buffer().is_empty() {
            self.start = 0;
            self.buffer.clear();
            // A buffer that once held a long line is not kept for a connection that may idle.
            if self.buffer.capacity() < self.room || self.buffer.capacity() > self.limit.max(FIRST_ROOM) * 2 {
                self.buffer = Vec::new();
                self.buffer = reserve(self.room)?;
            }
            let room = &mut self.buffer.spare_capacity_mut()[..self.room];
            let n = self.socket.recv_uninit(room, 0, limit)?;
            // SAFETY: the kernel wrote `n` bytes, no more than there is room for.
            unsafe { self.buffer.set_len(n.min(self.room)) };
            if n == self.room {
                self.room = (self.room * 2).min(self.limit);
            }
        }
        Ok(self.buffer())
    }

    /// How many of the next bytes belong to the line, up to its newline, `room` bytes or what has been received.
    fn line_part(&mut self, room: usize, limit: Limit) -> Result<LinePart> {
        let available = self.filled(limit)?;
        let searched = &available[..available.len().min(room)];
        Ok(match memchr::memchr(b'\n', searched) {
            Some(position) => LinePart { len: position + 1, is_last: true },
            None => LinePart { len: searched.len(), is_last: searched.is_empty() },
        })
    }

    /// Undoes what a failing call has read.
    fn give_back(&mut self, bytes: &[u8]) -> Result<()> {
        let mut copy = reserve(bytes.len())?;
        copy.extend_from_slice(bytes);
        self.unread(copy)
    }

    /// Makes bytes the next to be read.
    fn unread(&mut self, mut bytes: Vec<u8>) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        make_room(&mut bytes, self.buffer().len())?;
        bytes.extend_from_slice(self.buffer());
        self.buffer = bytes;
        self.start = 0;
        Ok(())
    }
}

struct LinePart {
    len: usize,
    /// The line, or the stream, ends here.
    is_last: bool,
}

impl<S: Deref<Target = Socket>> Read for SocketReader<S> {
    /// [`SocketReader::readinto1`].
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.readinto1(buffer)?)
    }

    /// [`SocketReader::readinto`]; when the stream ends too early, what there was can still be read.
    fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        let n = self.readinto(buffer)?;
        if n < buffer.len() {
            self.give_back(&buffer[..n])?;
            let text = format!("the stream ended after {n} of {} bytes", buffer.len());
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
        Ok(())
    }
}

impl<S: Deref<Target = Socket>> BufRead for SocketReader<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.filled(Limit::Timeout)?)
    }

    fn consume(&mut self, amount: usize) {
        self.start = (self.start + amount).min(self.buffer.len());
    }
}

fn make_room(bytes: &mut Vec<u8>, more: usize) -> Result<()> {
    bytes.try_reserve(more).map_err(|_| Error::Os(libc::ENOMEM))
}
