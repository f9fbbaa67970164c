//! What can go wrong, in Python's categories.

mod text;

use std::borrow::Cow;
use std::io;

pub use text::{gai_strerror, hstrerror, strerror};

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The text of an error that no number describes.
pub type Message = Cow<'static, str>;

/// An error, in the category in which Python would raise it.
///
/// `Timeout` (a deadline of this library passed) is neither `Os(EAGAIN)` (a non-blocking call found
/// nothing) nor `Os(ETIMEDOUT)` (the kernel gave up on a peer).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused; the value is `errno`. Python: `OSError` and its subclasses.
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
}

impl Error {
    /// The error that `errno` holds now.
    pub(crate) fn last_os() -> Self {
        Error::Os(last_errno())
    }

    pub(crate) fn value(message: impl Into<Message>) -> Self {
        Error::Value(message.into())
    }

    pub(crate) fn overflow(message: impl Into<Message>) -> Self {
        Error::Overflow(message.into())
    }

    pub(crate) fn type_error(message: impl Into<Message>) -> Self {
        Error::Type(message.into())
    }

    /// The `errno` that comes nearest: the number itself for [`Error::Os`], `EBADF` for
    /// [`Error::Closed`], `ETIMEDOUT` for [`Error::Timeout`], 0 where there is none.
    pub fn errno(&self) -> i32 {
        match self {
            Error::Os(errno) => *errno,
            Error::Closed => libc::EBADF,
            Error::Timeout => libc::ETIMEDOUT,
            Error::Value(_) | Error::Overflow(_) | Error::Type(_) => libc::EINVAL,
            Error::OsMessage(_) | Error::Gai(_) | Error::Herror(_) => 0,
        }
    }

    /// True when a non-blocking call found that it would have to wait (`BlockingIOError` in Python).
    pub fn would_block(&self) -> bool {
        matches!(self, Error::Os(errno)
            if [libc::EAGAIN, libc::EWOULDBLOCK, libc::EINPROGRESS, libc::EALREADY].contains(errno))
    }
}

impl From<Error> for io::Error {
    /// Keeps the kind (`TimedOut`, `InvalidInput`, the kind of the `errno`) and the text.
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Os(errno) => return io::Error::from_raw_os_error(*errno),
            Error::Timeout => io::ErrorKind::TimedOut,
            Error::Closed => io::ErrorKind::NotConnected,
            Error::Value(_) | Error::Overflow(_) | Error::Type(_) => io::ErrorKind::InvalidInput,
            Error::OsMessage(_) | Error::Gai(_) | Error::Herror(_) => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if let Some(errno) = error.raw_os_error() {
            return Error::Os(errno);
        }
        let kind = error.kind();
        match error.downcast::<Error>() {
            Ok(own) => own,
            Err(_) if kind == io::ErrorKind::TimedOut => Error::Timeout,
            Err(other) => Error::OsMessage(other.to_string().into()),
        }
    }
}

/// A `sendall` that ended early: `sent` bytes had already gone out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error} ({sent} bytes were sent)")]
pub struct SendallError {
    /// How many bytes the kernel took before the error.
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

impl From<SendallError> for io::Error {
    fn from(partial: SendallError) -> Self {
        partial.error.into()
    }
}

pub(crate) fn last_errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}
