//! The system's threads without additions. A thread of the standard library takes about a kibibyte more memory, which
//! is much for an idle connection.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Arc;

use super::forks;
use crate::error::{Error, Result};
use crate::sys::Run;
use crate::sys::system::LEAST_STACK;

/// The largest page of any system. On some systems a stack must consist of whole pages.
const PAGE: usize = 64 * 1024;

/// A thread that runs until [`Run::run`] returns. If this is dropped without [`Thread::join`], the thread is detached.
///
/// A forked child has no such thread, and does nothing with its name.
pub(crate) struct Thread {
    name: Option<libc::pthread_t>,
    /// The value of [`forks`] in the process that has the thread.
    process: u32,
}

// SAFETY: every thread may use the identifier of a thread.
unsafe impl Send for Thread {}
// SAFETY: no method takes a shared reference.
unsafe impl Sync for Thread {}

/// Returns whether the process has address space for a stack of this size now. It does not keep the space.
pub(crate) fn has_address_space(bytes: usize) -> bool {
    let (protection, flags) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANON);
    // SAFETY: the system chooses a place that is free, and nothing uses the memory.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), bytes.max(1), protection, flags, -1, 0) };
    if place == libc::MAP_FAILED {
        return false;
    }
    // SAFETY: this memory was mapped above, and nothing uses it.
    unsafe { libc::munmap(place, bytes.max(1)) };
    true
}

impl Thread {
    /// Starts a thread with this many bytes of stack, or the least that the system allows if that is more.
    ///
    /// Fails with what `pthread_create(3)` reports: `EAGAIN`, or `EINVAL` for an impossible stack.
    pub(crate) fn start<R: Run>(stack_size: usize, what: Arc<R>) -> Result<Thread> {
        let stack_size = stack_size.max(LEAST_STACK).div_ceil(PAGE).saturating_mul(PAGE);
        let argument = Arc::into_raw(what);
        let mut attributes = MaybeUninit::uninit();
        let mut thread = MaybeUninit::uninit();
        // SAFETY: the attributes are initialised by the first call and destroyed by the last; the argument is an
        // Arc that belongs to the new thread from now on.
        let status = unsafe {
            let mut status = libc::pthread_attr_init(attributes.as_mut_ptr());
            if status == 0 {
                status = libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), stack_size);
                if status == 0 {
                    let entry = begin::<R>;
                    status = libc::pthread_create(
                        thread.as_mut_ptr(),
                        attributes.as_ptr(),
                        entry,
                        argument.cast_mut().cast(),
                    );
                }
                libc::pthread_attr_destroy(attributes.as_mut_ptr());
            }
            status
        };
        if status != 0 {
            // SAFETY: no thread was started, so the Arc still belongs to this function.
            drop(unsafe { Arc::from_raw(argument) });
            return Err(Error::Os(status));
        }
        // SAFETY: pthread_create succeeded, so it wrote the identifier of the thread.
        Ok(Thread { name: Some(unsafe { thread.assume_init() }), process: forks() })
    }

    /// Waits until the thread has ended. The thread itself must not call it.
    pub(crate) fn join(mut self) {
        if let Some(thread) = self.take_name() {
            // SAFETY: the thread was neither joined nor detached, because the identifier was still here.
            unsafe { libc::pthread_join(thread, std::ptr::null_mut()) };
        }
    }
}

impl Thread {
    fn take_name(&mut self) -> Option<libc::pthread_t> {
        self.name.take().filter(|_| self.process == forks())
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(thread) = self.take_name() {
            // SAFETY: the thread was neither joined nor detached, because the identifier was still here.
            unsafe { libc::pthread_detach(thread) };
        }
    }
}

extern "C" fn begin<R: Run>(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `start` passed an Arc of this type.
    unsafe { Arc::from_raw(argument.cast::<R>()) }.run();
    std::ptr::null_mut()
}

/// Blocks every signal in this thread, so that signal handlers run in other threads.
pub(crate) fn block_signals() {
    let mut all = MaybeUninit::uninit();
    // SAFETY: sigfillset initialises the set, which pthread_sigmask then reads.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), std::ptr::null_mut());
    }
}
