//! The descriptor and who uses it: what makes `close()` safe while other threads are inside a call.
#![allow(unsafe_code)]

use std::mem;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::sys::{self, Wake};

/// No further call may begin.
const CLOSED: u32 = 1;
/// The descriptor has been given back, or given away.
const RELEASED: u32 = 2;
/// A `BorrowedFd` may be about: the descriptor stays until the socket is dropped.
const BORROWED: u32 = 4;
/// Somebody else owns the same socket (a duplicate): waking must not shut it down.
const SHARED: u32 = 8;
/// One call in flight.
const CALL: u32 = 16;

/// How often and how long `close()` tries to wake calls that are in flight.
const WAKE_TRIES: u32 = 20;
const WAKE_PAUSE: Duration = Duration::from_millis(1);

/// A descriptor with a count of the calls that are using it.
///
/// The last call to leave a closed handle gives the descriptor back to the kernel, so that its number
/// is never used after it may mean something else.
pub(super) struct Handle {
    fd: RawFd,
    state: AtomicU32,
    /// What wakes the calls of a handle that must not be shut down.
    wake: OnceLock<Wake>,
}

/// One call in flight.
pub(super) struct InFlight<'a> {
    handle: &'a Handle,
    shared: bool,
}

impl Handle {
    pub(super) fn new(fd: OwnedFd, shared: bool) -> Self {
        Handle {
            fd: fd.into_raw_fd(),
            state: AtomicU32::new(if shared { SHARED } else { 0 }),
            wake: OnceLock::new(),
        }
    }

    /// Begins a call; the descriptor is valid until the result is dropped.
    #[inline(always)]
    pub(super) fn enter(&self) -> Result<InFlight<'_>> {
        // SeqCst here and in `close`: either the caller sees CLOSED, or the closer sees the call.
        let before = self.state.fetch_add(CALL, Ordering::SeqCst);
        let call = InFlight { handle: self, shared: before & SHARED != 0 };
        if before & CLOSED != 0 {
            return Err(Error::Closed);
        }
        Ok(call)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.load(Ordering::SeqCst) & CLOSED != 0
    }

    #[inline]
    pub(super) fn is_shared(&self) -> bool {
        self.state.load(Ordering::SeqCst) & SHARED != 0
    }

    pub(super) fn set_shared(&self) {
        self.state.fetch_or(SHARED, Ordering::SeqCst);
    }

    /// The descriptor's number, or -1 when closed.
    #[inline]
    pub(super) fn fileno(&self) -> RawFd {
        if self.state.load(Ordering::Relaxed) & CLOSED != 0 { -1 } else { self.fd }
    }

    /// Lends the descriptor out; from now on it lives as long as the handle, even when closed.
    pub(super) fn borrow(&self) -> Option<BorrowedFd<'_>> {
        self.state
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |state| {
                (state & CLOSED == 0).then_some(state | BORROWED)
            })
            .ok()?;
        // SAFETY: BORROWED keeps the descriptor open until the handle is dropped.
        Some(unsafe { BorrowedFd::borrow_raw(self.fd) })
    }

    /// The descriptor that becomes readable when a shared handle is closed.
    pub(super) fn wake_fd(&self) -> Result<RawFd> {
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
        if self.state.fetch_or(CLOSED, Ordering::SeqCst) & CLOSED != 0 {
            return Ok(());
        }
        self.wake_calls();
        let lent = self.state.load(Ordering::SeqCst) & BORROWED != 0;
        if lent && !self.is_shared() {
            shut_down(self.fd);
        }
        mem::forget(call);
        self.leave()
    }

    /// Gives the descriptor away. While other calls are in flight the number stays theirs, and the
    /// result is a duplicate.
    pub(super) fn detach(&self) -> Result<OwnedFd> {
        let call = self.enter()?;
        if self.state.load(Ordering::SeqCst) & BORROWED != 0 || !self.take_alone() {
            let copy = sys::duplicate(self.fd)?;
            self.set_shared();
            if self.state.fetch_or(CLOSED, Ordering::SeqCst) & CLOSED != 0 {
                return Err(Error::Closed);
            }
            self.wake_calls();
            return Ok(copy);
        }
        drop(call);
        // SAFETY: RELEASED is set, so this handle will never touch the descriptor again.
        Ok(unsafe { OwnedFd::from_raw_fd(self.fd) })
    }

    /// Marks the handle closed and empty if the caller's is the only call in flight.
    fn take_alone(&self) -> bool {
        let alone = |state| (state / CALL == 1).then_some(state | CLOSED | RELEASED);
        self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, alone).is_ok()
    }

    /// Wakes every other call in flight, again and again for a moment: one may stand just before its
    /// system call, where a wake-up is not seen by all systems.
    fn wake_calls(&self) {
        for attempt in 0..WAKE_TRIES {
            if self.state.load(Ordering::SeqCst) / CALL <= 1 {
                return;
            }
            if !self.is_shared() {
                shut_down(self.fd);
            }
            if let Some(wake) = self.wake.get() {
                wake.raise();
            }
            if attempt < WAKE_TRIES / 2 { thread::yield_now() } else { thread::sleep(WAKE_PAUSE) }
        }
    }

    #[inline]
    fn leave(&self) -> Result<()> {
        let before = self.state.fetch_sub(CALL, Ordering::SeqCst);
        if before & CLOSED != 0 && before / CALL == 1 {
            return self.release();
        }
        Ok(())
    }

    #[cold]
    fn release(&self) -> Result<()> {
        let before = self.state.fetch_or(RELEASED, Ordering::SeqCst);
        if before & (RELEASED | BORROWED) != 0 {
            return Ok(());
        }
        sys::close(self.fd)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let state = *self.state.get_mut();
        let lent = state & BORROWED != 0;
        if state & RELEASED == 0 || lent {
            let _ = sys::close(self.fd);
        }
    }
}

impl InFlight<'_> {
    #[inline]
    pub(super) fn fd(&self) -> RawFd {
        self.handle.fd
    }

    /// Whether the connection had another known owner when the call began.
    #[inline]
    pub(super) fn is_shared(&self) -> bool {
        self.shared
    }

    /// True when another thread has closed the socket since the call began.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }
}

impl AsFd for InFlight<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: a handle keeps its descriptor while a call is in flight.
        unsafe { BorrowedFd::borrow_raw(self.handle.fd) }
    }
}

impl Drop for InFlight<'_> {
    #[inline]
    fn drop(&mut self) {
        let _ = self.handle.leave();
    }
}

/// Wakes whoever is blocked on the socket; the errors (not connected, not a stream) do not matter.
fn shut_down(fd: RawFd) {
    // SAFETY: the descriptor is open: the caller has a call in flight.
    unsafe { libc::shutdown(fd, libc::SHUT_RDWR) };
}
