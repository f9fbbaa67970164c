//! The wait of a ping-pong: the last call on the socket had to wait, so this one polls first, and then finds what it wants.
//!
//! `wait` has the general way, which leads to the same results. This one is there because it does less: it looks at no
//! tokens, polls one descriptor, and takes the `poll` with milliseconds where it can, which costs Linux less. It takes a
//! wait only if the timeout and a close that shuts the socket down are all that can end it.

use super::Socket;
use super::handle::InFlight;
use super::timeout::Timeout;
use super::wait::{Kind, Plan};
use crate::cancel;
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result};
use crate::sys::fd::RawFd;
use crate::sys::{self, Polled, libc};

/// How far a call came with one poll and one try.
pub(super) enum Simply {
    Done(Result<usize>),
    /// The try did nothing and returned this. The call has this deadline.
    Tried(isize, Deadline),
    /// A signal has ended the poll. The call has this deadline.
    Interrupted(Deadline),
    /// The call must go the general way from its beginning.
    Never,
}

impl Socket {
    /// Polls once and tries once.
    pub(super) fn wait_simply(
        &self,
        call: &InFlight<'_>,
        plan: Plan,
        operation: &mut dyn FnMut(RawFd, libc::c_int) -> isize,
    ) -> Simply {
        let timeout = self.mode.timeout();
        let interest = plan.kind.interest();
        let is_simple = sys::SHUTDOWN_WAKES
            && sys::SIGNALS_INTERRUPT
            && plan.limit == Limit::Timeout
            && timeout > Timeout::ZERO
            && matches!(plan.kind, Kind::Receive | Kind::Send)
            && self.handle.has_waited(interest)
            && !call.is_shared()
            && !cancel::is_used();
        if !is_simple {
            return Simply::Never;
        }
        let begin = Deadline::now();
        let deadline = begin.later(timeout.duration().unwrap_or_default());
        let mut socket = [libc::pollfd { fd: call.fd(), events: interest.events(), revents: 0 }];
        // The whole timeout is left, so the clock need not be read again.
        let polled = match timeout.milliseconds() {
            Some(limit) => {
                sys::poll_milliseconds(&mut socket, limit).map(|ready| Polled::after(begin.elapsed(), ready))
            }
            None => sys::poll(&mut socket, timeout.duration()),
        };
        if call.is_closed() {
            return Simply::Done(Err(Error::Closed));
        }
        match polled {
            Ok(Polled { ready: 0, .. }) => Simply::Done(Err(Error::Timeout)),
            Ok(Polled { waited, .. }) => {
                self.handle.set_waited(interest, waited);
                match operation(call.fd(), libc::MSG_DONTWAIT) {
                    n @ 1.. => Simply::Done(Ok(n as usize)),
                    n => Simply::Tried(n, deadline),
                }
            }
            Err(Error::Os(libc::EINTR)) if !self.is_interruptible() => Simply::Interrupted(deadline),
            Err(error) => Simply::Done(Err(error)),
        }
    }
}
