//! What the current thread does for a server: `shutdown` and `server_close` must not wait for their own caller.
//!
//! The roles of a thread are a list on its own stack, so that a thread-local with a destructor (and with it an
//! allocation in every thread) is not needed.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;

#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// It runs a serve loop.
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

/// The current thread, as a server sees it that is called by it.
#[derive(Default)]
pub(super) struct Caller {
    /// It runs a serve loop of the server.
    pub(super) in_loop: bool,
    /// The requests that it handles, one inside the other.
    pub(super) requests: Vec<usize>,
}

impl Caller {
    pub(super) fn of(server: usize) -> Caller {
        let mut caller = Caller::default();
        let mut next = INNERMOST.get();
        // SAFETY: the entries are those of `with_role` calls that this thread is inside of, outermost last.
        while let Some(entry) = unsafe { next.as_ref() } {
            match entry.role {
                _ if entry.server != server => {}
                Role::Loop => caller.in_loop = true,
                Role::Request(number) => caller.requests.push(number),
            }
            next = entry.outer;
        }
        caller
    }

    /// True in a handler or a hook of the server.
    pub(super) fn works_for_server(&self) -> bool {
        self.in_loop || !self.requests.is_empty()
    }

    /// How many of the threads that only handle requests are the caller: 1 or 0.
    pub(super) fn handler_threads(&self) -> usize {
        usize::from(!self.in_loop && !self.requests.is_empty())
    }
}
