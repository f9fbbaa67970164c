//! Buffered reading and writing in C: Python's `makefile`.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use libc::ssize_t;

use crate::error::Error;
use crate::ffi::boundary::{Failure, Outcome, bytes, check_buffer, count, give, not_null, status, take_back};
use crate::ffi::socket::{socket, tabi_sock};
use crate::socket::{DEFAULT_BUFFER_SIZE, Socket, SocketReader, SocketWriter};

/// A buffered reader and writer on a socket: Python's `socket.makefile("rwb")`.
///
/// One thread may read while another writes; two may not do the same at once. Its calls follow the socket's
/// timeout for each wait. A call that fails has lost nothing: what had arrived is read again, what was not sent
/// stays to be sent, once. Free it before the socket.
pub struct tabi_file {
    reader: SocketReader<&'static Socket>,
    writer: SocketWriter<&'static Socket>,
}

/// Makes a buffered reader and writer on a socket, which must outlive it.
///
/// `buffering`: the most bytes that are read ahead, and held back when writing; -1 for the usual 8192; with 0
/// none are. Buffers are allocated when they are first needed, and small for a connection that says little.
/// Returns 0 and an object that tabi_file_free() frees, or TABI_ERR_VALUE for a `buffering` below -1.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_makefile(
    sk: Option<&tabi_sock>,
    buffering: ssize_t,
    out: Option<&mut MaybeUninit<*mut tabi_file>>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        let sk: *const Socket = socket(sk)?;
        // SAFETY: the caller keeps the socket until the file is freed.
        let sk: &'static Socket = unsafe { &*sk };
        let size = match buffering {
            -1 => DEFAULT_BUFFER_SIZE,
            _ => usize::try_from(buffering)
                .map_err(|_| Error::value(format!("buffering must be -1 or more, got {buffering}")))?,
        };
        out.write(give(tabi_file {
            reader: SocketReader::with_capacity(size, sk),
            writer: SocketWriter::with_capacity(size, sk),
        }));
        Ok(())
    })
}

/// Sends what is still buffered, as tabi_file_flush() does but without a report, and frees the object. NULL is
/// nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_free(file: *mut tabi_file) {
    // SAFETY: the caller passes an object of this library for the last time.
    unsafe { take_back(file) }
}

/// Reads `len` bytes (Python's `read(n)`), fewer only at the end of the stream.
///
/// Returns how many, or a code as tabi_recv() does: then nothing is consumed, and the next call reads it again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_read(file: *mut tabi_file, buffer: *mut c_void, len: usize) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    count(|| unsafe { Ok(reader(file)?.readinto(writable(buffer, len)?)?) })
}

/// Reads what is there, at least 1 byte and at most `len`, with at most one tabi_recv() (Python's `read1`).
///
/// Returns how many, 0 at the end of the stream, or a code as tabi_recv() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_read1(file: *mut tabi_file, buffer: *mut c_void, len: usize) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    count(|| unsafe { Ok(reader(file)?.readinto1(writable(buffer, len)?)?) })
}

/// Reads a line with its newline (Python's `readline(size - 1)`) and puts a NUL behind it.
///
/// `size`: the bytes of `line`, at least 2, else TABI_ERR_VALUE. A line without newline was cut by `size`, and
/// goes on in the next call, or by the end of the stream. Returns the length without the NUL, 0 at the end of
/// the stream; a code as tabi_recv() does: then nothing is consumed, and the next call reads the whole line.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_readline(file: *mut tabi_file, line: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        if size < 2 {
            return Err(Error::value(format!("size must be 2 or more, got {size}")).into());
        }
        // SAFETY: the caller passes `size` writable bytes.
        let (reader, line) = unsafe { (reader(file)?, writable(line.cast(), size)?) };
        let n = reader.readline_into(&mut line[..size - 1])?;
        line[n] = 0;
        Ok(n)
    })
}

/// How many bytes were received and not yet read; poll(2) on the socket does not tell of them. TABI_ERR_NULL
/// for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_buffered(file: *mut tabi_file) -> ssize_t {
    // SAFETY: the caller passes an object of this library, and no other thread reads from it.
    count(|| unsafe { Ok(reader(file)?.buffer().len()) })
}

/// Writes bytes (Python's `write`): sent, or kept to be sent later.
///
/// Returns how many were taken: all, unless sending fails after not_null, when the next call meets the error again;
/// or a code as tabi_send() does, when none was taken. One timeout limits the whole call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_write(file: *mut tabi_file, data: *const c_void, len: usize) -> ssize_t {
    // SAFETY: the caller passes `len` readable bytes.
    count(|| unsafe { Ok(writer(file)?.write(bytes(data, len, "data")?)?) })
}

/// Sends what was kept (Python's `flush`), within one timeout.
///
/// Returns 0, or a code as tabi_send() does: then what was not sent is still kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_flush(file: *mut tabi_file) -> c_int {
    // SAFETY: the caller passes an object of this library, and no other thread writes to it.
    status(|| unsafe { Ok(writer(file)?.flush()?) })
}

/// How many bytes were written and not yet sent. TABI_ERR_NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_unsent(file: *mut tabi_file) -> ssize_t {
    // SAFETY: the caller passes an object of this library, and no other thread writes to it.
    count(|| unsafe { Ok(writer(file)?.buffer().len()) })
}

/// The reading half alone: another thread may be in the writing half.
///
/// # Safety
///
/// `file` is NULL or lives, and no other thread reads from it.
unsafe fn reader<'a>(file: *mut tabi_file) -> Outcome<&'a mut SocketReader<&'static Socket>> {
    if file.is_null() {
        return Err(Failure::Null("file").into());
    }
    // SAFETY: not NULL, and the caller vouches for the rest.
    Ok(unsafe { &mut *ptr::addr_of_mut!((*file).reader) })
}

/// The writing half alone.
///
/// # Safety
///
/// `file` is NULL or lives, and no other thread writes to it.
unsafe fn writer<'a>(file: *mut tabi_file) -> Outcome<&'a mut SocketWriter<&'static Socket>> {
    if file.is_null() {
        return Err(Failure::Null("file").into());
    }
    // SAFETY: not NULL, and the caller vouches for the rest.
    Ok(unsafe { &mut *ptr::addr_of_mut!((*file).writer) })
}

/// # Safety
///
/// `buffer` is NULL or writable for `len` bytes, which the result lends.
unsafe fn writable<'a>(buffer: *mut c_void, len: usize) -> Outcome<&'a mut [u8]> {
    check_buffer(buffer, len, "buffer")?;
    if len == 0 {
        return Ok(&mut []);
    }
    // SAFETY: not NULL, of a possible length, and the caller vouches for the rest. It may be uninitialised: it
    // is only written to, and what is read back was written before.
    Ok(unsafe { std::slice::from_raw_parts_mut(buffer.cast(), len) })
}
