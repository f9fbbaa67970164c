//! Errors that come from and go to the standard library's `io::Error`.
#![allow(unsafe_code)]

use std::io::{self, ErrorKind};
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::Arc;

use super::Error;
use crate::panics::drop_caught;

/// An [`io::Error`] for which [`Error`] has no other variant, such as the `InvalidData` of a decoder.
///
/// It derefs to the `io::Error`. Its clones share that error. Two of them are equal when the kind and the text are the
/// same.
///
/// When the last of them is dropped, a panic of the program's own error is caught.
#[derive(Clone)]
pub struct IoError(Arc<Contained>);

/// An [`io::Error`] whose drop cannot unwind. Nearly every function drops an [`Error`] somewhere, and needs no landing pad
/// for this.
struct Contained(ManuallyDrop<io::Error>);

impl Contained {
    fn into_inner(self) -> io::Error {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not used any more, and is never dropped.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        drop_contained(&mut self.0);
    }
}

/// The compiler knows that an `extern "C"` function does not unwind.
extern "C" fn drop_contained(error: &mut ManuallyDrop<io::Error>) {
    // SAFETY: `Contained` is being dropped, so nobody uses its error any more.
    drop_caught(unsafe { ManuallyDrop::take(error) });
}

impl Deref for IoError {
    type Target = io::Error;

    fn deref(&self) -> &io::Error {
        &self.0.0
    }
}

impl std::fmt::Debug for IoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("IoError").field(&**self).finish()
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
        (**self).fmt(f)
    }
}

impl std::error::Error for IoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        (**self).source()
    }
}

impl From<io::Error> for Error {
    /// An `errno` becomes [`Error::Os`], an error that was made from an [`Error`] becomes that [`Error`] again, and a
    /// `TimedOut` without a source becomes [`Error::Timeout`]. Every other error becomes [`Error::Io`], which contains
    /// it.
    fn from(error: io::Error) -> Self {
        if let Some(errno) = error.raw_os_error() {
            return Error::Os(errno);
        }
        if error.kind() == ErrorKind::TimedOut && error.get_ref().is_none() {
            return Error::Timeout;
        }
        match error.downcast::<Error>() {
            Ok(own) => own,
            Err(other) => Error::Io(IoError(Arc::new(Contained(ManuallyDrop::new(other))))),
        }
    }
}

impl From<Error> for io::Error {
    /// The kind ([`Error::kind`]), the text and the source stay the same, and an `errno` stays an `errno`. An
    /// [`Error::Io`] becomes the `io::Error` that it was made from. If clones of it exist, it becomes one that contains
    /// the [`Error`].
    fn from(error: Error) -> Self {
        let kind = error.kind();
        match error {
            Error::Os(errno) => io::Error::from_raw_os_error(errno),
            Error::Io(IoError(shared)) => Arc::try_unwrap(shared)
                .map(Contained::into_inner)
                .unwrap_or_else(|shared| io::Error::new(kind, Error::Io(IoError(shared)))),
            error => io::Error::new(kind, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error of a program, whose drop panics.
    #[derive(Debug)]
    struct Broken;

    impl std::fmt::Display for Broken {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("broken")
        }
    }

    impl std::error::Error for Broken {}

    impl Drop for Broken {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }

    #[test]
    fn a_panic_of_an_error_that_is_dropped_is_caught() {
        let error = Error::from(io::Error::new(ErrorKind::InvalidData, Broken));
        let copy = error.clone();
        assert_eq!(error, copy);
        drop(error);
        assert_eq!(copy.to_string(), "broken");
        drop(copy);
    }

    #[test]
    fn an_error_that_is_given_back_belongs_to_the_program_again() {
        let error = Error::from(io::Error::new(ErrorKind::InvalidData, "text"));
        assert_eq!(format!("{error:?}"), r#"Io(IoError(Custom { kind: InvalidData, error: "text" }))"#);
        let back = io::Error::from(error);
        assert_eq!((back.kind(), back.to_string().as_str()), (ErrorKind::InvalidData, "text"));
        assert!(!back.get_ref().is_some_and(|inner| inner.is::<Error>()));
    }
}
