//! Handlers written in C.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use super::callback::{handler_result, outside};
use super::tabi_request;
use crate::ffi::boundary::{Outcome, not_null};
use crate::server::{HandlerResult, Request, RequestHandler};

/// Answers a request. The server ends the connection afterwards, and frees `request`.
///
/// It runs on a thread of the server's, perhaps on several at once, with the `userdata` that the server was
/// made with. It may call anything in this library, tabi_server_shutdown() included.
/// Returns 0 or more when all is well; a negative code (such as one that a function of this library returned)
/// is counted as a failure and reported to the server's handle_error. C++ exceptions and longjmp must not pass
/// through. A thread that is ended in a handler (pthread_exit) stays there, with its request.
pub type tabi_handler =
    Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void) -> c_int>;

/// A handler in C with its userdata.
pub(crate) struct CHandler {
    call: unsafe extern "C-unwind" fn(*mut tabi_request, *mut c_void) -> c_int,
    userdata: *mut c_void,
}

// SAFETY: the contract of tabi_handler says that it runs on many threads with the same userdata.
unsafe impl Send for CHandler {}
// SAFETY: as above.
unsafe impl Sync for CHandler {}

impl CHandler {
    pub(crate) fn new(handler: tabi_handler, userdata: *mut c_void) -> Outcome<CHandler> {
        Ok(CHandler { call: not_null(handler, "handler")?, userdata })
    }
}

impl RequestHandler for CHandler {
    fn handle(&self, request: &Request) -> HandlerResult {
        // SAFETY: the request outlives the call, and the caller of the constructor vouched for the function.
        handler_result(outside(|| unsafe { (self.call)(tabi_request::lend(request), self.userdata) }))?;
        Ok(())
    }
}
