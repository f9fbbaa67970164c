//! Files that are sent over sockets. They have descriptors, as sockets have.

use std::fs::{File, Metadata};
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};

/// A type that lends a file.
pub use std::os::fd::AsFd as AsFile;

/// The number of a file.
type RawFile = RawFd;

/// Returns the caller's file. It is not closed when the result is dropped.
pub(crate) fn lend_file(file: &impl AsFile) -> ManuallyDrop<File> {
    // SAFETY: the caller keeps the descriptor open during the call, and `ManuallyDrop` never closes it.
    ManuallyDrop::new(unsafe { File::from_raw_fd(file.as_fd().as_raw_fd()) })
}

pub(crate) fn raw_file(file: &File) -> RawFile {
    file.as_raw_fd()
}

/// Reads at a position. Fails with `ESPIPE` for a file without positions.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    file.read_at(buffer, position)
}

/// What tells a file from all others, as long as it exists: its device and its number there.
pub(crate) type Identity = (u64, u64);

pub(crate) fn file_identity(file: &Metadata) -> Identity {
    (file.dev(), file.ino())
}

/// Returns whether the file is a socket.
pub(crate) fn is_socket(file: &Metadata) -> bool {
    file.file_type().is_socket()
}
