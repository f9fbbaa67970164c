//! The tokens of each thread.
//!
//! The scopes of a thread are a linked list that only this thread uses. So no lock is needed, and no thread-local with a
//! destructor, which would cost an allocation in every thread.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use super::Cancel;
use super::of_socket::OfSocket;
use super::state::{count_attached, count_detached};
use super::token::Token;
#[cfg(feature = "capi")]
use crate::error::Error;
use crate::error::Result;
use crate::memory;

thread_local! {
    static INNERMOST: Cell<*const Entry> = const { Cell::new(ptr::null()) };
}

/// A scope that the thread is in.
struct Entry {
    token: Arc<Token>,
    outer: Cell<*const Entry>,
    /// The scope that was entered in this one, or NULL.
    inner: Cell<*const Entry>,
    /// Whether a C program has entered the scope, and must leave it.
    #[cfg_attr(not(feature = "capi"), allow(dead_code))]
    is_of_c: bool,
}

impl Entry {
    fn new(token: Arc<Token>, is_of_c: bool) -> Entry {
        Entry { token, outer: Cell::new(ptr::null()), inner: Cell::new(ptr::null()), is_of_c }
    }

    /// Makes an entry the innermost scope of the thread. The list keeps this very pointer, through which a scope of a C
    /// program is freed.
    ///
    /// # Safety
    ///
    /// The entry exists, and stays where it is until [`Entry::unlink`] has taken it off the list.
    unsafe fn link(entry: *const Entry) {
        let outer = INNERMOST.replace(entry);
        // SAFETY: the caller passes an entry that exists.
        unsafe { (*entry).outer.set(outer) };
        // SAFETY: an entry that was on the list exists, and this thread alone uses it.
        if let Some(outer) = unsafe { outer.as_ref() } {
            outer.inner.set(entry);
        }
        count_attached();
    }

    /// Takes the scope off the list of its thread, wherever it is there.
    fn unlink(&self) {
        count_detached();
        let (outer, inner) = (self.outer.get(), self.inner.get());
        // SAFETY: an entry that is on the list exists, and this thread alone uses it.
        match unsafe { inner.as_ref() } {
            Some(inner) => inner.outer.set(outer),
            None => INNERMOST.set(outer),
        }
        // SAFETY: the entry outside of this one has not been left, because it is on the list.
        if let Some(outer) = unsafe { outer.as_ref() } {
            outer.inner.set(inner);
        }
    }
}

/// The scopes of this thread, from the innermost one on. None may be left while the result is in use.
fn entries() -> impl Iterator<Item = &'static Entry> {
    // SAFETY: an entry is on the list only while it exists. The callers leave no scope while they use the iterator.
    let innermost = unsafe { INNERMOST.get().as_ref() };
    // SAFETY: the entries outside of one that exists have not been left either, because each is taken off the list first.
    std::iter::successors(innermost, |entry| unsafe { entry.outer.get().as_ref() })
}

/// Whether this thread is in a scope.
#[inline]
pub(super) fn is_in_scope() -> bool {
    !INNERMOST.get().is_null()
}

/// Calls a function with each token of this thread until it returns `Some`. The function must not leave scopes.
pub(super) fn find<T>(body: impl FnMut(&Token) -> Option<T>) -> Option<T> {
    let mut body = body;
    entries().find_map(|entry| body(&entry.token))
}

/// Runs a function under a token. It needs no memory.
pub(crate) fn under<T>(cancel: &Cancel, run: impl FnOnce() -> T) -> T {
    struct Leave<'a>(&'a Entry);

    impl Drop for Leave<'_> {
        fn drop(&mut self) {
            self.0.unlink();
        }
    }

    let entry = Entry::new(Arc::clone(&cancel.token), false);
    // SAFETY: the entry stays in this function, and `Leave` takes it off the list even when `run` panics.
    unsafe { Entry::link(&raw const entry) };
    let _leave = Leave(&entry);
    run()
}

/// Runs a function that makes several calls on a socket. All of them are under the token that the socket has now, even
/// when another thread replaces it meanwhile.
#[inline]
pub(crate) fn under_that_of<T>(socket: &OfSocket, run: impl FnOnce() -> T) -> T {
    match socket.get() {
        Some(cancel) => under(&cancel, run),
        None => run(),
    }
}

/// The time in which the calls of a thread are under a token; see [`Cancel::scope`].
#[must_use = "the scope ends when this is dropped"]
pub struct CancelScope {
    entry: *const Entry,
    /// A scope belongs to the thread that has made it.
    not_send: PhantomData<*const ()>,
}

impl CancelScope {
    pub(super) fn new(token: Arc<Token>) -> Result<CancelScope> {
        let entry = Box::into_raw(memory::boxed(Entry::new(token, false))?);
        // SAFETY: the entry is freed only after it was taken off the list.
        unsafe { Entry::link(entry) };
        Ok(CancelScope { entry, not_send: PhantomData })
    }
}

impl Drop for CancelScope {
    fn drop(&mut self) {
        // SAFETY: the entry came from a `Box` and was linked, and only this value frees it.
        unsafe { leave_and_free(self.entry) };
    }
}

/// Leaves a scope.
///
/// # Safety
///
/// The entry came from a `Box` and was linked in this thread, and nobody uses it afterwards.
unsafe fn leave_and_free(entry: *const Entry) {
    // SAFETY: the entry exists until it is freed below. It leaves the list first, because a `Box` has no other pointers.
    unsafe { (*entry).unlink() };
    // SAFETY: the entry came from a `Box`, and no pointer of the list leads to it any more.
    drop(unsafe { Box::from_raw(entry.cast_mut()) });
}

impl std::fmt::Debug for CancelScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CancelScope").finish_non_exhaustive()
    }
}

/// Enters a scope for a C program, which must leave it in the same thread.
#[cfg(feature = "capi")]
pub(crate) fn enter(cancel: &Cancel) -> Result<()> {
    let entry = Box::into_raw(memory::boxed(Entry::new(Arc::clone(&cancel.token), true))?);
    // SAFETY: `leave` frees the entry after it has taken it off the list.
    unsafe { Entry::link(entry) };
    Ok(())
}

/// Leaves the innermost scope of this thread, if a C program has entered it with this token.
///
/// Fails with [`Error::Value`] otherwise, and then changes nothing.
#[cfg(feature = "capi")]
pub(crate) fn leave(cancel: &Cancel) -> Result<()> {
    let innermost = entries().next().filter(|entry| entry.is_of_c);
    if !innermost.is_some_and(|entry| Arc::ptr_eq(&entry.token, &cancel.token)) {
        return Err(Error::value(
            "the token is not that of the innermost scope which this thread has entered",
        ));
    }
    leave_innermost();
    Ok(())
}

#[cfg(feature = "capi")]
fn leave_innermost() {
    // SAFETY: the caller has found an entry of a C program here. It came from a `Box` in `enter`, and nobody else frees it.
    unsafe { leave_and_free(INNERMOST.get()) };
}

/// Remembers the scopes that a thread is in before it runs code of a program. When this is dropped, the thread leaves
/// the scopes that a C program has entered since then, and has not left.
pub(crate) struct Mark {
    #[cfg_attr(not(feature = "capi"), allow(dead_code))]
    innermost: *const Entry,
}

impl Mark {
    pub(crate) fn new() -> Mark {
        Mark { innermost: INNERMOST.get() }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        #[cfg(feature = "capi")]
        {
            let is_within = self.innermost.is_null() || entries().any(|entry| ptr::eq(entry, self.innermost));
            while is_within
                && !ptr::eq(INNERMOST.get(), self.innermost)
                && entries().next().is_some_and(|entry| entry.is_of_c)
            {
                leave_innermost();
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn triggered_in_scope() -> Vec<bool> {
        entries().map(|entry| entry.token.is_triggered()).collect()
    }

    #[test]
    fn scopes_may_be_left_in_any_order() {
        let [one, two, three] = [(); 3].map(|()| Cancel::new().unwrap());
        two.cancel();
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut scopes = [&one, &two, &three].map(|token| Some(token.scope().unwrap()));
            assert_eq!(triggered_in_scope(), [false, true, false]);
            let mut left = vec![0, 1, 2];
            for scope in order {
                scopes[scope] = None;
                left.retain(|other| *other != scope);
                let inner_first: Vec<bool> = left.iter().rev().map(|scope| *scope == 1).collect();
                assert_eq!(triggered_in_scope(), inner_first, "order {order:?}");
            }
        }
    }

    #[test]
    fn a_forgotten_scope_stays_and_those_around_it_are_left() {
        let [one, two] = [(); 2].map(|()| Cancel::new().unwrap());
        two.cancel();
        let outer = one.scope().unwrap();
        std::mem::forget(two.scope().unwrap());
        under(&one, || assert_eq!(triggered_in_scope(), [false, true, false]));
        drop(outer);
        assert_eq!(triggered_in_scope(), [true]);
        // Miri reports memory that nobody frees.
        // SAFETY: the forgotten scope came from a `Box` and is on the list, and nobody else has it.
        unsafe { leave_and_free(INNERMOST.get()) };
        assert!(!is_in_scope());
    }
}
