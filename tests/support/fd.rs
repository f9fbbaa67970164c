//! Descriptors, under the names that Unix has for them.
#![allow(dead_code, unused_imports, reason = "each program uses its own part")]

pub use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// How many descriptors this process has open.
pub fn open_descriptors() -> usize {
    std::fs::read_dir(if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" }).unwrap().count()
}

/// Writes to a wake-up descriptor.
pub use std::fs::File as Writer;

/// The number of no descriptor.
pub const NONE: RawFd = -1;

/// Whether there is something to read behind a wake-up descriptor. The system counts the bytes in a pipe at either end.
#[allow(unsafe_code)]
pub fn has_bytes(fd: RawFd) -> bool {
    let mut bytes = 0;
    // SAFETY: the call writes one int.
    assert_eq!(unsafe { ::libc::ioctl(fd, ::libc::FIONREAD, &mut bytes) }, 0);
    bytes > 0
}
