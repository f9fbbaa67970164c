//! The system's threads without additions, as on Unix.

use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::Arc;

use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};
use windows_sys::Win32::System::Memory::{
    MEM_RELEASE, MEM_RESERVE, PAGE_NOACCESS, VirtualAlloc, VirtualFree,
};
use windows_sys::Win32::System::Threading::{
    CreateThread, GetCurrentThread, INFINITE, STACK_SIZE_PARAM_IS_A_RESERVATION, SetThreadDescription,
    WaitForSingleObject,
};

use super::libc;
use crate::error::{Error, Result};
use crate::sys::Run;

/// A thread that runs until [`Run::run`] returns. If this is dropped without [`Thread::join`], the thread is detached.
pub(crate) struct Thread(HANDLE);

// SAFETY: every thread may use the handle of a thread.
unsafe impl Send for Thread {}
// SAFETY: no method takes a shared reference.
unsafe impl Sync for Thread {}

impl Thread {
    /// Starts a thread with this many bytes of stack, or the least that the system allows if that is more.
    ///
    /// Fails with `Os(EAGAIN)`.
    pub(crate) fn start<R: Run>(stack_size: usize, what: Arc<R>) -> Result<Thread> {
        let argument = Arc::into_raw(what);
        // SAFETY: the argument is an Arc that belongs to the new thread from now on.
        let thread = unsafe {
            CreateThread(
                ptr::null(),
                stack_size,
                Some(begin::<R>),
                argument.cast(),
                STACK_SIZE_PARAM_IS_A_RESERVATION,
                ptr::null_mut(),
            )
        };
        if thread.is_null() {
            // SAFETY: no thread was started, so the Arc still belongs to this function.
            drop(unsafe { Arc::from_raw(argument) });
            return Err(Error::Os(libc::EAGAIN));
        }
        Ok(Thread(thread))
    }

    /// Waits until the thread has ended. The thread itself must not call it.
    pub(crate) fn join(self) {
        // SAFETY: the handle is open until this value is dropped.
        unsafe { WaitForSingleObject(self.0, INFINITE) };
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // SAFETY: the handle belongs to this value. The thread does not need it.
        unsafe { CloseHandle(self.0) };
    }
}

unsafe extern "system" fn begin<R: Run>(argument: *mut c_void) -> u32 {
    // SAFETY: `start` passed an Arc of this type.
    unsafe { Arc::from_raw(argument.cast_const().cast::<R>()) }.run();
    0
}

/// Returns whether the process has address space for a stack of this size now. It does not keep the space.
pub(crate) fn has_address_space(bytes: usize) -> bool {
    // SAFETY: the system chooses a place that is free, and nothing uses the memory.
    let place = unsafe { VirtualAlloc(ptr::null(), bytes.max(1), MEM_RESERVE, PAGE_NOACCESS) };
    // SAFETY: the memory is that which was reserved above, or none.
    !place.is_null() && unsafe { VirtualFree(place, 0, MEM_RELEASE) } != 0
}

/// Does nothing: there are no signals that a thread could block.
pub(crate) fn block_signals() {}

/// Sets the name of the current thread, for debuggers.
pub(crate) fn name_current_thread(name: &CStr) {
    let name: Vec<u16> = name.to_bytes_with_nul().iter().map(|&byte| byte.into()).collect();
    // SAFETY: the name is NUL-terminated and copied.
    unsafe { SetThreadDescription(GetCurrentThread(), name.as_ptr()) };
}
