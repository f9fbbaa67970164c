//! The token: a flag, a deadline, and a descriptor that wakes all calls that wait.
//!
//! The descriptor is made by the first call that has to wait. That call installs it, and then looks at the flag again. Whoever
//! triggers the token sets the flag, and then looks for a descriptor. So one of the two sees the other, whatever the
//! order (`token_model` checks all orders). The descriptor is never cleared, because a token is never reset.
//!
//! A forked child inherits the descriptor of its parent. It neither raises nor polls that one, but makes its own.
#![allow(unsafe_code)]

use std::ptr;
use std::sync::atomic::Ordering;
#[cfg(not(loom))]
use std::sync::atomic::{AtomicBool, AtomicPtr, fence};

#[cfg(loom)]
use loom::sync::atomic::{AtomicBool, AtomicPtr, fence};

use super::state;
#[cfg(loom)]
use super::token_model::{Wake, forks};
use crate::deadline::Deadline;
use crate::error::{Result, last_errno};
use crate::memory;
use crate::sys;
use crate::sys::fd::RawFd;
#[cfg(not(loom))]
use crate::sys::{Wake, forks};

pub(crate) struct Token {
    triggered: AtomicBool,
    deadline: Deadline,
    /// The newest of the descriptors: that of this process, or of an ancestor if no call has waited here yet.
    newest: AtomicPtr<Waking>,
}

/// A descriptor that wakes the calls of one process. It is freed with the token.
struct Waking {
    wake: Wake,
    /// The value of [`forks`] in the process that the descriptor belongs to.
    process: u32,
    /// The descriptor of an ancestor of the process.
    older: *mut Waking,
}

// SAFETY: all threads use the descriptors through shared references, and a `Wake` allows that. `older` is changed only
// before other threads can see it.
unsafe impl Send for Token {}
// SAFETY: the flag and the pointer are atomic, and what the pointer leads to is freed only when the token is dropped.
unsafe impl Sync for Token {}

impl Token {
    pub(super) fn new(deadline: Deadline) -> Token {
        Token { triggered: AtomicBool::new(false), deadline, newest: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Safe to call in a signal handler.
    pub(super) fn trigger(&self) {
        if self.triggered.swap(true, Ordering::AcqRel) {
            return;
        }
        state::count_triggered();
        // Either this sees the descriptor, or the call that has installed it sees the flag.
        fence(Ordering::SeqCst);
        // SAFETY: the pointer is NULL or that of a descriptor of this token, which is freed only when the token is dropped.
        if let Some(newest) = unsafe { self.newest.load(Ordering::Acquire).as_ref() } {
            let errno = last_errno();
            newest.wake.raise();
            sys::set_errno(errno);
        }
    }

    /// Whether the token was triggered. The clock is not read.
    #[inline]
    pub(super) fn is_triggered(&self) -> bool {
        self.triggered.load(Ordering::Acquire)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.is_triggered() || self.deadline.has_passed()
    }

    pub(super) fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Returns the descriptor that becomes readable when the token is triggered. If it was triggered before, the
    /// descriptor may stay unreadable, so the caller must look at the flag after this.
    ///
    /// Fails with `Os(EMFILE)`, `Os(ENFILE)` and `Os(ENOMEM)` when there is none yet.
    pub(super) fn wake_fd(&self) -> Result<RawFd> {
        let process = forks();
        loop {
            let newest = self.newest.load(Ordering::Acquire);
            // SAFETY: the pointer is NULL or that of a descriptor that lives as long as the token.
            if let Some(own) = unsafe { newest.as_ref() }.filter(|newest| newest.process == process) {
                // The caller's look at the flag comes after the descriptor was installed.
                fence(Ordering::SeqCst);
                return Ok(own.wake.fd());
            }
            let new = memory::boxed(Waking { wake: Wake::new()?, process, older: newest })?;
            let new = Box::into_raw(new);
            if self.newest.compare_exchange(newest, new, Ordering::AcqRel, Ordering::Relaxed).is_err() {
                // SAFETY: another thread was first, so nobody else has seen this one.
                drop(unsafe { Box::from_raw(new) });
            }
        }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if self.is_triggered() {
            state::count_freed();
        }
        let mut next = self.newest.load(Ordering::Acquire);
        while !next.is_null() {
            // SAFETY: the pointer came from a `Box`, and nobody else has the token any more.
            next = unsafe { Box::from_raw(next) }.older;
        }
    }
}
