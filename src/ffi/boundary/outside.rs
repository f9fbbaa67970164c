//! How the library calls functions of a C program.

use crate::sys;

/// Calls a function of the program. A thread may be ended inside of it with pthread_exit, as CPython does with its threads
/// when a program exits. Such a thread stays here: if it left through the frames of Rust, the whole program would end.
/// A C++ exception is the program's mistake, and ends the program as it does when it leaves a thread of C++.
pub(crate) fn outside<T>(function: impl FnOnce() -> T) -> T {
    struct Unwound;
    impl Drop for Unwound {
        fn drop(&mut self) {
            if sys::is_exception() {
                sys::terminate();
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
