//! Why a thread unwinds that has called a function of a C program.

/// Returns true: the system ends a thread without unwinding it, so that only an exception unwinds one.
pub(crate) fn is_exception() -> bool {
    true
}

/// Ends the program.
pub(crate) fn terminate() -> ! {
    std::process::abort()
}
