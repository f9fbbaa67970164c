//! How a poll waits.
//!
//! A poll is a call in flight on each of its sockets (see `handle`): their numbers stay valid until it ends, and a close
//! wakes it in the same way as it wakes other calls. A close of a socket that has no other owner ends the connection,
//! which `poll(2)` reports. For each socket that has another owner, the wake-up descriptor is polled too, and for those that a
//! shutdown does not wake on this system.

use std::mem;
use std::time::Duration;

use super::super::wait::{Interest, LOOK};
use super::Socket;
use super::descriptors::Descriptors;
use super::events::PollEvents;
use crate::cancel::{self, Tokens};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::sys::fd::RawFd;
use crate::sys::{self, libc};

/// What is polled.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Socket(&'a Socket),
    /// A descriptor of other code. A negative number is not polled.
    Fd(RawFd),
}

/// One entry of a poll: that of Rust, or that of C. Its source must not change during the poll.
pub(crate) trait Entry {
    fn source(&self) -> Source<'_>;
    /// The events that the program waits for. Fails with [`Error::Value`] if they are not events.
    fn wished(&self) -> Result<PollEvents>;
    /// Whether a signal ends the poll.
    fn is_interruptible(&self) -> bool;
    fn set_found(&mut self, found: PollEvents);
}

/// [`poll_until`](super::poll_until) for any kind of entry.
pub(crate) fn wait<E: Entry>(entries: &mut [E], deadline: Deadline) -> Result<usize> {
    let space = entries.len().checked_mul(2).ok_or(Error::Os(libc::ENOMEM))?;
    let mut descriptors = Descriptors::with_space(space)?;
    let tokens = tokens(entries)?;
    let mut waiting = Waiting { entries, entered: 0, interruptible: false };
    waiting.enter(descriptors.all())?;
    loop {
        let (used, most) = waiting.add_wake_ups(descriptors.all());
        let look = most.map_or(Deadline::NEVER, Deadline::after);
        let polled = tokens.poll(&mut descriptors.all()[..used], deadline.min(look));
        let interrupted = match polled {
            Ok(_) | Err(Error::Cancelled) => false,
            Err(Error::Os(libc::EINTR)) => true,
            Err(error) => return Err(error),
        };
        // A socket may be closed at any moment, so only this count decides whether an entry is ready.
        if waiting.is_any_ready(descriptors.all()) {
            return Ok(waiting.report(descriptors.all()));
        }
        if matches!(polled, Err(Error::Cancelled)) {
            return Err(Error::Cancelled);
        }
        if interrupted && waiting.interruptible {
            return Err(Error::Os(libc::EINTR));
        }
        if deadline.has_passed() {
            return Ok(waiting.report(descriptors.all()));
        }
    }
}

/// The tokens of this thread and of all sockets.
fn tokens<E: Entry>(entries: &[E]) -> Result<Tokens> {
    let mut tokens = Tokens::of_thread();
    if cancel::is_used() {
        for entry in entries {
            if let Source::Socket(socket) = entry.source() {
                tokens.add(&socket.cancel)?;
            }
        }
    }
    Ok(tokens)
}

/// A poll whose sockets have been entered. When it is dropped, they are left.
struct Waiting<'a, E: Entry> {
    entries: &'a mut [E],
    /// How many of the entries have been entered.
    entered: usize,
    interruptible: bool,
}

impl<E: Entry> Waiting<'_, E> {
    /// Enters each socket, and fills the list with the descriptors of all entries, in their order.
    fn enter(&mut self, descriptors: &mut [libc::pollfd]) -> Result<()> {
        for (entry, descriptor) in self.entries.iter().zip(descriptors) {
            descriptor.events = entry.wished()?.wishes();
            self.interruptible |= entry.is_interruptible();
            descriptor.fd = match entry.source() {
                Source::Fd(fd) => fd,
                Source::Socket(socket) => {
                    self.interruptible |= socket.is_interruptible();
                    let (call, seen) = socket.handle.enter_and_see();
                    if seen.is_crowded() {
                        return Err(Error::Os(libc::EINVAL));
                    }
                    let fd = if seen.is_closed() { sys::NO_FD } else { call.fd() };
                    // The call leaves when the poll is dropped.
                    mem::forget(call);
                    fd
                }
            };
            self.entered += 1;
        }
        Ok(())
    }

    /// Adds the descriptors that closes raise behind those of the entries. Returns how many descriptors there are, and
    /// how long the poll may take because of the sockets.
    fn add_wake_ups(&self, descriptors: &mut [libc::pollfd]) -> (usize, Option<Duration>) {
        let (mut used, mut most) = (self.entries.len(), None);
        for entry in self.entries.iter() {
            let Source::Socket(socket) = entry.source() else { continue };
            if socket.is_closed() || socket.has_ended_here() {
                most = Some(Duration::ZERO);
            } else if socket.handle.wakes_by_fd()
                && (entry.wished().is_ok_and(|events| events.is_empty())
                    || socket.handle.enter().is_ok_and(|call| socket.wakes_by_fd(&call)))
            {
                // Without events, some systems do not report that the connection has ended.
                match socket.handle.wake_fd() {
                    Ok(fd) => {
                        descriptors[used] = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
                        used += 1;
                    }
                    Err(_) => most = most.or(Some(LOOK)),
                }
            }
        }
        // The same socket may be in several entries, and the system limits how many descriptors are polled.
        let own = self.entries.len();
        (own + sys::poll_each_once(&mut descriptors[own..used]), most)
    }

    fn is_any_ready(&self, descriptors: &[libc::pollfd]) -> bool {
        self.entries.iter().zip(descriptors).any(|(entry, polled)| !found(entry, polled).is_empty())
    }

    /// Writes what was found into the entries. Returns how many of them are ready.
    fn report(&mut self, descriptors: &[libc::pollfd]) -> usize {
        let mut ready = 0;
        for (entry, polled) in self.entries.iter_mut().zip(descriptors) {
            let found = found(entry, polled);
            entry.set_found(found);
            ready += usize::from(!found.is_empty());
        }
        ready
    }
}

impl<E: Entry> Drop for Waiting<'_, E> {
    fn drop(&mut self) {
        for entry in &self.entries[..self.entered] {
            if let Source::Socket(socket) = entry.source() {
                socket.handle.release();
            }
        }
    }
}

/// What the poll has found for an entry.
fn found<E: Entry>(entry: &E, polled: &libc::pollfd) -> PollEvents {
    let found = PollEvents::found(polled.revents);
    let Source::Socket(socket) = entry.source() else { return found };
    if socket.is_closed() {
        // What the system reports then is only the end that the close has made.
        return PollEvents::CLOSED;
    }
    let found = if socket.has_ended_here() { found | PollEvents::HUP } else { found };
    // The next call of the program tries first, because this poll has waited for it.
    for (event, interest) in [(PollEvents::IN, Interest::Read), (PollEvents::OUT, Interest::Write)] {
        if found.contains(event) {
            socket.handle.set_waited(interest, false);
        }
    }
    found
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::socket::{Poll, poll};
    use crate::{AF_INET, SOCK_STREAM};

    #[test]
    #[cfg_attr(miri, ignore = "Miri makes no pairs of sockets")]
    fn no_number_of_entries_for_one_socket_overflows_the_count_of_its_calls() {
        let (socket, _peer) = crate::socketpair(AF_INET, SOCK_STREAM, 0).unwrap();
        // As many calls as in polls with so many entries, which would need a gigabyte of memory.
        let many = 1 << 24;
        socket.handle.add_calls(many);
        let entries = || [(); 4].map(|()| Poll::socket(&socket, PollEvents::OUT));
        assert_eq!(poll(&mut entries(), 0.0), Err(Error::Os(libc::EINVAL)));
        socket.handle.add_calls(-many);
        assert_eq!(poll(&mut entries(), 0.0), Ok(4));
        assert!(!socket.handle.has_others() && !socket.is_closed());
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri makes no pairs of sockets")]
    fn a_call_tries_first_after_a_poll_that_has_waited_for_it() {
        let (socket, peer) = crate::socketpair(AF_INET, SOCK_STREAM, 0).unwrap();
        let directions = [Interest::Read, Interest::Write];
        let waits_first = || directions.map(|interest| socket.handle.has_waited(interest));
        directions.iter().for_each(|interest| socket.handle.set_waited(*interest, true));
        let mut entries = [Poll::socket(&socket, PollEvents::IN | PollEvents::OUT)];
        assert_eq!(poll(&mut entries, 0.0), Ok(1));
        assert_eq!(waits_first(), [true, false], "there is space, but nothing to read");
        peer.sendall(b"x").unwrap();
        // On a busy machine the byte takes a moment to arrive.
        assert_eq!(poll(&mut [Poll::socket(&socket, PollEvents::IN)], 30.0), Ok(1));
        assert_eq!(waits_first(), [false, false]);
    }
}
