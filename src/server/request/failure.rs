//! Failures of requests.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::panics::drop_caught;

/// Any error, in the form in which handlers return it.
pub(crate) type BoxedError = Box<dyn Error + Send + Sync>;

/// The result of a handler: nothing, or any error. `?` converts every error to it.
pub type HandlerResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Why a request failed.
///
/// `?` converts every error to a failure. For that reason a failure is not itself a [`std::error::Error`];
/// the error in it is [`Failure::error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The handler or a hook returned this error.
    Error(Box<dyn Error + Send + Sync>),
    /// The handler or a hook panicked. The text is the message of the panic.
    Panic(String),
}

impl Failure {
    /// Returns the error that the handler or the hook returned, or `None` for a panic.
    pub fn error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match self {
            Failure::Error(error) => Some(&**error),
            Failure::Panic(_) => None,
        }
    }

    /// Returns the error if it is of this type: `failure.downcast_ref::<tabi::Error>()`.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.error()?.downcast_ref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Error(error) => error.fmt(f),
            Failure::Panic(text) => write!(f, "panic: {text}"),
        }
    }
}

impl<E: Into<BoxedError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Error(error.into())
    }
}

/// Calls foreign code, and converts a panic to a failure.
pub(crate) fn caught<T, E: Into<Failure>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(Into::into),
        Err(payload) => {
            let text = text_of(payload.as_ref());
            drop_caught(payload);
            Err(Failure::Panic(text))
        }
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".to_owned())
}
