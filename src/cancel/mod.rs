//! [`Cancel`]: a token that ends the calls under it, whatever they wait for.
//!
//! - `token` is the token itself: a flag, a deadline, and a descriptor that wakes whoever waits.
//! - `scope` knows the tokens of each thread.
//! - `of_socket` keeps the token of a socket.
//! - `tokens` is what a call is under, and the one way in which calls wait under tokens.
//!
//! - `state` is one word for the whole process. A call that does not have to wait looks at nothing else of this module,
//!   unless a token is triggered somewhere.

mod of_socket;
mod scope;
mod state;
mod token;
#[cfg(all(test, loom))]
mod token_model;
mod tokens;

use std::fmt;
use std::sync::Arc;

use crate::deadline::Deadline;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::memory;

pub(crate) use of_socket::OfSocket;
pub use scope::CancelScope;
pub(crate) use scope::{Mark, under, under_that_of};
#[cfg(feature = "capi")]
pub(crate) use scope::{enter, leave};
pub(crate) use state::{TO_BE_CHECKED, flags_of_first_try, is_used};
use token::Token;
pub(crate) use tokens::Tokens;

/// A token that cancels calls: once it is triggered, every call under it ends with [`Error::Cancelled`], from any
/// thread and for ever.
///
/// A call is under the tokens of the [scopes](Cancel::scope) that its thread is in, and under the token of its
/// [socket](crate::Socket::set_cancel). All calls that may wait heed them: those of sockets and of buffered files,
/// look-ups, [`create_connection`](crate::create_connection), and those that serve. Python has nothing like it.
///
/// - A call that begins under a triggered token fails at once, and moves nothing. A call that waits ends at once. A
///   call that has done something returns its result as always, or the error says how much it did
///   ([`SendallError::sent`](crate::SendallError::sent)). So no byte is lost, and the socket can still be used.
/// - A `connect` that was cancelled goes on in the system. [`Socket::finish_connect`](crate::Socket::finish_connect)
///   waits for it, and [`Socket::close`](crate::Socket::close) ends it. A look-up goes on in a thread of the library,
///   and its answer is dropped.
/// - Calls that do not wait, such as `bind`, `close` and those for options, are not under tokens. A call that waited
///   already when a token was attached to its socket is not under that token.
///
/// A clone is the same token. A token has no descriptor until a call has to wait under it, and then one for all that
/// wait. If there is none left, the call fails with `Os(EMFILE)`, `Os(ENFILE)` or `Os(ENOMEM)`. A call never waits under
/// a token that it could not notice.
///
/// A forked child has a copy of each token: what is triggered in one of the two processes is not triggered in the
/// other.
///
/// ```
/// use std::thread;
/// use tabi::{AF_UNIX, Cancel, Error, SOCK_STREAM, socketpair};
///
/// let (one, other) = socketpair(AF_UNIX, SOCK_STREAM, 0)?;
/// let token = Cancel::new()?;
/// thread::scope(|threads| {
///     threads.spawn(|| token.cancel());
///     let _scope = token.scope()?;
///     assert_eq!(one.recv(100), Err(Error::Cancelled));
///     Ok::<(), Error>(())
/// })?;
/// // Outside of the scope, the socket is what it was.
/// other.sendall(b"hello").unwrap();
/// assert_eq!(one.recv(100)?, b"hello");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Cancel {
    token: Arc<Token>,
}

impl Cancel {
    /// Makes a token without a deadline.
    ///
    /// Fails with `Os(ENOMEM)`.
    pub fn new() -> Result<Cancel> {
        Cancel::until(Deadline::NEVER)
    }

    /// Makes a token that counts as triggered, too, once this deadline has passed.
    ///
    /// Calls look at the deadline when they have to wait, and a call that has done a part of its work before it goes on.
    /// When the timeout of a socket passes first, its call fails with [`Error::Timeout`].
    ///
    /// Fails with `Os(ENOMEM)`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tabi::{AF_UNIX, Cancel, Deadline, Error, SOCK_STREAM, socketpair};
    ///
    /// let (one, _other) = socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// let token = Cancel::until(Deadline::after(Duration::from_millis(10)))?;
    /// let _scope = token.scope()?;
    /// assert_eq!(one.recv(100), Err(Error::Cancelled));
    /// assert!(token.is_cancelled());
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn until(deadline: Deadline) -> Result<Cancel> {
        Ok(Cancel { token: memory::shared(Token::new(deadline))? })
    }

    /// Triggers the token, once and for ever. Doing it again changes nothing.
    ///
    /// Any thread may call this, and a signal handler may too: it takes no lock, allocates nothing, and leaves `errno`
    /// as it was.
    pub fn cancel(&self) {
        self.token.trigger();
    }

    /// Returns whether the token was triggered, or its deadline has passed.
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Returns the deadline that the token was made with, or [`Deadline::NEVER`].
    pub fn deadline(&self) -> Deadline {
        self.token.deadline()
    }

    /// Puts the calls of this thread under the token until the result is dropped.
    ///
    /// Scopes nest: a call is under the tokens of all of them, and ends when any is triggered. They may be dropped in any
    /// order. If a scope is never dropped (`mem::forget`), the token stays attached to the thread, and its memory is not
    /// freed.
    ///
    /// Fails with `Os(ENOMEM)`.
    pub fn scope(&self) -> Result<CancelScope> {
        CancelScope::new(Arc::clone(&self.token))
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel")
            .field("is_cancelled", &self.is_cancelled())
            .field("deadline", &self.deadline())
            .finish()
    }
}

/// Two are equal when they are the same token.
impl PartialEq for Cancel {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.token, &other.token)
    }
}

impl Eq for Cancel {}
