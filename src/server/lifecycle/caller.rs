//! What the current thread does for a server. `shutdown` and `server_close` use it, so that they do not wait
//! for the thread that calls them.
//!
//! The roles of a thread are a linked list on its own stack. So no thread-local with a destructor is needed,
//! which would cost an allocation in every thread.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;

use crate::server::Server;
use crate::server::request::Table;

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
    /// The request that a hook of this serve loop holds.
    held: Cell<Option<Held>>,
    outer: *const Entry,
}

/// A request that a hook holds: its slot, and the generation of the slot.
type Held = (usize, u32);

thread_local! {
    static INNERMOST: Cell<*const Entry> = const { Cell::new(ptr::null()) };
}

/// Runs a function while the current thread has this role for a server.
pub(crate) fn with_role<T>(server: usize, role: Role, run: impl FnOnce() -> T) -> T {
    let entry = Entry { server, role, held: Cell::new(None), outer: INNERMOST.get() };
    // The entry must leave the list even when `run` panics, because it is on this stack.
    let _leave = Leave(entry.outer);
    INNERMOST.set(&entry);
    run()
}

/// Records which request a hook holds, if this thread is in a hook of a serve loop.
pub(crate) fn hold(server: usize, held: Option<Held>) {
    // SAFETY: the entry is a local variable of the innermost `with_role` of this thread, which has not returned.
    let entry = unsafe { INNERMOST.get().as_ref() };
    if let Some(entry) = entry.filter(|entry| entry.server == server && matches!(entry.role, Role::Loop)) {
        entry.held.set(held);
    }
}

/// Returns whether the current thread runs a serve loop of the server.
pub(crate) fn works_in_loop(server: &Server) -> bool {
    Caller::of(server.id()).in_loop
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
    /// The requests that the thread handles. There are several if one is handled inside another.
    pub(super) requests: Vec<usize>,
    /// The request that a hook of the loop held last. It may have ended or be parked since.
    held: Option<Held>,
}

impl Caller {
    pub(super) fn of(server: usize) -> Caller {
        let mut caller = Caller::default();
        let mut next = INNERMOST.get();
        // SAFETY: each entry is a local variable of a `with_role` call that has not returned yet, so it
        // exists.
        while let Some(entry) = unsafe { next.as_ref() } {
            match entry.role {
                _ if entry.server != server => {}
                Role::Loop => {
                    caller.in_loop = true;
                    caller.held = entry.held.get();
                }
                // A hook that handles its request in its own thread is in it twice.
                Role::Request(number) if caller.requests.contains(&number) => {}
                Role::Request(number) => caller.requests.push(number),
            }
            next = entry.outer;
        }
        caller
    }

    /// Adds the request that a hook of the loop holds to the thread's own. Nobody else can end it.
    pub(super) fn own_what_is_held(&mut self, table: &Table) {
        let Some((slot, generation)) = self.held else { return };
        if table.is_running(slot, generation) && !self.requests.contains(&slot) {
            self.requests.push(slot);
        }
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
