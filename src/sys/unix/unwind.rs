//! Why a thread unwinds that has called a function of a C program.

use std::ffi::c_void;

/// Whether this thread unwinds because of a C++ exception: `std::uncaught_exception`, which a program without C++ does
/// not have. Otherwise the thread was ended inside of the function.
pub(crate) fn is_exception() -> bool {
    // SAFETY: the name ends with NUL. It is that of a C++ function that takes nothing and returns a bool.
    unsafe {
        let uncaught = libc::dlsym(libc::RTLD_DEFAULT, c"_ZSt18uncaught_exceptionv".as_ptr());
        !uncaught.is_null() && std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> bool>(uncaught)()
    }
}

/// Calls `std::terminate`, which ends the program, in the way that the program has chosen for it.
pub(crate) fn terminate() -> ! {
    // SAFETY: the name ends with NUL. It is that of a C++ function that takes nothing and does not return.
    unsafe {
        let terminate = libc::dlsym(libc::RTLD_DEFAULT, c"_ZSt9terminatev".as_ptr());
        if !terminate.is_null() {
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> !>(terminate)();
        }
    }
    std::process::abort()
}
