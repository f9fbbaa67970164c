//! What callbacks of a C program are given, so that it is not freed in them.
//!
//! The callbacks that a thread is in are a linked list on its own stack.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;

use super::{tabi_request, tabi_server};
use crate::error::Error;
use crate::ffi::boundary::Outcome;
use crate::server::{Request, Server};

/// The request and the server of a callback. NULL if it has none.
pub(crate) struct Lent {
    request: *const tabi_request,
    server: *const tabi_server,
    outer: *const Lent,
}

impl From<&Request> for Lent {
    fn from(request: &Request) -> Lent {
        Lent { request: tabi_request::lend(request), ..request.server().into() }
    }
}

impl From<&Server> for Lent {
    fn from(server: &Server) -> Lent {
        Lent { server: tabi_server::lend(server), ..Lent::nothing() }
    }
}

impl Lent {
    fn nothing() -> Lent {
        Lent { request: ptr::null(), server: ptr::null(), outer: ptr::null() }
    }
}

thread_local! {
    static INNERMOST: Cell<*const Lent> = const { Cell::new(ptr::null()) };
}

/// Calls a callback that is given this.
pub(super) fn lending<T>(lent: Lent, callback: impl FnOnce() -> T) -> T {
    let lent = Lent { outer: INNERMOST.get(), ..lent };
    INNERMOST.set(&lent);
    let result = callback();
    INNERMOST.set(lent.outer);
    result
}

/// Fails with `Error::Value` for a request that a callback of this thread was lent.
pub(super) fn check_request(request: *const tabi_request) -> Outcome {
    check(|lent| ptr::eq(lent.request, request), "the request belongs to its server, which frees it")
}

/// Fails with `Error::Value` for a server that a callback of this thread was lent.
pub(super) fn check_server(server: *const tabi_server) -> Outcome {
    check(
        |lent| ptr::eq(lent.server, server),
        "the server is lent to this handler or hook, and is not freed in it",
    )
}

fn check(is_it: impl Fn(&Lent) -> bool, message: &'static str) -> Outcome {
    let mut next = INNERMOST.get();
    // SAFETY: each entry is a local variable of a `lending` call that has not returned yet. A callback that unwinds
    // does not get past `outside`.
    while let Some(lent) = unsafe { next.as_ref() } {
        if is_it(lent) {
            return Err(Error::value(message).into());
        }
        next = lent.outer;
    }
    Ok(())
}
