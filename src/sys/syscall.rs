//! The C library's way to report a failure, as a [`Result`], and back.

use crate::error::Result;

/// Makes a call that returns -1 and sets `errno` when it fails, `let fd = unsafe { syscall!(dup(fd)) }?;`.
///
/// The result is what the call returned, or [`Error::Os`](crate::error::Error::Os) with the `errno`.
macro_rules! syscall {
    ($call:ident($($argument:expr),* $(,)?)) => {
        match libc::$call($($argument),*) {
            -1 => Err($crate::error::Error::last_os()),
            result => Ok(result),
        }
    };
}
pub(crate) use syscall;

/// A result as a system call reports it: 0, or -1 with the `errno`.
pub(crate) fn as_system_call(result: Result<()>) -> isize {
    match result {
        Ok(()) => 0,
        Err(error) => {
            crate::sys::set_errno(error.errno());
            -1
        }
    }
}
