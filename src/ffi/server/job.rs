//! Jobs in C: work that a program gives to its server.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use super::callback::call_for_answer;
use super::{server, tabi_request, tabi_server};
use crate::address::Address;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::growing::{Growing, read};
use crate::ffi::boundary::{Outcome, boundary, not_null, outside, tabi_fd};
use crate::server::{HandlerResult, Job, Next, Request};
use crate::sys::fd::{BorrowedFd, RawFd};

/// Work that a program gives to its server. The server runs it like a request: in one of its threads, within
/// its limits. It is counted, and tabi_server_close() waits for it.
///
/// Set the structure to zero; then set `struct_size`, `run` and what else is needed. tabi_server_run_job()
/// copies it. Of the server's hooks, only handle_error runs for jobs. The handler does not run for them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_job {
    /// sizeof(tabi_job). The caller sets it.
    pub struct_size: usize,
    /// The last argument of each function.
    pub userdata: *mut c_void,
    /// Does the work, in a thread of the server. `request` stands for the job: tabi_request_server() returns
    /// its server and tabi_request_client_address() its `client_address`, but it has no socket of its own, no packet, and
    /// nobody to reply to. The result is that of a tabi_handler. After TABI_PARK the job waits for `fd` and runs again;
    /// without one it fails with TABI_ERR_TYPE.
    pub run: Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void) -> c_int>,
    /// Asks the job to end soon, because the time that tabi_server_close() was given has passed, or another limit of
    /// the server, or because `fd` cannot be waited for. It runs in another thread than `run`, or while `run` is not
    /// running; a job that was parked then runs once more. NULL means that nothing is asked.
    pub cut: Option<unsafe extern "C-unwind" fn(userdata: *mut c_void)>,
    /// Runs once, after the other two and in any thread: when the job has ended, or when it will never run.
    /// If a child process runs the job, it runs in the parent as soon as that process exists. It may be NULL.
    pub end: Option<unsafe extern "C-unwind" fn(userdata: *mut c_void)>,
    /// The descriptor on which the job waits while it is parked: until there is something to read, an end or an
    /// error. It is more than 0; 0 and -1 stand for none. It belongs to the program, and stays open and the same
    /// file while the job is parked.
    pub fd: tabi_fd,
    /// 1: the job waits for `fd` without a thread before it runs for the first time. 0, or without a `fd`: it runs at
    /// once.
    pub wait_for_first_byte: c_int,
    /// The address of the client for which the job works, which tabi_server_run_job() copies. The job then counts for
    /// `max_connections_per_address`. NULL: there is none.
    pub client_address: *const tabi_addr,
    /// 1: the connection of `fd` begins with a PROXY header. If the server's options say so (`proxy_protocol`), it
    /// reads the header as it does for its own clients, and the job runs when the header is complete:
    /// tabi_request_proxy_header() returns it. If the header is refused, only `end` runs. 0: there is none.
    pub proxy_header: c_int,
}

// SAFETY: `struct_size` is the first member; all others may be 0 or NULL.
unsafe impl Growing for tabi_job {
    const NAME: &'static str = "tabi_job";
    const FIRST_SIZE: usize = size_of::<tabi_job>();
}

/// A job in C. The server has dropped it when `end` has run.
struct CJob {
    run: unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void) -> c_int,
    client_address: Address,
    rest: tabi_job,
}

// SAFETY: the contract of tabi_job says on which threads its functions run with the userdata.
unsafe impl Send for CJob {}
// SAFETY: `run` and `cut` may run at the same time, as the contract of tabi_job says.
unsafe impl Sync for CJob {}

impl CJob {
    /// # Safety
    ///
    /// `job` is NULL, or points to as many bytes as its `struct_size` says; its `client_address` is NULL or points to one.
    unsafe fn read(job: *const tabi_job) -> Outcome<CJob> {
        // SAFETY: a job without functions has only 0 and NULL.
        let nothing: tabi_job = unsafe { std::mem::zeroed() };
        // SAFETY: the caller promises the bytes.
        let rest = unsafe { read(job, "job", nothing) }?;
        // SAFETY: the caller promises the address, which is only read here.
        let client_address = match unsafe { rest.client_address.as_ref() } {
            Some(address) => address.raw()?.decode(),
            None => Address::None,
        };
        Ok(CJob { run: not_null(rest.run, "run")?, client_address, rest })
    }
}

impl Job for CJob {
    fn run(&self, request: &Request) -> HandlerResult<Next> {
        // SAFETY: `run` is a function of the program that made the job; the request outlives the call.
        call_for_answer(request, || unsafe { (self.run)(tabi_request::lend(request), self.rest.userdata) })
    }

    fn cut(&self) {
        if let Some(cut) = self.rest.cut {
            // SAFETY: `cut` is a function of the program that made the job; `end` has not run, as this object is still here.
            outside(|| unsafe { cut(self.rest.userdata) });
        }
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        // SAFETY: the contract of tabi_job keeps the descriptor open while the server waits for it. At other times the
        // server only asks the system what is known of this number.
        (self.rest.fd > 0).then(|| unsafe { BorrowedFd::borrow_raw(self.rest.fd as RawFd) })
    }

    fn wait_for_first_byte(&self) -> bool {
        self.rest.wait_for_first_byte != 0
    }

    fn client_address(&self) -> Address {
        self.client_address.clone()
    }

    fn proxy_header(&self) -> bool {
        self.rest.proxy_header != 0
    }
}

impl Drop for CJob {
    fn drop(&mut self) {
        if let Some(end) = self.rest.end {
            // SAFETY: `end` is a function of the program that made the job, and this is the only call of it.
            outside(|| unsafe { end(self.rest.userdata) });
        }
    }
}

/// Runs a job as if it were a request that was just taken: in a thread of the server, in a process, or in
/// this thread before the function returns. The server's `concurrency` says which. The function never waits
/// for a thread.
///
/// Returns 1 when the job runs, will run or has run. Returns 0 when it was refused: all threads are busy and
/// `when_full` says so, the server has `max_connections` requests or as many for the `client_address` as it allows, or
/// the server is closed. In both cases `end` runs. Errors: TABI_ERR_VALUE when `struct_size` is too small or
/// the `len` of `client_address` is more than 128; `end` does not run then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_run_job(sv: Option<&tabi_server>, job: *const tabi_job) -> c_int {
    boundary(|| {
        let server = server(sv)?;
        // SAFETY: the caller passes NULL, or a structure of `struct_size` bytes whose pointers are valid.
        let job = unsafe { CJob::read(job) }?;
        Ok(server.run_job(job).into())
    })
}
