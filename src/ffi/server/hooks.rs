//! The C functions of a program that replace steps of a server.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int, c_void};
use std::mem::offset_of;
use std::ptr;
use std::sync::Arc;

use super::callback::{call_for_answer, call_handler, call_hook, outside_with, seen_by_c};
use super::lent::Lent;
use super::request::take_request;
use super::{tabi_request, tabi_server, trouble};
use crate::error::{Error, Result};
use crate::ffi::boundary::growing::{Growing, read};
use crate::ffi::boundary::{Handle, Outcome, outside};
use crate::ffi::socket::tabi_sock;
use crate::server::{Failure, HandlerResult, Hooks, Next, Request, Server, Trouble};
use crate::socket::Socket;

/// What a thread of the server does. The hook `thread_main` calls it once, with the argument that it was
/// given.
pub type tabi_thread_body = Option<unsafe extern "C" fn(argument: *mut c_void)>;

/// Functions that replace steps of a server. NULL leaves a step as it is.
///
/// Set the structure to zero; then set `struct_size` and the functions. `userdata` is passed to each of them.
/// The functions handshake, finish_request, shutdown_request, close_request and handle_error run in the thread that
/// handles the request, and thread_main in each of these threads. handle_trouble runs in the thread that has noticed
/// the trouble, and server_bind and server_activate in the thread that makes or binds the server. The others run in the
/// thread that serves; with `proxy_protocol`, verify_request runs in the thread that has read the end of the header. The
/// library holds no lock while they run.
///
/// A function that returns `int` returns 0 when it has succeeded, or a negative code when it has failed. When
/// pthread_exit is called in one, its thread stays there and does nothing more.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_server_hooks {
    /// sizeof(tabi_server_hooks). The caller sets it.
    pub struct_size: usize,
    /// The last argument of each function.
    pub userdata: *mut c_void,
    /// Binds the sockets. Default: tabi_server_default_bind().
    pub server_bind:
        Option<unsafe extern "C-unwind" fn(server: *mut tabi_server, userdata: *mut c_void) -> c_int>,
    /// Starts to listen. Default: tabi_server_default_activate().
    pub server_activate:
        Option<unsafe extern "C-unwind" fn(server: *mut tabi_server, userdata: *mut c_void) -> c_int>,
    /// Takes the next request from a socket that is ready. Default: tabi_server_default_get_request(). The
    /// function sets `request` to one that the default function or a tabi_request_from_ function has made.
    /// After a failure the server goes on with the next request.
    pub get_request: Option<
        unsafe extern "C-unwind" fn(
            server: *mut tabi_server,
            sk: *mut tabi_sock,
            request: *mut *mut tabi_request,
            userdata: *mut c_void,
        ) -> c_int,
    >,
    /// Returns 1 when the request should be handled, 0 when it should be ended (it is counted as rejected),
    /// or a negative code when it has failed. Default: 1.
    pub verify_request:
        Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void) -> c_int>,
    /// Lets the request be handled somewhere. Default: tabi_request_process_default(). The function owns the
    /// request. It passes it, in any thread, to tabi_request_process_default(), tabi_request_process() or
    /// tabi_request_free().
    pub process_request:
        Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void)>,
    /// Runs the handler, and returns what the handler returns, which may be TABI_PARK, TABI_AGAIN or TABI_MORE. Then it
    /// runs again for the same connection. Default: tabi_request_finish().
    pub finish_request:
        Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void) -> c_int>,
    /// Ends the request. Default: tabi_request_shutdown(), then close_request.
    pub shutdown_request:
        Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void)>,
    /// Closes what belongs to the request. Default: tabi_request_close().
    pub close_request: Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void)>,
    /// Reports that a request has failed, with the code and a message. The message is valid during the call.
    /// Default: nothing is reported.
    pub handle_error: Option<
        unsafe extern "C-unwind" fn(
            request: *mut tabi_request,
            code: c_int,
            message: *const c_char,
            userdata: *mut c_void,
        ),
    >,
    /// Runs when tabi_server_handle_request() has found no request in time. Default: nothing.
    pub handle_timeout:
        Option<unsafe extern "C-unwind" fn(server: *mut tabi_server, userdata: *mut c_void) -> c_int>,
    /// Runs in tabi_server_serve_forever() after each request and after each `poll_interval`. A failure ends
    /// tabi_server_serve_forever(). Default: nothing.
    pub service_actions:
        Option<unsafe extern "C-unwind" fn(server: *mut tabi_server, userdata: *mut c_void) -> c_int>,
    /// Runs in each thread that handles requests, for the whole life of the thread. It calls `body(argument)`
    /// once, which returns when the thread should end. `name` is the thread's name.
    pub thread_main: Option<
        unsafe extern "C-unwind" fn(
            name: *const c_char,
            body: tabi_thread_body,
            argument: *mut c_void,
            userdata: *mut c_void,
        ),
    >,
    /// Reports trouble of the server: a TABI_TROUBLE_ number, and a text about it for a log. The text is valid during
    /// the call. What lasts, such as a full table of descriptors, is reported when it begins and when it has ended. What
    /// happens to single clients is reported at most once a second for each number, and the text says how many they were.
    /// tabi_server_get_statistics() has the totals. The function must not take long: the thread that serves may wait for
    /// it. Default: nothing is reported.
    pub handle_trouble: Option<
        unsafe extern "C-unwind" fn(
            server: *mut tabi_server,
            trouble: c_int,
            message: *const c_char,
            userdata: *mut c_void,
        ),
    >,
    /// Prepares the connection of a stream client for its handler: makes a TLS handshake. It runs once for each
    /// connection, before the first finish_request. What the handler needs of it is kept with
    /// tabi_request_set_data(); close_request frees it. After a failure the connection is ended, which is counted as
    /// `handshake_failed`: neither finish_request nor handle_error runs. Default: nothing.
    pub handshake:
        Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void) -> c_int>,
}

// SAFETY: the structure is repr(C) and begins with a usize; its members are pointers that may be NULL.
unsafe impl Growing for tabi_server_hooks {
    const NAME: &'static str = "tabi_server_hooks";
    const FIRST_SIZE: usize = offset_of!(tabi_server_hooks, thread_main) + size_of::<*const c_void>();
}

type ServerStep = unsafe extern "C-unwind" fn(server: *mut tabi_server, userdata: *mut c_void) -> c_int;

/// The hooks of a server that a C program has made.
pub(crate) struct CHooks(tabi_server_hooks);

// SAFETY: the contract of tabi_server_hooks says on which threads the functions run with the userdata.
unsafe impl Send for CHooks {}
// SAFETY: tabi_server_hooks says that its functions run in several threads at the same time, with one userdata.
unsafe impl Sync for CHooks {}

impl CHooks {
    /// # Safety
    ///
    /// `hooks` points to as many bytes as its `struct_size` says.
    pub(crate) unsafe fn read(hooks: *const tabi_server_hooks) -> Outcome<CHooks> {
        // SAFETY: without hooks every member is 0 or NULL.
        let none: tabi_server_hooks = unsafe { std::mem::zeroed() };
        // SAFETY: the caller promises the bytes.
        Ok(CHooks(unsafe { read(hooks, "hooks", none) }?))
    }

    fn step(&self, hook: ServerStep, server: &Server) -> Result<()> {
        // SAFETY: the hook is a function of the program that made the server; the server outlives the call.
        call_hook(server, || unsafe { hook(tabi_server::lend(server), self.0.userdata) }).map(drop)
    }
}

impl Hooks for CHooks {
    fn server_bind(&self, server: &Server) -> Result<()> {
        match self.0.server_bind {
            Some(hook) => self.step(hook, server),
            None => server.default_server_bind(),
        }
    }

    fn server_activate(&self, server: &Server) -> Result<()> {
        match self.0.server_activate {
            Some(hook) => self.step(hook, server),
            None => server.default_server_activate(),
        }
    }

    fn get_request(&self, server: &Server, socket: &Arc<Socket>) -> Result<Request> {
        let Some(hook) = self.0.get_request else { return server.default_get_request(socket) };
        let mut request = ptr::null_mut();
        let (sv, sk) = (tabi_server::lend(server), tabi_sock::lend(socket));
        // SAFETY: the hook is a function of the program that made the server; the server, the socket and `request`
        // outlive the call.
        call_hook(server, || unsafe { hook(sv, sk, &mut request, self.0.userdata) })?;
        // SAFETY: the hook's success hands over a request that it owned.
        unsafe { take_request(request) }.map_err(|_| Error::value("get_request succeeded without a request"))
    }

    fn verify_request(&self, request: &Request) -> HandlerResult<bool> {
        match self.0.verify_request {
            Some(hook) => {
                // SAFETY: the hook is a function of the program that made the server; the request outlives the call.
                let verdict =
                    call_handler(request, || unsafe { hook(tabi_request::lend(request), self.0.userdata) })?;
                Ok(verdict > 0)
            }
            None => Ok(true),
        }
    }

    fn handshake(&self, request: &Request) -> HandlerResult {
        if let Some(hook) = self.0.handshake {
            // SAFETY: the hook is a function of the program that made the server; the request outlives the call.
            call_handler(request, || unsafe { hook(tabi_request::lend(request), self.0.userdata) })?;
        }
        Ok(())
    }

    fn process_request(&self, request: Request) {
        match self.0.process_request {
            Some(hook) => {
                let Ok(handle) = Handle::new() else { return request.reject() };
                let request = handle.give(tabi_request(request));
                // SAFETY: the request was just made. The hook owns it, and is only lent its server.
                let lent = Lent::from(unsafe { &*request }.0.server());
                // SAFETY: the hook is a function of the program that made the server, and takes the request over.
                outside_with(lent, || unsafe { hook(request, self.0.userdata) });
            }
            None => Server::default_process_request(request),
        }
    }

    fn finish_request(&self, request: &Request) -> Result<Next, Failure> {
        match self.0.finish_request {
            Some(hook) => {
                // SAFETY: the hook is a function of the program that made the server; the request outlives the call.
                Ok(call_for_answer(request, || unsafe {
                    hook(tabi_request::lend(request), self.0.userdata)
                })?)
            }
            None => Server::default_finish_request(request),
        }
    }

    fn shutdown_request(&self, request: &Request) {
        match self.0.shutdown_request {
            Some(hook) => {
                // SAFETY: the hook is a function of the program that made the server; the request outlives the call.
                outside_with(request, || unsafe { hook(tabi_request::lend(request), self.0.userdata) })
            }
            None => {
                request.shutdown();
                self.close_request(request);
            }
        }
    }

    fn close_request(&self, request: &Request) {
        match self.0.close_request {
            Some(hook) => {
                // SAFETY: the hook is a function of the program that made the server; the request outlives the call.
                outside_with(request, || unsafe { hook(tabi_request::lend(request), self.0.userdata) })
            }
            None => request.close(),
        }
    }

    fn handle_error(&self, request: &Request, failure: &Failure) {
        let Some(hook) = self.0.handle_error else { return };
        let failure = seen_by_c(failure);
        let code = failure.code();
        let message = CString::new(failure.message().replace('\0', "\\0")).unwrap_or_default();
        // SAFETY: the hook is a function of the program that made the server; request and message outlive the call.
        outside_with(request, || unsafe {
            hook(tabi_request::lend(request), code, message.as_ptr(), self.0.userdata)
        });
    }

    fn handle_trouble(&self, server: &Server, trouble: &Trouble) {
        let Some(hook) = self.0.handle_trouble else { return };
        let number = trouble::number(trouble);
        let message = CString::new(trouble.to_string().replace('\0', "\\0")).unwrap_or_default();
        // SAFETY: the hook is a function of the program that made the server; server and message outlive the call.
        outside_with(server, || unsafe {
            hook(tabi_server::lend(server), number, message.as_ptr(), self.0.userdata)
        });
    }

    fn handle_timeout(&self, server: &Server) -> Result<()> {
        match self.0.handle_timeout {
            Some(hook) => self.step(hook, server),
            None => Ok(()),
        }
    }

    fn service_actions(&self, server: &Server) -> Result<()> {
        match self.0.service_actions {
            Some(hook) => self.step(hook, server),
            None => Ok(()),
        }
    }

    fn has_service_actions(&self) -> bool {
        self.0.service_actions.is_some()
    }

    fn get_request_never_waits(&self) -> bool {
        self.0.get_request.is_none()
    }

    fn thread_main(&self, name: &str, mut body: &mut dyn FnMut()) {
        let Some(hook) = self.0.thread_main else { return body() };
        let name = CString::new(name).unwrap_or_default();
        let argument: *mut &mut dyn FnMut() = &mut body;
        // SAFETY: the hook is a function of the program that made the server; name and body outlive the call.
        outside(|| unsafe { hook(name.as_ptr(), Some(run_body), argument.cast(), self.0.userdata) });
    }
}

unsafe extern "C" fn run_body(argument: *mut c_void) {
    // SAFETY: `thread_main` passed a pointer to a body that it lends during its call.
    let body = unsafe { &mut *argument.cast::<&mut dyn FnMut()>() };
    body();
}
