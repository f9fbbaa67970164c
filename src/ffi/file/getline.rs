//! The C function for lines of any length.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_void};
use std::ptr;

use crate::sys::libc::{self, ssize_t};

use super::makefile::{reader, tabi_file};
use crate::error::{Error, Result};
use crate::ffi::boundary::{Failure, count, not_null};

/// The least memory for a line, in bytes.
const SHORT_LINE: usize = 128;

/// Reads a whole line with its newline, however long it is, and writes a NUL behind it. The memory for the line
/// grows as it is needed.
///
/// `line` points to NULL and `capacity` to 0 before the first call. Afterwards `*line` is the line and `*capacity`
/// the size of its memory in bytes. Pass both to the next call, which uses the memory again, and free `*line` with
/// tabi_free() at the end, also after an error. `most` is the largest length of a line with its newline in bytes,
/// so that a peer cannot use up the memory. A result without a newline is the end of a stream that does not end
/// with a newline.
///
/// Returns the length without the NUL, or 0 at the end of the stream. Errors: -EMSGSIZE when the line is longer
/// than `most`; -ENOMEM; those of tabi_recv(). After an error nothing is lost: the next call reads the whole line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_getline(
    file: *mut tabi_file,
    line: Option<&mut *mut c_char>,
    capacity: Option<&mut usize>,
    most: usize,
) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes a file of this library, from which no other thread reads.
        let reader = unsafe { reader(file) }?;
        let (line, capacity) = (not_null(line, "line")?, not_null(capacity, "capacity")?);
        let bytes = reader.with(|reader| reader.whole_line(most)).map_err(|error| match error {
            Error::Os(libc::EMSGSIZE) => {
                Failure::Detailed(error, format!("the line is longer than {most} bytes"))
            }
            error => error.into(),
        })?;
        // SAFETY: the caller passes NULL and 0, or what an earlier call has set.
        if let Err(error) = unsafe { grow(line, capacity, bytes.len() + 1) } {
            reader.with(|reader| reader.put_back(bytes))?;
            return Err(error.into());
        }
        // SAFETY: the memory has space for the line and the NUL, and is not that of the line just read.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr().cast(), *line, bytes.len());
            line.add(bytes.len()).write(0);
        }
        Ok(bytes.len())
    })
}

/// Makes the memory of a line larger if it is smaller than `size` bytes.
///
/// # Safety
///
/// `*line` is memory of the C library for `*capacity` bytes, or NULL if that is 0.
unsafe fn grow(line: &mut *mut c_char, capacity: &mut usize, size: usize) -> Result<()> {
    if !line.is_null() && *capacity >= size {
        return Ok(());
    }
    let size = size.max(capacity.saturating_mul(2)).max(SHORT_LINE);
    // SAFETY: the caller promises that the memory is of the C library, or NULL.
    let grown = unsafe { libc::realloc((*line).cast(), size) };
    if grown.is_null() {
        return Err(Error::Os(libc::ENOMEM));
    }
    (*line, *capacity) = (grown.cast(), size);
    Ok(())
}

/// Frees memory that tabi_file_getline() has made. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_free(memory: *mut c_void) {
    // SAFETY: the caller passes NULL or memory of `grow`, for the last time.
    unsafe { libc::free(memory) }
}
