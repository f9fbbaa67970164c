//! What the current thread does for a server. `shutdown` and `server_close` use it, so that they do not wait
//! for the thread that calls them.
//!
//! The roles of a thread are a linked list on its own stack. So no thread-local with a destructor is needed,
//! which would cost an allocation in every thread.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;

use crate::server::Server;

#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// The thread runs a serve loop.
    Loop,
    /// The thread handles the request with this number.
    Request(usize),
}

struct Entry {
    server: usize,
    role: Role,
    /// The slot and the generation of the request that a hook of this serve loop has got. It may have ended since.
    held: Cell<(usize, u32)>,
    outer: *const Entry,
}

/// No hook holds a request.
const NOTHING: (usize, u32) = (usize::MAX, 0);

thread_local! {
    static INNERMOST: Cell<*const Entry> = const { Cell::new(ptr::null()) };
}

/// Runs a function while the current thread has this role for a server.
pub(crate) fn with_role<T>(server: usize, role: Role, run: impl FnOnce() -> T) -> T {
    let entry = Entry { server, role, held: Cell::new(NOTHING), outer: INNERMOST.get() };
    // The entry must leave the list even when `run` panics, because it is on this stack.
    let _leave = Leave(entry.outer);
    INNERMOST.set(&entry);
    run()
}

/// Records that a hook has got a request, if this thread is in a hook of a serve loop.
#[inline(never)]
pub(crate) fn hold(server: usize, slot: usize, generation: u32) {
    // SAFETY: the entry is a local variable of the innermost `with_role` of this thread, which has not returned.
    let entry = unsafe { INNERMOST.get().as_ref() };
    if let Some(entry) = entry.filter(|entry| entry.server == server && matches!(entry.role, Role::Loop)) {
        entry.held.set((slot, generation));
    }
}

/// Records that a hook of the server has given its request away.
pub(crate) fn give_away(server: usize) {
    hold(server, NOTHING.0, NOTHING.1);
}

/// Returns whether the current thread runs a serve loop of the server.
pub(crate) fn works_in_loop(server: &Server) -> bool {
    Caller::of(server).in_loop
}

struct Leave(*const Entry);

impl Drop for Leave {
    fn drop(&mut self) {
        INNERMOST.set(self.0);
    }
}

/// What the current thread does for the server that it calls.
#[derive(Default)]
pub(super) struct Caller {
    /// Whether the thread runs a serve loop of the server.
    pub(super) in_loop: bool,
    /// The requests that the thread handles, or has in a hook. There are several if one is handled inside another.
    pub(super) requests: Vec<usize>,
}

impl Caller {
    pub(super) fn of(server: &Server) -> Caller {
        let mut caller = Caller::default();
        let mut next = INNERMOST.get();
        // SAFETY: each entry is a local variable of a `with_role` call that has not returned yet, so it
        // exists.
        while let Some(entry) = unsafe { next.as_ref() } {
            next = entry.outer;
            if entry.server != server.id() {
                continue;
            }
            let number = match entry.role {
                Role::Loop => {
                    caller.in_loop = true;
                    let (slot, generation) = entry.held.get();
                    if !server.active().table().is_running(slot, generation) {
                        continue;
                    }
                    slot
                }
                Role::Request(number) => number,
            };
            // A hook that handles its request in its own thread is in it twice.
            if !caller.requests.contains(&number) {
                caller.requests.push(number);
            }
        }
        caller
    }

    /// Returns true in a handler or a hook of the server.
    pub(super) fn works_for_server(&self) -> bool {
        self.in_loop || !self.requests.is_empty()
    }

    /// Returns 1 if the thread handles a request and runs no loop, otherwise 0.
    pub(super) fn handler_threads(&self) -> usize {
        usize::from(!self.in_loop && !self.requests.is_empty())
    }
}
