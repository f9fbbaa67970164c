//! The C functions that wait for several sockets and descriptors at once.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use super::tabi_sock;
use super::timeout::duration;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::ffi::boundary::{Outcome, check_buffer, count, tabi_fd};
use crate::socket::PollEvents;
use crate::socket::poll::{Entry, Source, wait};
use crate::sys::fd::RawFd;
use crate::sys::libc::ssize_t;

/// A socket or a descriptor for tabi_poll(). The structure never changes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_pollfd {
    /// The socket; or NULL, and `fd` is polled.
    pub sock: *mut tabi_sock,
    /// A descriptor that belongs to no tabi_sock, such as a pipe. An entry with a negative number and without a
    /// socket is skipped. With a socket, the number does not matter.
    pub fd: tabi_fd,
    /// The events to wait for: 0, or POLLIN, POLLOUT, POLLPRI and other bits of the system, and
    /// TABI_POLL_INTERRUPTIBLE.
    pub events: u32,
    /// The events that were found: those of `events`, POLLERR, POLLHUP and POLLNVAL, or TABI_POLL_CLOSED alone.
    /// 0 when this entry was not ready.
    pub revents: u32,
}

/// In `revents` of tabi_pollfd: the socket was closed before or during the call. In `events` it is ignored, as POLLHUP
/// is.
pub const TABI_POLL_CLOSED: u32 = 0x10000;
/// In `events` of tabi_pollfd: a signal handler ends the call with -EINTR, as an interruptible socket in it does (see
/// tabi_set_interruptible()).
pub const TABI_POLL_INTERRUPTIBLE: u32 = 0x20000;

/// Waits until at least one of the entries is ready, at most `seconds` (poll(2), Python's `select.poll`).
///
/// `seconds` is 0 to look without waiting, or TABI_NO_TIMEOUT for no limit. The timeouts of the sockets do not matter.
/// There may be any number of entries, none too, and the same socket in several of them. `revents` of each entry is
/// written when the call succeeds.
///
/// This is poll(2) for programs whose threads close sockets. A socket that another thread closes during the call ends
/// it, and the entry says TABI_POLL_CLOSED. An entry whose socket was closed before says so too, and nothing is waited
/// for. The other entries are looked at in the same call. No number of a descriptor is polled when it may already mean
/// another file. As with other calls, tabi_close() does not wake a call that waited already when the socket got another
/// owner.
///
/// Signal handlers do not end the call, unless a socket in it is interruptible or an entry has TABI_POLL_INTERRUPTIBLE.
///
/// Returns the number of entries that are ready; 0 when the time has passed. Errors: TABI_ERR_VALUE when `seconds` is
/// negative or NaN, and for bits in `events` that no system has; TABI_ERR_OVERFLOW when it is more than 292 years;
/// TABI_ERR_CANCELLED when nothing is ready; -EINTR; -ENOMEM; -EINVAL when there are more entries than the process may
/// have open descriptors.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_poll(entries: *mut tabi_pollfd, entry_count: usize, seconds: f64) -> ssize_t {
    count(|| {
        let timeout = duration("timeout", seconds)?;
        // SAFETY: the caller passes that many entries with handles of this library.
        let entries = unsafe { checked(entries, entry_count) }?;
        Ok(wait(entries, Deadline::after_timeout(timeout))?)
    })
}

/// tabi_poll() with a deadline, which is as in tabi_recv_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_poll_until(
    entries: *mut tabi_pollfd,
    entry_count: usize,
    deadline: i64,
) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes that many entries with handles of this library.
        let entries = unsafe { checked(entries, entry_count) }?;
        Ok(wait(entries, Deadline::from_monotonic(deadline))?)
    })
}

/// An entry whose socket is NULL or a handle that lives as long as `'a`.
#[repr(transparent)]
struct Checked<'a> {
    entry: tabi_pollfd,
    sock: PhantomData<&'a tabi_sock>,
}

/// # Safety
///
/// `entries` is NULL or that many, which the result lends. Each of their sockets is NULL or a handle of this library.
unsafe fn checked<'a>(entries: *mut tabi_pollfd, count: usize) -> Outcome<&'a mut [Checked<'a>]> {
    check_buffer(entries.cast(), count.saturating_mul(size_of::<tabi_pollfd>()), "entries")?;
    if count == 0 {
        return Ok(&mut []);
    }
    // SAFETY: `entries` is not NULL, `count` is possible, and the caller promises that many, with handles that live.
    // `Checked` has the layout of the entry.
    Ok(unsafe { std::slice::from_raw_parts_mut(entries.cast(), count) })
}

impl Entry for Checked<'_> {
    fn source(&self) -> Source<'_> {
        // SAFETY: whoever made this value has promised that the pointer is NULL or a handle that lives.
        match unsafe { self.entry.sock.as_ref() } {
            Some(sock) => Source::Socket(&sock.0),
            None => Source::Fd(self.entry.fd as RawFd),
        }
    }

    fn wished(&self) -> Result<PollEvents> {
        PollEvents::from_bits(self.entry.events & !TABI_POLL_INTERRUPTIBLE)
    }

    fn is_interruptible(&self) -> bool {
        self.entry.events & TABI_POLL_INTERRUPTIBLE != 0
    }

    fn set_found(&mut self, found: PollEvents) {
        self.entry.revents = found.bits();
    }
}
