//! Which servers the current thread works for: `shutdown` must not wait for its own caller.
//!
//! The roles of a thread are a list on its own stack, so that a thread-local with a destructor (and with it an
//! allocation in every thread) is not needed.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;

#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// It runs the serve loop.
    Loop,
    /// It handles the request with this number.
    Request(usize),
}

struct Entry {
    server: usize,
    role: Role,
    outer: *const Entry,
}

thread_local! {
    static INNERMOST: Cell<*const Entry> = const { Cell::new(ptr::null()) };
}

/// Runs something while the current thread works for a server.
pub(crate) fn with_role<T>(server: usize, role: Role, run: impl FnOnce() -> T) -> T {
    let entry = Entry { server, role, outer: INNERMOST.get() };
    // Also when `run` panics, the list must not keep what is no longer on the stack.
    let _leave = Leave(entry.outer);
    INNERMOST.set(&entry);
    run()
}

struct Leave(*const Entry);

impl Drop for Leave {
    fn drop(&mut self) {
        INNERMOST.set(self.0);
    }
}

/// What the current thread does for a server.
pub(crate) fn roles(server: usize) -> Vec<Role> {
    let mut roles = Vec::new();
    let mut next = INNERMOST.get();
    // SAFETY: the entries are those of `with_role` calls that this thread is inside of, outermost last.
    while let Some(entry) = unsafe { next.as_ref() } {
        if entry.server == server {
            roles.push(entry.role);
        }
        next = entry.outer;
    }
    roles
}
