//! Files that are sent over sockets. They have handles, and are no sockets.

use std::fs::{File, Metadata};
use std::io;
use std::mem::ManuallyDrop;
use std::os::windows::fs::{FileExt, MetadataExt};
use std::os::windows::io::{AsRawHandle, FromRawHandle, RawHandle};

/// A type that lends a file.
pub use std::os::windows::io::AsHandle as AsFile;

/// The handle of a file.
pub(crate) type RawFile = RawHandle;

/// Returns the caller's file. It is not closed when the result is dropped.
pub(crate) fn lend_file(file: &impl AsFile) -> ManuallyDrop<File> {
    // SAFETY: the caller keeps the handle open during the call, and `ManuallyDrop` never closes it.
    ManuallyDrop::new(unsafe { File::from_raw_handle(file.as_handle().as_raw_handle()) })
}

pub(crate) fn raw_file(file: &File) -> RawFile {
    file.as_raw_handle()
}

/// Reads at a position, and moves the position of the file. A file without positions, such as a pipe, is read from where
/// it is.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    file.seek_read(buffer, position)
}

/// What tells a file from others of the same path: when it was made. The standard library has no numbers of files.
pub(crate) type Identity = u64;

pub(crate) fn file_identity(file: &Metadata) -> Identity {
    file.creation_time()
}

/// Returns whether the file may be a socket: a reparse point that is no link.
pub(crate) fn is_socket(file: &Metadata) -> bool {
    const REPARSE_POINT: u32 = 0x400;
    file.file_attributes() & REPARSE_POINT != 0 && !file.file_type().is_symlink()
}
