//! Writing `errno`, which every system keeps elsewhere.

use std::ffi::c_int;

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: c_int) {
    #[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "hurd", target_os = "redox"))]
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe {
        *libc::__errno_location() = errno
    };
    #[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "dragonfly"))]
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe {
        *libc::__error() = errno
    };
    #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe {
        *libc::__errno() = errno
    };
    #[cfg(any(target_os = "solaris", target_os = "illumos"))]
    // SAFETY: the C library's pointer to this thread's errno is always valid.
    unsafe {
        *libc::___errno() = errno
    };
}
