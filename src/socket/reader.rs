//! Buffered reading from a socket.
#![allow(unsafe_code)]

use std::io::{self, BufRead, Read};
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::slice;

use super::Socket;
use super::io::{reserve, uninit};
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::sys::libc;

/// The size of the buffers of `makefile` in bytes, if the program gives none. It is Python's.
pub const DEFAULT_BUFFER_SIZE: usize = 8192;

/// The size of a new buffer in bytes. The buffer grows to its limit only while the peer fills it.
const FIRST_SIZE: usize = 1024;

/// A buffered reader over a `&Socket`, an `Arc<Socket>` or another pointer to a socket.
///
/// The timeout of the socket limits each call as a whole, with all its waits. (A method of std's [`BufRead`]
/// may make several calls; each of them has the timeout.) A call that fails, because of the timeout, `EAGAIN`
/// or a signal, consumes nothing: the next call reads again what had arrived. The buffer is allocated by the
/// first read.
#[derive(Debug)]
pub struct SocketReader<S> {
    socket: S,
    /// The bytes from `start` on have not been read yet.
    buffer: Vec<u8>,
    start: usize,
    /// The size of the next `recv` in bytes.
    next_size: usize,
    limit: usize,
}

impl<S: Deref<Target = Socket>> SocketReader<S> {
    /// Makes a reader that reads at most [`DEFAULT_BUFFER_SIZE`] bytes ahead.
    pub fn new(socket: S) -> Self {
        Self::with_capacity(DEFAULT_BUFFER_SIZE, socket)
    }

    /// Makes a reader that reads at most `capacity` bytes ahead. With 0 or 1 it never reads more than the
    /// caller wants.
    pub fn with_capacity(capacity: usize, socket: S) -> Self {
        let limit = capacity.max(1);
        SocketReader { socket, buffer: Vec::new(), start: 0, next_size: limit.min(FIRST_SIZE), limit }
    }

    /// Returns the socket.
    pub fn get_ref(&self) -> &S {
        &self.socket
    }

    /// Returns the bytes that were read ahead. `poll(2)` on the socket does not know of them.
    pub fn buffer(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Reads a line, including its newline, of at most `size` bytes (`readline(size)`).
    ///
    /// A line without a newline was cut by `size` or by the end of the stream. After the end of the stream,
    /// lines are empty. Fails as [`Socket::recv`] does, and then consumes nothing. One timeout limits the
    /// whole call.
    pub fn readline(&mut self, size: usize) -> Result<Vec<u8>> {
        self.readline_until(size, Limit::Timeout)
    }

    /// [`SocketReader::readline`] with a limit instead of the timeout.
    pub fn readline_until(&mut self, size: usize, limit: Limit) -> Result<Vec<u8>> {
        let limit = self.socket.whole(limit);
        let mut line = Vec::new();
        while line.len() < size {
            let part = self.line_part(size - line.len(), limit).and_then(|part| {
                // With space for the next receive, `put_back` needs no memory if the next part finds none.
                let ahead = if part.is_last { 0 } else { self.next_size };
                reserve_more(&mut line, part.len + ahead).map(|()| part)
            });
            match part {
                Ok(part) => {
                    line.extend_from_slice(&self.buffer()[..part.len]);
                    self.consume(part.len);
                    if part.is_last {
                        break;
                    }
                }
                Err(error) => {
                    self.put_back(line)?;
                    return Err(error);
                }
            }
        }
        Ok(line)
    }

    /// Reads a whole line with its newline, or the rest of a stream that does not end with one. The line has at most
    /// `most` bytes. At the end of the stream it is empty.
    ///
    /// Fails with `Os(EMSGSIZE)` when the line is longer, and as [`Socket::recv`] does. Then nothing is consumed.
    pub fn whole_line(&mut self, most: usize) -> Result<Vec<u8>> {
        self.whole_line_until(most, Limit::Timeout)
    }

    /// [`SocketReader::whole_line`] with a limit instead of the timeout.
    pub fn whole_line_until(&mut self, most: usize, limit: Limit) -> Result<Vec<u8>> {
        let line = self.readline_until(most.saturating_add(1), limit)?;
        if line.len() > most {
            self.put_back(line)?;
            return Err(Error::Os(libc::EMSGSIZE));
        }
        Ok(line)
    }

    /// [`SocketReader::readline`] into a buffer. Returns the length of the line in bytes; a line that is
    /// longer than the buffer is cut.
    pub fn readline_into(&mut self, line: &mut [u8]) -> Result<usize> {
        self.readline_into_until(line, Limit::Timeout)
    }

    /// [`SocketReader::readline_into`] with a limit instead of the timeout.
    pub fn readline_into_until(&mut self, line: &mut [u8], limit: Limit) -> Result<usize> {
        self.readline_uninit(uninit(line), limit)
    }

    /// [`SocketReader::readline_into_until`] into memory that need not be initialised.
    pub(crate) fn readline_uninit(&mut self, line: &mut [MaybeUninit<u8>], limit: Limit) -> Result<usize> {
        let limit = self.socket.whole(limit);
        let mut len = 0;
        while len < line.len() {
            match self.line_part(line.len() - len, limit) {
                Ok(part) => {
                    copy(&self.buffer()[..part.len], &mut line[len..]);
                    self.consume(part.len);
                    len += part.len;
                    if part.is_last {
                        break;
                    }
                }
                Err(error) => {
                    // SAFETY: the parts before have filled these bytes.
                    self.unread(unsafe { filled(&line[..len]) })?;
                    return Err(error);
                }
            }
        }
        Ok(len)
    }

    /// Fills the buffer (Python's `readinto`; its `read(size)` does the same). Returns the number of bytes,
    /// which is less than the length of the buffer only at the end of the stream.
    ///
    /// Fails as [`Socket::recv`] does, and then consumes nothing. One timeout limits the whole call.
    pub fn readinto(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.readinto_until(buffer, Limit::Timeout)
    }

    /// [`SocketReader::readinto`] with a limit instead of the timeout.
    pub fn readinto_until(&mut self, buffer: &mut [u8], limit: Limit) -> Result<usize> {
        self.readinto_uninit(uninit(buffer), limit)
    }

    /// [`SocketReader::readinto_until`] into memory that need not be initialised.
    pub(crate) fn readinto_uninit(&mut self, buffer: &mut [MaybeUninit<u8>], limit: Limit) -> Result<usize> {
        let limit = self.socket.whole(limit);
        let mut len = 0;
        while len < buffer.len() {
            match self.readinto1_uninit(&mut buffer[len..], limit) {
                Ok(0) => break,
                Ok(n) => len += n,
                Err(error) => {
                    // SAFETY: the receives before have filled these bytes.
                    self.unread(unsafe { filled(&buffer[..len]) })?;
                    return Err(error);
                }
            }
        }
        Ok(len)
    }

    /// Reads the bytes that are there, with at most one `recv` (`readinto1`). Returns their number, 0 at the
    /// end of the stream. Fails as [`Socket::recv`] does.
    pub fn readinto1(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.readinto1_until(buffer, Limit::Timeout)
    }

    /// [`SocketReader::readinto1`] with a limit instead of the timeout.
    pub fn readinto1_until(&mut self, buffer: &mut [u8], limit: Limit) -> Result<usize> {
        self.readinto1_uninit(uninit(buffer), limit)
    }

    /// [`SocketReader::readinto1_until`] into memory that need not be initialised.
    pub(crate) fn readinto1_uninit(&mut self, buffer: &mut [MaybeUninit<u8>], limit: Limit) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.buffer().is_empty() && buffer.len() >= self.next_size {
            return self.socket.recv_uninit(buffer, 0, limit);
        }
        let available = self.received(limit)?;
        let n = available.len().min(buffer.len());
        copy(&available[..n], buffer);
        self.consume(n);
        Ok(n)
    }

    /// Returns the bytes to read next, and receives some if there are none. They are empty at the end of the
    /// stream.
    fn received(&mut self, limit: Limit) -> Result<&[u8]> {
        if self.buffer().is_empty() {
            self.start = 0;
            self.buffer.clear();
            // A buffer that has grown for a long line is not kept, because the connection may be idle now.
            if self.buffer.capacity() < self.next_size
                || self.buffer.capacity() > self.limit.max(FIRST_SIZE) * 2
            {
                self.buffer = Vec::new();
                self.buffer = reserve(self.next_size)?;
            }
            let space = &mut self.buffer.spare_capacity_mut()[..self.next_size];
            let n = self.socket.recv_uninit(space, 0, limit)?;
            // SAFETY: the kernel wrote these `n` bytes, and the buffer has space for them.
            unsafe { self.buffer.set_len(n.min(self.next_size)) };
            if n == self.next_size {
                self.next_size = (self.next_size * 2).min(self.limit);
            }
        }
        Ok(self.buffer())
    }

    /// Returns how many of the next bytes belong to the line. The part ends at the newline, after `most`
    /// bytes, or where the received bytes end.
    fn line_part(&mut self, most: usize, limit: Limit) -> Result<LinePart> {
        let available = self.received(limit)?;
        let searched = &available[..available.len().min(most)];
        Ok(match memchr::memchr(b'\n', searched) {
            Some(position) => LinePart { len: position + 1, is_last: true },
            None => LinePart { len: searched.len(), is_last: searched.is_empty() },
        })
    }

    /// Gives bytes back, so that they are read next, before all others. It does not matter where they came from.
    ///
    /// Fails with `Os(ENOMEM)`, and then changes nothing.
    pub fn unread(&mut self, bytes: &[u8]) -> Result<()> {
        if self.buffer().is_empty() {
            self.start = 0;
            self.buffer.clear();
            reserve_more(&mut self.buffer, bytes.len())?;
            self.buffer.extend_from_slice(bytes);
            return Ok(());
        }
        let mut copy = reserve(bytes.len())?;
        copy.extend_from_slice(bytes);
        self.put_back(copy)
    }

    /// Puts bytes in front of those that are read next. A line that this reader has just returned needs no memory for
    /// that: it still lies in the buffer, or it has space for what came behind it.
    pub(crate) fn put_back(&mut self, mut bytes: Vec<u8>) -> Result<()> {
        if self.buffer[..self.start].ends_with(&bytes) {
            self.start -= bytes.len();
            return Ok(());
        }
        reserve_more(&mut bytes, self.buffer().len())?;
        bytes.extend_from_slice(self.buffer());
        self.buffer = bytes;
        self.start = 0;
        Ok(())
    }
}

struct LinePart {
    len: usize,
    /// Whether the line or the stream ends here.
    is_last: bool,
}

impl<S: Deref<Target = Socket>> Read for SocketReader<S> {
    /// Calls [`SocketReader::readinto1`].
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.readinto1(buffer)?)
    }

    /// Calls [`SocketReader::readinto`]. If the stream ends too early, the bytes before its end can still be
    /// read.
    fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        let n = self.readinto(buffer)?;
        if n < buffer.len() {
            self.unread(&buffer[..n])?;
            let text = format!("the stream ended after {n} of {} bytes", buffer.len());
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
        Ok(())
    }
}

impl<S: Deref<Target = Socket>> BufRead for SocketReader<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.received(Limit::Timeout)?)
    }

    fn consume(&mut self, amount: usize) {
        self.start = (self.start + amount).min(self.buffer.len());
    }
}

/// Copies all of `bytes` to the front of `buffer`, which is as long or longer.
fn copy(bytes: &[u8], buffer: &mut [MaybeUninit<u8>]) {
    // SAFETY: both have the same layout, and initialised bytes may be read as bytes that need not be.
    let bytes = unsafe { slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) };
    buffer[..bytes.len()].copy_from_slice(bytes);
}

/// # Safety
///
/// All bytes of the buffer have been written.
unsafe fn filled(buffer: &[MaybeUninit<u8>]) -> &[u8] {
    // SAFETY: both have the same layout, and the caller has seen that the bytes are initialised.
    unsafe { slice::from_raw_parts(buffer.as_ptr().cast(), buffer.len()) }
}

fn reserve_more(bytes: &mut Vec<u8>, more: usize) -> Result<()> {
    bytes.try_reserve(more).map_err(|_| Error::Os(libc::ENOMEM))
}
