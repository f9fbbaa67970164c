//! `recv_exactly`: a receive that goes on until the buffer is full.

use std::mem::MaybeUninit;

use super::Socket;
use super::io::uninit;
use super::timeout::Timeout;
use crate::cancel::{self, Tokens};
use crate::constants::SOCK_STREAM;
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::sys::{self, libc};

/// The error of [`Socket::recv_exactly`], which ended before the buffer was full.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error} ({received} bytes were received)")]
pub struct RecvExactlyError {
    /// How many bytes had arrived. They are at the front of the buffer.
    pub received: usize,
    /// Why the other bytes could not be received.
    #[source]
    pub error: Error,
}

impl From<RecvExactlyError> for Error {
    fn from(partial: RecvExactlyError) -> Self {
        partial.error
    }
}

impl From<RecvExactlyError> for std::io::Error {
    fn from(partial: RecvExactlyError) -> Self {
        partial.error.into()
    }
}

impl Socket {
    /// Receives until the buffer is full. One timeout limits the whole call. Returns the number of bytes,
    /// which is less than the length of the buffer only at the end of the stream.
    ///
    /// Fails as [`Socket::recv`] does. The error says how many bytes are in the buffer.
    ///
    /// ```
    /// use tabi::{AF_UNIX, SOCK_STREAM, Socket};
    ///
    /// let (one, other) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// one.sendall(b"four")?;
    /// let mut word = [0; 4];
    /// assert_eq!(other.recv_exactly(&mut word)?, 4);
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn recv_exactly(&self, buffer: &mut [u8]) -> Result<usize, RecvExactlyError> {
        self.recv_exactly_until(buffer, 0, Limit::Timeout)
    }

    /// [`Socket::recv_exactly`] with `MSG_*` flags, and with a limit instead of the timeout.
    ///
    /// Fails also with [`Error::Value`] for `MSG_PEEK`, which would receive the same bytes again and again.
    pub fn recv_exactly_until(
        &self,
        buffer: &mut [u8],
        flags: i32,
        limit: Limit,
    ) -> Result<usize, RecvExactlyError> {
        self.recv_exactly_uninit(uninit(buffer), flags, limit)
    }

    /// [`Socket::recv_exactly_until`] into memory that need not be initialised; see [`Socket::recv_uninit`].
    pub fn recv_exactly_uninit(
        &self,
        buffer: &mut [MaybeUninit<u8>],
        flags: i32,
        limit: Limit,
    ) -> Result<usize, RecvExactlyError> {
        if flags & libc::MSG_PEEK != 0 {
            let error = Error::value("recv_exactly cannot look at bytes with MSG_PEEK without taking them");
            return Err(RecvExactlyError { received: 0, error });
        }
        cancel::under_that_of(&self.cancel, || self.recv_parts(buffer, flags, self.whole(limit)))
    }

    /// Whether a receive with MSG_WAITALL must collect its bytes itself, because the system waits for all of them only on a
    /// socket that blocks, and here none does. With a timeout the program meets what the system does then.
    #[inline(always)]
    pub(super) fn collects(&self, flags: i32, limit: Limit) -> bool {
        !sys::CALLS_BLOCK
            && flags & (libc::MSG_WAITALL | libc::MSG_PEEK) == libc::MSG_WAITALL
            && self.kind == SOCK_STREAM
            && limit == Limit::Timeout
            && self.mode.timeout() == Timeout::NONE
    }

    /// A receive with MSG_WAITALL: like the system, it returns fewer bytes when an error comes after them.
    #[cold]
    pub(super) fn recv_collecting(
        &self,
        buffer: &mut [MaybeUninit<u8>],
        flags: i32,
        limit: Limit,
    ) -> Result<usize> {
        match self.recv_exactly_uninit(buffer, flags & !libc::MSG_WAITALL, limit) {
            Err(partial) if partial.received == 0 => Err(partial.error),
            Ok(received) | Err(RecvExactlyError { received, .. }) => Ok(received),
        }
    }

    fn recv_parts(
        &self,
        buffer: &mut [MaybeUninit<u8>],
        flags: i32,
        limit: Limit,
    ) -> Result<usize, RecvExactlyError> {
        let len = buffer.len();
        let mut received = 0;
        loop {
            match self.recv_uninit(&mut buffer[received..], flags, limit) {
                Ok(0) => return Ok(received),
                Ok(n) => received += n.min(len - received),
                Err(error) => return Err(RecvExactlyError { received, error }),
            }
            if received == len {
                return Ok(received);
            }
            if let Err(error) = Tokens::of(&self.cancel).check() {
                return Err(RecvExactlyError { received, error });
            }
        }
    }
}
