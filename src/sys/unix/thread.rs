//! Threads with nothing around them: the standard library's cost about a kibibyte more each, which is what an idle
//! connection is counted in.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::sys::system::LEAST_STACK;

/// The largest page of any system; some want stacks of whole pages.
const PAGE: usize = 64 * 1024;

/// What a thread is for.
pub(crate) trait Run: Send + Sync + 'static {
    /// The whole life of the thread. Must not panic.
    fn run(self: Arc<Self>);
}

/// A thread that runs until its [`Run::run`] returns; detached when this is dropped without [`Thread::join`].
pub(crate) struct Thread(Option<libc::pthread_t>);

// SAFETY: a thread's name may be used by any thread.
unsafe impl Send for Thread {}
// SAFETY: nothing can be done through a shared reference.
unsafe impl Sync for Thread {}

/// Whether the process could have a stack of this size now. Nothing is kept.
pub(crate) fn has_address_space(bytes: usize) -> bool {
    let (protection, flags) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANON);
    // SAFETY: the system picks where; nobody uses the memory.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), bytes.max(1), protection, flags, -1, 0) };
    if place == libc::MAP_FAILED {
        return false;
    }
    // SAFETY: exactly what was mapped above is given back.
    unsafe { libc::munmap(place, bytes.max(1)) };
    true
}

impl Thread {
    /// Starts a thread with so many bytes of stack, or the least that the system allows.
    ///
    /// Fails with what `pthread_create(3)` reports: `EAGAIN`, or `EINVAL` for an impossible stack.
    pub(crate) fn start<R: Run>(stack_size: usize, what: Arc<R>) -> Result<Thread> {
        let stack_size = stack_size.max(LEAST_STACK).div_ceil(PAGE).saturating_mul(PAGE);
        let argument = Arc::into_raw(what);
        let mut attributes = MaybeUninit::uninit();
        let mut thread = MaybeUninit::uninit();
        // SAFETY: the attributes are initialised by the first call and destroyed by the last; the argument is an
        // Arc that the new thread takes over.
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
            // SAFETY: no thread has taken it.
            drop(unsafe { Arc::from_raw(argument) });
            return Err(Error::Os(status));
        }
        // SAFETY: pthread_create succeeded, so it wrote the thread's name.
        Ok(Thread(Some(unsafe { thread.assume_init() })))
    }

    /// Waits until the thread has ended. Must not be called by the thread itself.
    pub(crate) fn join(mut self) {
        if let Some(thread) = self.0.take() {
            // SAFETY: nobody has joined or detached it.
            unsafe { libc::pthread_join(thread, std::ptr::null_mut()) };
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // SAFETY: nobody has joined or detached it.
            unsafe { libc::pthread_detach(thread) };
        }
    }
}

extern "C" fn begin<R: Run>(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `start` passed an Arc of this type.
    unsafe { Arc::from_raw(argument.cast::<R>()) }.run();
    std::ptr::null_mut()
}
