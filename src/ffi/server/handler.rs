//! Handlers that are functions of a C program.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use super::callback::call_for_answer;
use super::tabi_request;
use crate::ffi::boundary::{Outcome, not_null};
use crate::server::{HandlerResult, Next, Request, RequestHandler};

/// A function that answers a request.
///
/// The function runs in a thread of the server, possibly in several threads at the same time. `userdata` is
/// the pointer that the server was made with. The function may call everything in this library, also
/// tabi_server_shutdown(). A thread has 1 MiB of stack for the function's local variables and for what it calls,
/// unless `stack_size` says otherwise; a stack overflow ends the process.
///
/// What it returns says what happens to the connection:
/// - 0 or more: it has succeeded. The server ends the connection and frees `request`.
/// - TABI_PARK: the client may send more later. The connection waits without a thread until there is something
///   to read: bytes, the end of the stream, or an error. Then the server calls the function again, perhaps in
///   another thread, with the same data (tabi_request_set_data()). What tabi_request_rfile() has read ahead
///   counts as something to read. A datagram, and a client of a forking server, cannot wait: the request fails
///   with TABI_ERR_TYPE.
/// - TABI_AGAIN: there is more to read already, which the server cannot see, such as bytes that a TLS library has
///   decrypted. The server calls the function again. Requests that wait for a thread come first.
/// - TABI_MORE: like TABI_PARK, in the middle of a request: what has come of it so far is not all of it. The
///   function keeps what it has read, for example in the data of the request. The time of `request_deadline`
///   goes on. Without such a limit, `idle_timeout` limits the wait for the next piece.
/// - Any other negative code, for example one that a function of this library has returned: it has failed. The
///   failure is counted, and reported to the server's hook handle_error. The server ends the connection.
///
/// `request` is valid until the function returns. When the function is called again for the same connection, it
/// may be another pointer.
///
/// A C++ exception that leaves the function calls std::terminate, which ends the program. longjmp must not leave
/// the function. When pthread_exit is called in it, the thread stays in the function, and the request is not
/// ended.
pub type tabi_handler =
    Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void) -> c_int>;

/// A handler of a C program, and its userdata.
pub(crate) struct CHandler {
    call: unsafe extern "C-unwind" fn(*mut tabi_request, *mut c_void) -> c_int,
    userdata: *mut c_void,
}

// SAFETY: the contract of tabi_handler says that it runs on many threads with the same userdata.
unsafe impl Send for CHandler {}
// SAFETY: tabi_handler says that the function runs in several threads at the same time, with one userdata.
unsafe impl Sync for CHandler {}

impl CHandler {
    pub(crate) fn new(handler: tabi_handler, userdata: *mut c_void) -> Outcome<CHandler> {
        Ok(CHandler { call: not_null(handler, "handler")?, userdata })
    }
}

impl RequestHandler for CHandler {
    fn handle(&self, request: &Request) -> HandlerResult<Next> {
        // SAFETY: the handler is a function of the program that made the server; the request outlives the call.
        call_for_answer(request, || unsafe { (self.call)(tabi_request::lend(request), self.userdata) })
    }
}
