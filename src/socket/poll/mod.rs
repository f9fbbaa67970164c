//! `poll`: waiting for several sockets and descriptors at once.

mod descriptors;
mod events;
mod wait;

use std::fmt;

use super::Socket;
use super::timeout::{IntoTimeout, checked_timeout};
use crate::deadline::Deadline;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::sys::fd::{AsRawFd, BorrowedFd};

pub use events::PollEvents;
pub(crate) use wait::{Entry, Source, wait};

/// A socket or a descriptor for [`poll`], with the events that the program waits for and those that were found.
#[derive(Clone)]
pub struct Poll<'a> {
    source: Source<'a>,
    events: PollEvents,
    revents: PollEvents,
    interruptible: bool,
}

impl<'a> Poll<'a> {
    /// Makes an entry for a socket. Without any event, the poll waits for an error, a hang-up or a close.
    pub fn socket(socket: &'a Socket, events: PollEvents) -> Poll<'a> {
        Poll::new(Source::Socket(socket), events)
    }

    /// Makes an entry for a descriptor that is no [`Socket`], such as a pipe or a terminal.
    pub fn fd(fd: BorrowedFd<'a>, events: PollEvents) -> Poll<'a> {
        Poll::new(Source::Fd(fd.as_raw_fd()), events)
    }

    fn new(source: Source<'a>, events: PollEvents) -> Poll<'a> {
        Poll { source, events, revents: PollEvents::default(), interruptible: false }
    }

    /// Lets a signal handler end the poll, as an interruptible socket in it does ([`Socket::set_interruptible`]).
    pub fn interruptible(self) -> Poll<'a> {
        Poll { interruptible: true, ..self }
    }

    /// Returns the events that the program waits for.
    pub fn events(&self) -> PollEvents {
        self.events
    }

    /// Sets the events that the program waits for in the next poll.
    pub fn set_events(&mut self, events: PollEvents) {
        self.events = events;
    }

    /// Returns the events that the last poll found. There are none when this entry was not ready.
    pub fn revents(&self) -> PollEvents {
        self.revents
    }
}

impl Entry for Poll<'_> {
    fn source(&self) -> Source<'_> {
        self.source
    }

    fn wished(&self) -> Result<PollEvents> {
        Ok(self.events)
    }

    fn is_interruptible(&self) -> bool {
        self.interruptible
    }

    fn set_found(&mut self, found: PollEvents) {
        self.revents = found;
    }
}

impl fmt::Debug for Poll<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fd = match self.source {
            Source::Socket(socket) => socket.fileno(),
            Source::Fd(fd) => fd,
        };
        write!(f, "<poll fd={fd}, events={:?}, revents={:?}>", self.events, self.revents)
    }
}

/// Waits until at least one of the entries is ready, at most as long as the timeout (`poll(2)`, Python's
/// `select.poll`). 0 only looks; `None` is no limit. Returns how many entries are ready, 0 when the time has passed;
/// [`Poll::revents`] says what was found.
///
/// The timeouts of the sockets do not matter. There may be any number of entries, and the same socket in several of
/// them. A socket that another thread closes ends the poll: its entry has [`PollEvents::CLOSED`]. So does one that was
/// closed before. The other entries are looked at in the same call. Until the poll has returned, the numbers of its
/// descriptors mean the same files, even if the sockets are closed. Like other calls, a poll that waited already when
/// the socket got another owner is not woken by a close ([`Socket::close`]).
///
/// Signal handlers do not end the poll, unless an entry or its socket is interruptible. It then fails with `Os(EINTR)`
/// if nothing is ready. Under a [`Cancel`](crate::Cancel) token, that of the thread or of any of the sockets, it fails
/// with [`Error::Cancelled`] if nothing is ready. Fails with `Os(ENOMEM)`, with `Os(EINVAL)` when there are more entries than the process may have
/// open descriptors (`RLIMIT_NOFILE`), or millions of entries for one socket, and for the timeout as [`Socket::settimeout`] does. When it fails, the entries
/// are as they were.
///
/// ```
/// use tabi::{AF_UNIX, Poll, PollEvents, SOCK_STREAM, Socket};
///
/// let (one, other) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
/// one.sendall(b"x")?;
/// let mut entries = [Poll::socket(&one, PollEvents::IN), Poll::socket(&other, PollEvents::IN)];
/// assert_eq!(tabi::poll(&mut entries, 5.0)?, 1);
/// assert!(entries[0].revents().is_empty());
/// assert!(entries[1].revents().contains(PollEvents::IN));
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn poll(entries: &mut [Poll<'_>], timeout: impl IntoTimeout) -> Result<usize> {
    let timeout = checked_timeout(timeout)?;
    poll_until(entries, Deadline::after_timeout(timeout))
}

/// [`poll`] with a deadline instead of a timeout.
pub fn poll_until(entries: &mut [Poll<'_>], deadline: Deadline) -> Result<usize> {
    wait(entries, deadline)
}
