//! Conversion between [`Result`] and the way in which the C library reports errors.

use crate::error::Result;

/// Calls a function of the C library that returns -1 and sets `errno` when it fails:
/// `let fd = unsafe { syscall!(dup(fd)) }?;`.
///
/// Returns what the function returned, or [`Error::Os`](crate::error::Error::Os) with the `errno`.
macro_rules! syscall {
    ($call:ident($($argument:expr),* $(,)?)) => {
        match $crate::sys::libc::$call($($argument),*) {
            -1 => Err($crate::error::Error::last_os()),
            result => Ok(result),
        }
    };
}
pub(crate) use syscall;

/// Reports a result as a system call does: returns 0, or returns -1 and sets `errno`.
pub(crate) fn as_system_call(result: Result<()>) -> isize {
    match result {
        Ok(()) => 0,
        Err(error) => {
            crate::sys::set_errno(error.errno());
            -1
        }
    }
}
