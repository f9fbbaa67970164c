//! Errors, in Python's categories.

mod io;
mod message;
mod text;

use std::io::ErrorKind;
use std::mem::ManuallyDrop;
use std::net::AddrParseError;

pub use io::IoError;
pub(crate) use message::IntoMessage;
pub use message::Message;
pub use text::{gai_strerror, hstrerror, strerror};

use crate::sys::{CLOSED, libc};

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error, in the category in which Python would raise it.
///
/// `Timeout` (a deadline of this library passed) is neither `Os(EAGAIN)` (a non-blocking call found
/// nothing) nor `Os(ETIMEDOUT)` (the kernel gave up on a peer).
///
/// It converts to [`std::io::Error`] and back without losing its kind, its text or its source, so `?` works with both:
///
/// ```
/// use std::io::{self, ErrorKind};
///
/// fn parse(text: &[u8]) -> io::Result<u8> {
///     text.first().copied().ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "an empty message"))
/// }
///
/// fn answer(socket: &tabi::Socket) -> tabi::Result<u8> {
///     Ok(parse(&socket.recv(10)?)?)
/// }
///
/// let (one, other) = tabi::Socket::socketpair(tabi::AF_UNIX, tabi::SOCK_STREAM, 0)?;
/// one.shutdown(tabi::SHUT_WR)?;
/// let error = answer(&other).unwrap_err();
/// assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidData, "an empty message"));
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A system call failed; the value is its `errno`. Python: `OSError` and its subclasses.
    #[error("{text} (errno {number})", text = strerror(*.0), number = .0)]
    Os(i32),
    /// An `OSError` that has a text but no number, such as "AF_UNIX path too long".
    #[error("{0}")]
    OsMessage(Message),
    /// The deadline passed. Python: `TimeoutError`.
    #[error("timed out")]
    Timeout,
    /// The socket was closed before or during the call. Python: `OSError` with `EBADF`.
    #[error("the socket is closed")]
    Closed,
    /// A [`Cancel`](crate::Cancel) token that the call was under is triggered, or its deadline has passed. Python:
    /// `OSError` with `ECANCELED`.
    #[error("the call was cancelled")]
    Cancelled,
    /// `getaddrinfo` or `getnameinfo` failed; the value is the system's `EAI_*` number. Python: `gaierror`.
    #[error("{}", gai_strerror(*.0))]
    Gai(i32),
    /// `gethostbyname` or `gethostbyaddr` failed; the value is `h_errno`. Python: `herror`.
    #[error("{}", hstrerror(*.0))]
    Herror(i32),
    /// An argument has a value that is not allowed. Python: `ValueError`.
    #[error("{0}")]
    Value(Message),
    /// An argument is out of its range. Python: `OverflowError`.
    #[error("{0}")]
    Overflow(Message),
    /// An argument is of the wrong kind, such as an address of another family. Python: `TypeError`.
    #[error("{0}")]
    Type(Message),
    /// An error of the standard library for which there is no other variant. It comes from the code of the program,
    /// such as a handler that uses [`std::io`]. The calls of this crate do not return it. Python: `OSError`.
    #[error(transparent)]
    Io(IoError),
}

impl Error {
    /// Returns the error that `errno` has now.
    pub(crate) fn last_os() -> Self {
        Error::Os(last_errno())
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn value(message: impl IntoMessage) -> Self {
        Error::Value(message.into_message())
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn overflow(message: impl IntoMessage) -> Self {
        Error::Overflow(message.into_message())
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn type_error(message: impl IntoMessage) -> Self {
        Error::Type(message.into_message())
    }

    /// Returns the `errno` that fits best: the number itself for [`Error::Os`], `EBADF` for [`Error::Closed`],
    /// `ETIMEDOUT` for [`Error::Timeout`], `ECANCELED` for [`Error::Cancelled`], `EINVAL` for a bad argument, and 0 when no `errno` fits.
    pub fn errno(&self) -> i32 {
        match self {
            Error::Os(errno) => *errno,
            Error::Closed => CLOSED,
            Error::Timeout => libc::ETIMEDOUT,
            Error::Cancelled => libc::ECANCELED,
            Error::Value(_) | Error::Overflow(_) | Error::Type(_) => libc::EINVAL,
            Error::OsMessage(_) | Error::Gai(_) | Error::Herror(_) => 0,
            Error::Io(error) => match error.kind() {
                ErrorKind::WouldBlock => libc::EAGAIN,
                ErrorKind::Interrupted => libc::EINTR,
                ErrorKind::TimedOut => libc::ETIMEDOUT,
                ErrorKind::InvalidInput => libc::EINVAL,
                _ => 0,
            },
        }
    }

    /// Returns the kind that fits in [`std::io::Error`]: the kind of the `errno` for [`Error::Os`], `TimedOut` for
    /// [`Error::Timeout`], `NotConnected` for [`Error::Closed`], `InvalidInput` for a bad argument, and `Other` for a
    /// look-up that failed and for [`Error::Cancelled`]. (`Interrupted` would let the loops of [`std::io`] try again.)
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Os(errno) => std::io::Error::from_raw_os_error(*errno).kind(),
            Error::Timeout => ErrorKind::TimedOut,
            Error::Closed => ErrorKind::NotConnected,
            Error::Value(_) | Error::Overflow(_) | Error::Type(_) => ErrorKind::InvalidInput,
            Error::OsMessage(_) | Error::Gai(_) | Error::Herror(_) | Error::Cancelled => ErrorKind::Other,
            Error::Io(error) => error.kind(),
        }
    }

    /// Returns whether a non-blocking call failed because it would have to wait (`BlockingIOError` in Python).
    pub fn would_block(&self) -> bool {
        let waiting = [libc::EAGAIN, libc::EWOULDBLOCK, libc::EINPROGRESS, libc::EALREADY];
        matches!(self, Error::Os(_) | Error::Io(_)) && waiting.contains(&self.errno())
    }
}

impl From<AddrParseError> for Error {
    /// Returns [`Error::Value`] with the text of the parser.
    fn from(error: AddrParseError) -> Self {
        Error::value(error.to_string())
    }
}

/// The error of a `sendall` that ended early, with the number of bytes that were sent before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error} ({sent} bytes were sent)")]
pub struct SendallError {
    /// How many bytes the kernel accepted before the error.
    pub sent: usize,
    /// Why the rest could not be sent.
    #[source]
    pub error: Error,
}

impl From<SendallError> for Error {
    fn from(partial: SendallError) -> Self {
        partial.error
    }
}

impl From<SendallError> for std::io::Error {
    fn from(partial: SendallError) -> Self {
        partial.error.into()
    }
}

pub(crate) fn last_errno() -> i32 {
    // An error that is a number owns nothing. The compiler does not know this, and would let its drop unwind.
    let error = ManuallyDrop::new(std::io::Error::last_os_error());
    error.raw_os_error().unwrap_or(0)
}
