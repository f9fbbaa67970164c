//! Jobs in C: work that a program gives to its server.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::offset_of;

use super::callback::{handler_result, outside};
use super::growing::{Growing, read};
use super::{server, tabi_request, tabi_server};
use crate::ffi::boundary::{Outcome, boundary, not_null};
use crate::server::{HandlerResult, Job, Request};

/// Work that a server runs as it runs its requests: on its threads, within its limits, counted and drained with
/// them. Set it to zero, then `struct_size`, `run` and what else is needed; tabi_server_run_job() copies it.
///
/// Of the server's hooks only handle_error has to do with jobs: neither the handler nor the other steps of a
/// request run for one.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_job {
    /// sizeof(tabi_job), set by the caller.
    pub struct_size: usize,
    /// What each function gets as its last argument.
    pub userdata: *mut c_void,
    /// Does the work, on a thread of the server's. `request` stands for the job: tabi_request_server() knows its
    /// server; it has no client and no packet. Returns as a tabi_handler does.
    pub run: Option<unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void) -> c_int>,
    /// Asks the job to end soon: the time that tabi_server_close() gave is over. Runs on the thread that closes
    /// the server, while `run` runs on another or has not begun. NULL: nobody asks.
    pub cut: Option<unsafe extern "C-unwind" fn(userdata: *mut c_void)>,
    /// Runs once, as the last of the three and on any thread: when the job has run, or when it never will; where a
    /// child process runs the job, when that has been made. May be NULL.
    pub end: Option<unsafe extern "C-unwind" fn(userdata: *mut c_void)>,
}

// SAFETY: `struct_size` is the first member; all others may be 0 or NULL.
unsafe impl Growing for tabi_job {
    const NAME: &'static str = "tabi_job";
    const FIRST_SIZE: usize = offset_of!(tabi_job, end) + size_of::<*const c_void>();
}

/// A job in C. The server has dropped it when `end` has run.
struct CJob {
    run: unsafe extern "C-unwind" fn(request: *mut tabi_request, userdata: *mut c_void) -> c_int,
    rest: tabi_job,
}

// SAFETY: the contract of tabi_job says on which threads its functions run with the userdata.
unsafe impl Send for CJob {}
// SAFETY: `run` and `cut` may run at the same time, as the contract of tabi_job says.
unsafe impl Sync for CJob {}

impl CJob {
    /// # Safety
    ///
    /// `job` is NULL, or points to as many bytes as its `struct_size` says.
    unsafe fn read(job: *const tabi_job) -> Outcome<CJob> {
        // SAFETY: a job without functions has only 0 and NULL.
        let nothing: tabi_job = unsafe { std::mem::zeroed() };
        // SAFETY: the caller promises the bytes.
        let rest = unsafe { read(job, "job", nothing) }?;
        Ok(CJob { run: not_null(rest.run, "run")?, rest })
    }
}

impl Job for CJob {
    fn run(&self, request: &Request) -> HandlerResult {
        // SAFETY: who made the job vouched for the function and its userdata; the request outlives the call.
        handler_result(outside(|| unsafe { (self.run)(tabi_request::lend(request), self.rest.userdata) }))?;
        Ok(())
    }

    fn cut(&self) {
        if let Some(cut) = self.rest.cut {
            // SAFETY: who made the job vouched for the function; `end` has not run, as this object is still here.
            outside(|| unsafe { cut(self.rest.userdata) });
        }
    }
}

impl Drop for CJob {
    fn drop(&mut self) {
        if let Some(end) = self.rest.end {
            // SAFETY: who made the job vouched for the function, and this is the only call of it.
            outside(|| unsafe { end(self.rest.userdata) });
        }
    }
}

/// Has a job run as if it were a request that was just taken: on a thread of the server's, in a process, or
/// in-line before this returns, as the server's concurrency says. It never waits for a thread.
///
/// Returns 1 when the job runs, will run or has run, and 0 when it was refused: all threads are busy and
/// `when_full` says so, the server has `max_connections` requests, or its threads are gone because it is
/// closed. In both cases `end` runs.
/// TABI_ERR_VALUE for a `struct_size` that is too small, TABI_ERR_NULL; then `end` does not run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_server_run_job(sv: Option<&tabi_server>, job: *const tabi_job) -> c_int {
    boundary(|| {
        let server = server(sv)?;
        // SAFETY: the caller passes NULL, or a structure of `struct_size` bytes.
        let job = unsafe { CJob::read(job) }?;
        Ok(server.run_job(job).into())
    })
}
