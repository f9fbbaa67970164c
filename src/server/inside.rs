//! Which servers the current thread works for: `shutdown` must not wait for its own caller.

use std::cell::RefCell;

#[derive(Clone, Copy)]
pub(super) enum Role {
    /// It runs the serve loop.
    Loop,
    /// It handles the request with this number.
    Request(usize),
}

thread_local! {
    static ROLES: RefCell<Vec<(usize, Role)>> = const { RefCell::new(Vec::new()) };
}

/// The current thread works for a server until this is dropped.
pub(super) struct Inside;

impl Inside {
    pub(super) fn enter(server: usize, role: Role) -> Self {
        ROLES.with_borrow_mut(|roles| roles.push((server, role)));
        Inside
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        ROLES.with_borrow_mut(Vec::pop);
    }
}

/// What the current thread does for a server.
pub(super) fn roles(server: usize) -> Vec<Role> {
    let of_server = |roles: &RefCell<Vec<(usize, Role)>>| {
        let roles = roles.borrow();
        roles.iter().filter(|entry| entry.0 == server).map(|entry| entry.1).collect()
    };
    // A thread-local's destructor may ask after this one is gone.
    ROLES.try_with(of_server).unwrap_or_default()
}
