//! Small helpers of Python's module, and `recv_exactly`.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Duration;

use super::Socket;
use super::io::uninit;
use crate::constants::{AF_INET, AF_INET6, AddressFamily, SOCK_DGRAM, SOCK_STREAM, SocketKind};
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::sys;

/// A socket for a duplicate of a descriptor (`socket.fromfd`), which stays its owner's.
///
/// Family, type and protocol are believed; `None` asks the system. A [`Socket`] on `fd` does not learn of the duplicate:
/// prefer [`Socket::dup`] there, or call [`Socket::set_shared`] on it.
/// Fails with `Os(EBADF)`, `Os(ENOTSOCK)` and `Os(EMFILE)`.
pub fn fromfd(
    fd: impl AsFd,
    family: Option<AddressFamily>,
    kind: Option<SocketKind>,
    proto: Option<i32>,
) -> Result<Socket> {
    fromfd_number(fd.as_fd().as_raw_fd(), family, kind, proto)
}

pub(crate) fn fromfd_number(
    fd: RawFd,
    family: Option<AddressFamily>,
    kind: Option<SocketKind>,
    proto: Option<i32>,
) -> Result<Socket> {
    let socket = Socket::from_fd(sys::duplicate(fd)?, family, kind, proto)?;
    socket.set_shared();
    Ok(socket)
}

/// Two sockets connected to each other (`socket.socketpair`), of any family that can.
///
/// For `AF_INET` and `AF_INET6`, streams and datagrams, they are connected over the loopback interface, each to
/// the other and nobody else. Fails as [`Socket::socketpair`] does.
///
/// ```
/// use tabi::{AF_INET, SOCK_STREAM};
///
/// let (one, other) = tabi::socketpair(AF_INET, SOCK_STREAM, 0)?;
/// one.sendall(b"hello")?;
/// assert_eq!(other.recv(100)?, b"hello");
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn socketpair(family: AddressFamily, kind: SocketKind, proto: i32) -> Result<(Socket, Socket)> {
    match Socket::socketpair(family, kind, proto) {
        Err(Error::Os(libc::EOPNOTSUPP | libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT))
            if [AF_INET, AF_INET6].contains(&family) =>
        {
            loopback_pair(family, kind, proto)
        }
        pair => pair,
    }
}

fn loopback_pair(family: AddressFamily, kind: SocketKind, proto: i32) -> Result<(Socket, Socket)> {
    let (one, timeout) = blocking(family, kind, proto)?;
    let (other, _) = blocking(family, kind, proto)?;
    let host = if family == AF_INET { "127.0.0.1" } else { "::1" };
    other.bind((host, 0))?;
    let pair = match one.kind() {
        SOCK_STREAM => {
            other.listen(1)?;
            one.connect(other.getsockname()?)?;
            let own = one.getsockname()?;
            // The port was open to everybody for a moment: a stranger may have come first.
            loop {
                let (peer, address) = other.accept()?;
                if address == own {
                    break (one, peer);
                }
            }
        }
        SOCK_DGRAM => {
            one.bind((host, 0))?;
            one.connect(other.getsockname()?)?;
            other.connect(one.getsockname()?)?;
            (one, other)
        }
        _ => return Err(Error::Os(libc::EOPNOTSUPP)),
    };
    pair.0.settimeout(timeout)?;
    pair.1.settimeout(timeout)?;
    Ok(pair)
}

/// A new socket that blocks, and the timeout that it should have.
fn blocking(family: AddressFamily, kind: SocketKind, proto: i32) -> Result<(Socket, Option<Duration>)> {
    let socket = Socket::new(family, kind, proto)?;
    let timeout = socket.gettimeout();
    socket.settimeout(None)?;
    Ok((socket, timeout))
}

/// A `recv_exactly` that ended early: the first `received` bytes of the buffer had arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error} ({received} bytes were received)")]
pub struct RecvExactlyError {
    /// How many bytes are in the buffer.
    pub received: usize,
    /// Why the others could not be received.
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
    /// Receives until the buffer is full, within one timeout: the number of bytes, fewer only at the end of the stream.
    ///
    /// Fails as [`Socket::recv`] does, with the number of bytes that are in the buffer.
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

    /// [`Socket::recv_exactly`] with `MSG_*` flags other than `MSG_PEEK` and a limit of its own.
    pub fn recv_exactly_until(
        &self,
        buffer: &mut [u8],
        flags: i32,
        limit: Limit,
    ) -> Result<usize, RecvExactlyError> {
        self.recv_exactly_uninit(uninit(buffer), flags, limit)
    }

    /// [`Socket::recv_exactly_until`] into memory that need not be initialised: see [`Socket::recv_uninit`].
    pub fn recv_exactly_uninit(
        &self,
        buffer: &mut [MaybeUninit<u8>],
        flags: i32,
        limit: Limit,
    ) -> Result<usize, RecvExactlyError> {
        let limit = self.whole(limit);
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
        }
    }
}
