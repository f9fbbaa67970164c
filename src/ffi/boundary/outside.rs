//! How the library calls functions of a C program.
#![allow(unsafe_code)]

use std::ffi::c_void;

use crate::sys::libc;

/// Calls a function of the program. A thread may be ended inside of it with pthread_exit, as CPython does with its threads
/// when a program exits. Such a thread stays here: if it left through the frames of Rust, the whole program would end.
/// A C++ exception is the program's mistake, and ends the program as it does when it leaves a thread of C++.
pub(crate) fn outside<T>(function: impl FnOnce() -> T) -> T {
    struct Unwound;
    impl Drop for Unwound {
        fn drop(&mut self) {
            if is_cxx_exception() {
                terminate();
            }
            loop {
                std::thread::park();
            }
        }
    }
    let unwound = Unwound;
    let result = function();
    std::mem::forget(unwound);
    result
}

/// Whether this thread unwinds because of a C++ exception: `std::uncaught_exception`, which a program without C++ does
/// not have.
fn is_cxx_exception() -> bool {
    // SAFETY: the name ends with NUL. It is that of a C++ function that takes nothing and returns a bool.
    unsafe {
        let uncaught = libc::dlsym(libc::RTLD_DEFAULT, c"_ZSt18uncaught_exceptionv".as_ptr());
        !uncaught.is_null() && std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> bool>(uncaught)()
    }
}

/// Calls `std::terminate`, which ends the program, in the way that the program has chosen for it.
fn terminate() -> ! {
    // SAFETY: the name ends with NUL. It is that of a C++ function that takes nothing and does not return.
    unsafe {
        let terminate = libc::dlsym(libc::RTLD_DEFAULT, c"_ZSt9terminatev".as_ptr());
        if !terminate.is_null() {
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> !>(terminate)();
        }
    }
    std::process::abort()
}
