//! The descriptor and who uses it: what makes `close()` safe while other threads are inside a call.
//!
//! The protocol, for a descriptor that any number of threads use at once:
//!
//! - **To enter** is one atomic addition. A call that entered before the close may use the descriptor's number until it
//!   leaves: the number is not given back to the kernel before that. A call that entered after it sees so at once, and
//!   must leave without touching the descriptor.
//! - **To leave** is one subtraction. Whoever leaves a closed handle as the last gives the descriptor back, which is
//!   the thread that closed it, or the last of the calls that it woke.
//! - **A close** lets no further call begin, and wakes those in flight: by ending the connection (`shutdown(2)`), which
//!   stays ended, so that a call which only just began to wait sees it too; or, when the connection has another owner,
//!   by raising the wake-up descriptor on which calls of such a handle wait. It tries again for a moment, because a
//!   system call that has not begun to block cannot be woken on every system. It never waits for the others to leave.
//! - **A call that did nothing** must look whether the handle was closed before it believes its result: a woken call
//!   sees the end of a stream.
//! - **Another owner** is noted ([`Handle::set_shared`]) before anybody may see that owner's descriptor, so that no close
//!   ends a connection which somebody else was just given.
//! - **What is lent** ([`Handle::borrow`]) stays open until the handle is dropped; a close then ends the connection only.
//! - **A detach** takes the number along when no other call is in flight; otherwise the number stays with the calls that
//!   use it until they have left, and the caller gets a duplicate. C and Python get the number itself, because their
//!   programs know it already: the calls in flight are woken first, and nobody gives the number back.
//!
//! The transitions are those of [`State`]. Loom tries this file in all orders of threads, on a model of the system
//! (`state_model`).
#![allow(unsafe_code)]

use std::mem;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use super::kernel::{self, OnceLock, Wake};
use super::state::{Seen, State, Taken};
use crate::error::{Error, Result};

/// A descriptor with a count of the calls that are using it.
///
/// The last call to leave a closed handle gives the descriptor back to the kernel, so that its number
/// is never used after it may mean something else.
pub(super) struct Handle {
    fd: RawFd,
    state: State,
    /// What wakes the calls of a handle that must not be shut down.
    wake: OnceLock<Wake>,
    /// [`kernel::forks`] when the handle was made.
    forks: u32,
}

/// One call in flight.
pub(super) struct InFlight<'a> {
    handle: &'a Handle,
}

impl Handle {
    pub(super) fn new(fd: OwnedFd, shared: bool) -> Self {
        Handle {
            fd: fd.into_raw_fd(),
            state: State::new(shared),
            wake: OnceLock::new(),
            forks: kernel::forks(),
        }
    }

    /// Begins a call; the descriptor is valid until the result is dropped.
    #[inline(always)]
    pub(super) fn enter(&self) -> Result<InFlight<'_>> {
        let (call, seen) = self.enter_and_see();
        if seen.is_closed() { Err(Error::Closed) } else { Ok(call) }
    }

    /// [`Handle::enter`] for a caller who looks at how things stand: closed, the descriptor must not be used.
    #[inline(always)]
    pub(super) fn enter_and_see(&self) -> (InFlight<'_>, Seen) {
        let seen = self.state.enter();
        (InFlight { handle: self }, seen)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.see().is_closed()
    }

    #[inline]
    pub(super) fn is_shared(&self) -> bool {
        self.state.see().is_shared()
    }

    /// Notes that somebody else owns the same socket. Fails with [`Error::Closed`] when a close came before, which may
    /// have shut it down.
    pub(super) fn set_shared(&self) -> Result<()> {
        if self.state.share() { Ok(()) } else { Err(Error::Closed) }
    }

    /// The descriptor's number, or -1 when closed.
    #[inline]
    pub(super) fn fileno(&self) -> RawFd {
        if self.is_closed() { -1 } else { self.fd }
    }

    /// Lends the descriptor out; from now on it lives as long as the handle, even when closed.
    pub(super) fn borrow(&self) -> Option<BorrowedFd<'_>> {
        if !self.state.borrow() {
            return None;
        }
        // SAFETY: a descriptor that is lent stays open until the handle is dropped.
        Some(unsafe { BorrowedFd::borrow_raw(self.fd) })
    }

    /// True in a child that was forked since: the connection and the wake-up are the parent's too, and of the calls in
    /// flight that are counted here, some are the parent's alone.
    fn is_inherited(&self) -> bool {
        self.forks != kernel::forks()
    }

    /// The descriptor that becomes readable when a shared handle is closed, or -1 when nothing tells.
    pub(super) fn wake_fd(&self) -> Result<RawFd> {
        if self.is_inherited() {
            return Ok(-1);
        }
        let wake = match self.wake.get() {
            Some(wake) => wake,
            None => {
                let new = Wake::new()?;
                self.wake.get_or_init(|| new)
            }
        };
        // A close between the start of this call and the line above found nothing to raise.
        if self.is_closed() {
            wake.raise();
        }
        Ok(wake.fd())
    }

    /// Ends the calls in flight and gives the descriptor back when the last of them has left.
    /// Closing again does nothing.
    pub(super) fn close(&self) -> Result<()> {
        let Ok(call) = self.enter() else { return Ok(()) };
        if !self.state.close() {
            return Ok(());
        }
        self.wake_calls();
        if self.state.see().is_borrowed() {
            self.end_connection();
        }
        mem::forget(call);
        self.leave()
    }

    /// Gives the descriptor away. While other calls are in flight the number stays theirs, and the
    /// result is a duplicate.
    pub(super) fn detach(&self) -> Result<OwnedFd> {
        let call = self.enter()?;
        match self.state.take() {
            Taken::Alone => {
                drop(call);
                // SAFETY: the handle will never touch the descriptor again.
                Ok(unsafe { OwnedFd::from_raw_fd(self.fd) })
            }
            Taken::InUse => {
                let copy = kernel::duplicate(self.fd)?;
                if !self.state.share_and_close() {
                    return Err(Error::Closed);
                }
                self.wake_calls();
                Ok(copy)
            }
            Taken::Closed => Err(Error::Closed),
        }
    }

    /// Gives the number itself away, also while other calls are in flight: they are woken, and whoever leaves last does not
    /// give it back.
    ///
    /// Fails with [`Error::Closed`], and with `Os(EBUSY)` when the descriptor is lent.
    #[cfg(any(feature = "capi", loom))]
    pub(super) fn detach_number(&self) -> Result<RawFd> {
        let _call = self.enter()?;
        if !self.state.take_in_use() {
            return Err(if self.is_closed() { Error::Closed } else { Error::Os(libc::EBUSY) });
        }
        self.wake_calls();
        Ok(self.fd)
    }

    /// Ends whatever is blocked on the connection, unless it has another owner.
    fn end_connection(&self) {
        if !self.is_shared() && !self.is_inherited() {
            kernel::shut_down(self.fd);
        }
    }

    /// Wakes every other call in flight, again and again for a moment: one may stand just before its
    /// system call, where a wake-up is not seen by all systems.
    fn wake_calls(&self) {
        for tried in 0..kernel::WAKE_TRIES {
            if !self.state.see().has_others() || self.is_inherited() {
                return;
            }
            self.end_connection();
            if let Some(wake) = self.wake.get() {
                wake.raise();
            }
            kernel::pause(tried);
        }
    }

    #[inline(always)]
    fn leave(&self) -> Result<()> {
        if self.state.leave() { self.give_back() } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn give_back(&self) -> Result<()> {
        kernel::close(self.fd)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.state.end() {
            let _ = self.give_back();
        }
    }
}

impl InFlight<'_> {
    #[inline]
    pub(super) fn fd(&self) -> RawFd {
        self.handle.fd
    }

    /// True when another thread has closed the socket since the call began.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }
}

impl InFlight<'_> {
    /// Ends the call in place: the compiler leaves a drop out of line, which the hot calls would feel.
    #[inline(always)]
    pub(super) fn leave(self) {
        let _ = mem::ManuallyDrop::new(self).handle.leave();
    }
}

impl AsFd for InFlight<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: a handle keeps its descriptor while a call is in flight.
        unsafe { BorrowedFd::borrow_raw(self.handle.fd) }
    }
}

impl Drop for InFlight<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        let _ = self.handle.leave();
    }
}
