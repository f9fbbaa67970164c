//! The token of a socket.
#![allow(unsafe_code)]

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::Cancel;
use super::state::{count_attached, count_detached};
use super::token::Token;
use crate::sys::ShortLock;

/// The token of a socket, which other threads may replace while calls begin.
pub(crate) struct OfSocket {
    /// A reference to the token, or NULL. Whoever reads the token through it holds the lock.
    token: AtomicPtr<Token>,
    lock: ShortLock,
}

impl OfSocket {
    pub(crate) const fn none() -> OfSocket {
        OfSocket { token: AtomicPtr::new(ptr::null_mut()), lock: ShortLock::new() }
    }

    /// Whether there is a token.
    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        !self.token.load(Ordering::Relaxed).is_null()
    }

    pub(crate) fn set(&self, cancel: Option<&Cancel>) {
        let new = cancel.map_or(ptr::null(), |cancel| Arc::into_raw(Arc::clone(&cancel.token)));
        // Counted before a call can see it.
        if !new.is_null() {
            count_attached();
        }
        let old = self.lock.hold(|| self.token.swap(new.cast_mut(), Ordering::Relaxed));
        if !old.is_null() {
            count_detached();
            // SAFETY: the reference came from `into_raw`, and it was taken out under the lock, so no other thread has it.
            drop(unsafe { Arc::from_raw(old) });
        }
    }

    pub(super) fn token(&self) -> Option<Arc<Token>> {
        if !self.is_set() {
            return None;
        }
        self.lock.hold(|| {
            let token = self.token.load(Ordering::Relaxed).cast_const();
            // SAFETY: a token that is there came from `into_raw`, and its reference is not dropped while the lock is held.
            (!token.is_null()).then(|| unsafe {
                Arc::increment_strong_count(token);
                Arc::from_raw(token)
            })
        })
    }

    pub(crate) fn get(&self) -> Option<Cancel> {
        self.token().map(|token| Cancel { token })
    }
}

impl Drop for OfSocket {
    fn drop(&mut self) {
        if self.is_set() {
            self.set(None);
        }
    }
}
