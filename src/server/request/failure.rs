//! Why a request failed.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Any error, as handlers return it.
pub(crate) type BoxedError = Box<dyn Error + Send + Sync>;

/// What handlers return: nothing, or any error, into which `?` turns each.
pub type HandlerResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Why a request failed.
///
/// Every error becomes a failure by `?`. For that reason it is not itself a [`std::error::Error`]; the one it holds is
/// [`Failure::error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The handler or a hook returned this error.
    Error(Box<dyn Error + Send + Sync>),
    /// The handler or a hook panicked; the text is the panic's own.
    Panic(String),
}

impl Failure {
    /// The error that was returned; `None` for a panic.
    pub fn error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match self {
            Failure::Error(error) => Some(&**error),
            Failure::Panic(_) => None,
        }
    }

    /// The error that was returned, if it is of this type: `failure.downcast_ref::<tabi::Error>()`.
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

/// Calls out, and makes a failure of a panic.
pub(crate) fn caught<T, E: Into<Failure>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(Into::into),
        Err(payload) => Err(Failure::Panic(text_of(payload.as_ref()))),
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".to_owned())
}
