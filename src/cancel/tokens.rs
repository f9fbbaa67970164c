//! The tokens that a call is under, and how it waits under them.

use std::sync::Arc;
use std::time::Duration;

use super::of_socket::OfSocket;
use super::scope;
use super::state::is_used;
use super::token::Token;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::sys::{self, Polled, libc};

/// The number of descriptors that are polled without an allocation.
const FEW: usize = 8;

/// The tokens that a call is under: those of its thread, and that of its socket. A poll has several sockets.
///
/// The scopes of the thread are looked up whenever they are needed, because code of the program may run between two
/// waits of one call.
pub(crate) struct Tokens {
    heeds_thread: bool,
    of_socket: Option<Arc<Token>>,
    of_further_sockets: Vec<Arc<Token>>,
}

impl Tokens {
    /// No tokens, for calls that do not wait.
    pub(crate) const NONE: Tokens = Tokens::new(false, None);

    const fn new(heeds_thread: bool, of_socket: Option<Arc<Token>>) -> Tokens {
        Tokens { heeds_thread, of_socket, of_further_sockets: Vec::new() }
    }

    /// The tokens of this thread.
    pub(crate) fn of_thread() -> Tokens {
        Tokens::new(is_used(), None)
    }

    /// The tokens of this thread, and that of a socket.
    pub(crate) fn of(socket: &OfSocket) -> Tokens {
        if !is_used() {
            return Tokens::NONE;
        }
        Tokens::new(true, socket.token())
    }

    /// Adds the token of another socket. Fails with `Os(ENOMEM)`.
    pub(crate) fn add(&mut self, socket: &OfSocket) -> Result<()> {
        let Some(token) = socket.token() else { return Ok(()) };
        if self.of_further_sockets.last().is_some_and(|last| Arc::ptr_eq(last, &token)) {
            return Ok(());
        }
        memory::reserve(&mut self.of_further_sockets, 1)?;
        self.of_further_sockets.push(token);
        Ok(())
    }

    /// Whether a call that begins now is under a token.
    #[inline]
    pub(crate) fn are_above(socket: &OfSocket) -> bool {
        is_used() && (scope::is_in_scope() || socket.is_set())
    }

    /// Whether one of them is triggered. The clock is not read.
    pub(crate) fn is_any_triggered(&self) -> bool {
        self.find(|token| token.is_triggered().then_some(())).is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.of_socket.is_none()
            && self.of_further_sockets.is_empty()
            && !(self.heeds_thread && scope::is_in_scope())
    }

    /// Fails with [`Error::Cancelled`] if a token is triggered or its deadline has passed.
    pub(crate) fn check(&self) -> Result<()> {
        let cancelled = self.find(|token| token.is_cancelled().then_some(()));
        if cancelled.is_some() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Makes the descriptors of the tokens, so that [`Tokens::poll`] needs no new ones.
    ///
    /// Fails with [`Error::Cancelled`] if a token is triggered or its deadline has passed, and with `Os(EMFILE)`,
    /// `Os(ENFILE)` and `Os(ENOMEM)`.
    pub(crate) fn prepare(&self) -> Result<()> {
        self.check()?;
        let failure = self.find(|token| token.wake_fd().err());
        failure.map_or(Ok(()), Err)
    }

    fn find<T>(&self, mut body: impl FnMut(&Token) -> Option<T>) -> Option<T> {
        let mut of_sockets = self.of_socket.iter().chain(&self.of_further_sockets);
        if let Some(found) = of_sockets.find_map(|token| body(token)) {
            return Some(found);
        }
        if self.heeds_thread { scope::find(body) } else { None }
    }

    /// Polls descriptors until one is ready, the deadline has passed, or a token is triggered. As in [`sys::poll`], the
    /// result says how many are ready, and 0 means that the deadline has passed.
    ///
    /// Fails with [`Error::Cancelled`] when no descriptor is ready and a token is triggered or its deadline has passed,
    /// with the errors of `poll`, and with `Os(EMFILE)`, `Os(ENFILE)` or `Os(ENOMEM)` when a token cannot be waited for.
    pub(crate) fn poll(&self, fds: &mut [libc::pollfd], deadline: Deadline) -> Result<Polled> {
        if self.is_empty() {
            return sys::poll(fds, deadline.left());
        }
        let mut count = fds.len();
        let mut earliest = Deadline::NEVER;
        let _: Option<()> = self.find(|token| {
            count += 1;
            earliest = earliest.min(token.deadline());
            None
        });
        let mut few = [unused(); FEW];
        let mut many = Vec::new();
        let all = if count <= FEW {
            &mut few[..count]
        } else {
            memory::reserve(&mut many, count)?;
            many.resize(count, unused());
            &mut many[..]
        };
        let (own, wakes) = all.split_at_mut(fds.len());
        own.copy_from_slice(fds);
        let mut unused_wakes = wakes.iter_mut();
        let failure = self.find(|token| match token.wake_fd() {
            Ok(fd) => {
                if let Some(wake) = unused_wakes.next() {
                    (wake.fd, wake.events) = (fd, libc::POLLIN);
                }
                None
            }
            Err(error) => Some(error),
        });
        if let Some(error) = failure {
            return Err(error);
        }
        // A thread may be in many scopes of one token, and the system limits how many descriptors are polled.
        let count = fds.len() + sys::poll_each_once(wakes);
        let all = &mut all[..count];
        // A trigger that came before its descriptor was installed has not raised it. What is ready counts even then.
        let left = if self.is_any_triggered() { Some(Duration::ZERO) } else { deadline.min(earliest).left() };
        let polled = sys::poll(all, left)?;
        fds.copy_from_slice(&all[..fds.len()]);
        let ready = fds.iter().filter(|own| own.revents != 0).count();
        if ready == 0 && (self.is_any_triggered() || polled.ready == 0 && earliest < deadline) {
            return Err(Error::Cancelled);
        }
        if ready == 0 && polled.ready > 0 {
            // Other code has closed the descriptor of a token.
            return Err(Error::Os(libc::EBADF));
        }
        Ok(Polled { ready, ..polled })
    }
}

const fn unused() -> libc::pollfd {
    libc::pollfd { fd: sys::NO_FD, events: 0, revents: 0 }
}
