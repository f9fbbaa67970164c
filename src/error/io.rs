//! Errors that come from and go to the standard library's `io::Error`.

use std::io::{self, ErrorKind};
use std::ops::Deref;
use std::sync::Arc;

use super::Error;

/// An [`io::Error`] that none of the other variants of [`Error`] stands for, such as the `InvalidData` of a decoder.
///
/// It derefs to the `io::Error`. Clones share it. Two are equal when they have the same kind and the same text.
#[derive(Debug, Clone)]
pub struct IoError(Arc<io::Error>);

impl Deref for IoError {
    type Target = io::Error;

    fn deref(&self) -> &io::Error {
        &self.0
    }
}

impl PartialEq for IoError {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.to_string() == other.to_string()
    }
}

impl Eq for IoError {}

impl std::fmt::Display for IoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for IoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<io::Error> for Error {
    /// An `errno` becomes [`Error::Os`], an error that was made from an [`Error`] becomes that again, a bare `TimedOut`
    /// becomes [`Error::Timeout`], and every other one [`Error::Io`], which keeps it whole.
    fn from(error: io::Error) -> Self {
        if let Some(errno) = error.raw_os_error() {
            return Error::Os(errno);
        }
        if error.kind() == ErrorKind::TimedOut && error.get_ref().is_none() {
            return Error::Timeout;
        }
        match error.downcast::<Error>() {
            Ok(own) => own,
            Err(other) => Error::Io(IoError(Arc::new(other))),
        }
    }
}

impl From<Error> for io::Error {
    /// Keeps the kind ([`Error::kind`]), the text and the source; an `errno` stays an `errno`. An [`Error::Io`] becomes the
    /// `io::Error` that it was made from, or, when clones of it exist, one that holds the [`Error`].
    fn from(error: Error) -> Self {
        let kind = error.kind();
        match error {
            Error::Os(errno) => io::Error::from_raw_os_error(errno),
            Error::Io(IoError(shared)) => Arc::try_unwrap(shared)
                .unwrap_or_else(|shared| io::Error::new(kind, Error::Io(IoError(shared)))),
            error => io::Error::new(kind, error),
        }
    }
}
