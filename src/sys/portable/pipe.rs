//! Pipes on systems where making one close-on-exec and non-blocking takes several calls.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use crate::error::Result;
use crate::sys::{set_nonblocking, syscall};

/// Makes a pipe that does not block: the end to read and the end to write.
pub(crate) fn new_pipe() -> Result<[OwnedFd; 2]> {
    let mut ends = [0; 2];
    // SAFETY: pipe writes two descriptors.
    unsafe { syscall!(pipe(ends.as_mut_ptr())) }?;
    // SAFETY: both descriptors were just made and have no other owner.
    let pipe = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
    for end in ends {
        close_on_exec(end)?;
        set_nonblocking(end, true)?;
    }
    Ok(pipe)
}

/// Lets a number that is in use mean the file of another descriptor. The number is close-on-exec.
pub(crate) fn replace(fd: RawFd, number: RawFd) -> Result<()> {
    // SAFETY: dup2 touches no memory.
    unsafe { syscall!(dup2(fd, number)) }?;
    close_on_exec(number)
}

fn close_on_exec(fd: RawFd) -> Result<()> {
    // SAFETY: fcntl reads only its own arguments.
    unsafe { syscall!(fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC)) }.map(drop)
}
