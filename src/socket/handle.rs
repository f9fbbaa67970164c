//! The descriptor of a socket and the calls that use it. This file makes `close()` safe while other threads
//! are inside calls.
//!
//! The protocol, for a descriptor that any number of threads use at once:
//!
//! - **Entering** is one atomic addition. A call that entered before the close may use the number of the
//!   descriptor until it leaves, because the kernel does not get the number back before that. A call that
//!   entered after the close sees this at once, and must leave without touching the descriptor.
//! - **Leaving** is one atomic subtraction. The last call to leave a closed handle closes the descriptor.
//!   This is either the `close` itself or the last of the calls that it woke.
//! - **Closing** lets no further call begin, and wakes the calls in flight. It ends the connection with
//!   `shutdown(2)`; the connection stays ended, so a call that has only just begun to wait sees it too. If
//!   the connection has another owner, closing raises the wake-up descriptor instead, on which the calls of
//!   such a handle wait. Closing repeats this for a moment, because on some systems a system call that has
//!   not yet begun to block cannot be woken. It never waits for the other calls to leave.
//! - **A call whose system call did nothing** must check whether the handle was closed before it trusts the
//!   result, because to a woken call a close looks like the end of a stream.
//! - **Another owner** is recorded ([`Handle::set_shared`]) before anybody can see the descriptor of that
//!   owner. So no close ends a connection that somebody else has just received.
//! - **A lent descriptor** ([`Handle::borrow`]) stays open until the handle is dropped. A close then only
//!   ends the connection.
//! - **Detaching** takes the number along if no other call is in flight. Otherwise the number stays with the
//!   calls until they have left, and the caller gets a duplicate. C and Python get the number itself, because
//!   their programs know it already: the calls in flight are woken first, and no call closes the number.
//!
//! [`State`] makes the transitions. Loom runs this file in all orders of threads, on a model of the system
//! (`state_model`).
#![allow(unsafe_code)]

use std::mem;

use super::kernel::{self, CallWake, OnceLock};
use super::state::{Seen, State, Taken};
use super::wait::Interest;
use crate::error::{Error, Result};
use crate::sys::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use crate::sys::{self, NO_FD, SHUTDOWN_WAKES};

/// A descriptor with a count of the calls that are using it.
///
/// The last call to leave a closed handle closes the descriptor, so that no call uses the number when it may
/// already mean another file.
pub(super) struct Handle {
    fd: RawFd,
    state: State,
    /// The wake-up descriptor, for a connection that must not be shut down because it has another owner.
    wake: OnceLock<CallWake>,
    /// The value of [`kernel::forks`] when the handle was made.
    forks: u32,
}

/// One call in flight.
pub(super) struct InFlight<'a> {
    handle: &'a Handle,
}

impl Handle {
    /// `sends_poll`: whether sends must wait in `poll`.
    pub(super) fn new(fd: OwnedFd, shared: bool, sends_poll: bool) -> Self {
        Handle {
            fd: fd.into_raw_fd(),
            state: State::new(shared, sends_poll),
            wake: OnceLock::new(),
            forks: kernel::forks(),
        }
    }

    /// Begins a call. The descriptor stays valid until the result is dropped.
    #[inline(always)]
    pub(super) fn enter(&self) -> Result<InFlight<'_>> {
        let (call, seen) = self.enter_and_see();
        if seen.is_closed() { Err(Error::Closed) } else { Ok(call) }
    }

    /// [`Handle::enter`] for a caller that checks the state itself. If the state says closed, the descriptor
    /// must not be used.
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

    /// Whether a close wakes calls by the wake-up descriptor, because a shutdown must not or cannot wake them.
    #[inline]
    pub(super) fn wakes_by_fd(&self) -> bool {
        !SHUTDOWN_WAKES || self.is_shared()
    }

    /// Records that the connection has another owner. Fails with [`Error::Closed`] after a close, because the
    /// close may have shut the connection down.
    pub(super) fn set_shared(&self) -> Result<()> {
        if self.state.share() { Ok(()) } else { Err(Error::Closed) }
    }

    /// The descriptor's number, or -1 when closed.
    #[inline]
    pub(super) fn fileno(&self) -> RawFd {
        if self.is_closed() { NO_FD } else { self.fd }
    }

    /// Whether the last call in this direction had to wait; see `wait`.
    pub(super) fn has_waited(&self, interest: Interest) -> bool {
        self.state.see().has_waited(interest)
    }

    pub(super) fn set_waited(&self, interest: Interest, waited: bool) {
        self.state.set_waited(interest, waited);
    }

    /// Whether sends must wait in `poll`.
    pub(super) fn sends_poll(&self) -> bool {
        self.state.see().sends_poll()
    }

    /// Whether other calls are in flight than that of the caller.
    pub(super) fn has_others(&self) -> bool {
        self.state.see().has_others()
    }

    /// Ends a call in flight that was forgotten.
    pub(super) fn release(&self) {
        drop(InFlight { handle: self });
    }

    #[cfg(all(test, not(loom)))]
    pub(super) fn add_calls(&self, calls: i32) {
        self.state.add_calls(calls);
    }

    /// Lends the descriptor. From now on it stays open until the handle is dropped, even when the handle is
    /// closed.
    pub(super) fn borrow(&self) -> Option<BorrowedFd<'_>> {
        if !self.state.borrow() {
            return None;
        }
        // SAFETY: a descriptor that is lent stays open until the handle is dropped.
        Some(unsafe { BorrowedFd::borrow_raw(self.fd) })
    }

    /// True in a child process that was forked after the handle was made. The parent owns the connection and
    /// the wake-up descriptor too, and some of the calls that are counted here run only in the parent.
    fn is_inherited(&self) -> bool {
        self.forks != kernel::forks()
    }

    /// The descriptor that becomes readable when a shared handle is closed, for a poll of this thread. -1 in a forked
    /// child, which has none.
    pub(super) fn wake_fd(&self) -> Result<RawFd> {
        if self.is_inherited() { Ok(NO_FD) } else { self.wake()?.fd() }
    }

    /// What wakes the calls in flight.
    pub(super) fn wake(&self) -> Result<&CallWake> {
        let wake = match self.wake.get() {
            Some(wake) => wake,
            None => {
                let new = CallWake::new()?;
                self.wake.get_or_init(|| new)
            }
        };
        // A close that came after this call had begun, but before the wake-up descriptor was made, could not
        // raise it.
        if self.is_closed() {
            wake.raise();
        }
        Ok(wake)
    }

    /// Ends the calls in flight. The last of them to leave closes the descriptor. Closing again does nothing.
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
        self.leave()?;
        // Calls that are still counted may be of the parent's threads, which this process does not have. A call of this
        // thread, in whose callback the process has forked, finds the handle closed.
        let is_kept = self.is_inherited() && self.state.see().has_calls();
        if is_kept && kernel::is_only_thread() && self.state.release() {
            return kernel::close(self.fd);
        }
        Ok(())
    }

    /// Gives the descriptor away. While other calls are in flight, they keep the descriptor, and the result
    /// is a duplicate.
    pub(super) fn detach(&self) -> Result<OwnedFd> {
        let call = self.enter()?;
        match self.state.take() {
            Taken::Alone => {
                drop(call);
                // SAFETY: `State::take` has made the caller the only user of the descriptor, and the handle
                // never touches it again.
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

    /// Gives the number itself away, even while other calls are in flight. Those calls are woken, and the
    /// last one to leave does not close the descriptor.
    ///
    /// Fails with [`Error::Closed`], and with `Os(EBUSY)` when the descriptor is lent.
    #[cfg(any(feature = "capi", loom))]
    pub(super) fn detach_number(&self) -> Result<RawFd> {
        let _call = self.enter()?;
        if !self.state.take_in_use() {
            return Err(if self.is_closed() { Error::Closed } else { Error::Os(sys::libc::EBUSY) });
        }
        self.wake_calls();
        Ok(self.fd)
    }

    /// Shuts the connection down, which ends the calls that are blocked on it, unless the connection has
    /// another owner.
    fn end_connection(&self) {
        if !self.is_shared() && !self.is_inherited() {
            kernel::shut_down(self.fd);
        }
    }

    /// Wakes the other calls in flight after the connection was shut down, where the shutdown itself wakes nobody. No
    /// call on the socket can wait any more, so the wake-up descriptor stays raised.
    pub(super) fn wake_after_shutdown(&self) {
        if !self.has_others() {
            return;
        }
        // A call that has not yet made the wake-up descriptor then finds it raised.
        if self.wake_fd().is_ok() {
            self.wake.get().inspect(|wake| wake.raise());
        }
    }

    /// Wakes all other calls in flight, and repeats this for a moment: a call may be just before its system
    /// call, and not all systems wake a call there.
    fn wake_calls(&self) {
        if let Some(wake) = self.wake.get() {
            // A serve loop polls this descriptor without a call in flight.
            wake.raise();
        }
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

    fn leave(&self) -> Result<()> {
        if self.state.leave() { self.leave_closed() } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn leave_closed_with(&self, n: usize) -> usize {
        let _ = self.leave_closed();
        n
    }

    /// Gives the descriptor back if this call was the last one.
    fn leave_closed(&self) -> Result<()> {
        if self.state.must_release() { kernel::close(self.fd) } else { Ok(()) }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.state.end() {
            let _ = kernel::close(self.fd);
        }
    }
}

impl InFlight<'_> {
    #[inline]
    pub(super) fn fd(&self) -> RawFd {
        self.handle.fd
    }

    /// True when another thread has closed the socket since this call began.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    pub(super) fn is_shared(&self) -> bool {
        self.handle.is_shared()
    }

    /// Ends the call and returns its result. The compiler does not inline a `drop`, and that would cost the common
    /// calls several instructions. So would a result that they must keep for themselves until the call has ended.
    #[inline(always)]
    pub(super) fn leave_with(self, n: usize) -> usize {
        let handle = mem::ManuallyDrop::new(self).handle;
        if handle.state.leave() { handle.leave_closed_with(n) } else { n }
    }
}

impl InFlight<'_> {
    fn borrow(&self) -> BorrowedFd<'_> {
        // SAFETY: the handle keeps its descriptor open while a call is in flight.
        unsafe { BorrowedFd::borrow_raw(self.handle.fd) }
    }
}

sys::lends!(InFlight<'_>, borrow);

impl Drop for InFlight<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.handle.state.leave() {
            self.handle.leave_closed_with(0);
        }
    }
}
