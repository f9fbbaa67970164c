//! The C functions for buffered reading and writing: Python's `makefile`.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr;
use std::sync::{Arc, Mutex};

use crate::sys::libc::ssize_t;

use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::ffi::boundary::{Failure, Outcome, bytes, check_buffer, count, give, not_null, status, take_back};
use crate::ffi::socket::{socket, tabi_sock};
use crate::server::{Request, RequestReader};
use crate::socket::{DEFAULT_BUFFER_SIZE, Socket, SocketReader, SocketWriter};

/// A buffered reader and writer on a socket: Python's `socket.makefile("rwb")`.
///
/// One thread may read while another writes. Two threads must not read at the same time, or write at the same
/// time. The socket's timeout limits each call as a whole. Nothing is lost when a call fails: what had arrived
/// is read again by the next call, and what was not sent is sent later, once. Only when tabi_file_read() or
/// tabi_file_readline() has received bytes and fails, and there is no memory to keep them, are they lost, and the error
/// is -ENOMEM. Free the file before the socket.
pub struct tabi_file {
    reader: Reader,
    writer: SocketWriter<&'static Socket>,
}

/// The reading half of a file.
pub(super) enum Reader {
    Own(SocketReader<&'static Socket>),
    /// That of a request, which lives longer than the file.
    OfRequest(&'static Mutex<SocketReader<Arc<Socket>>>),
}

impl tabi_file {
    /// The file of a request: it reads with the reader of the request, and sends at once.
    ///
    /// # Safety
    ///
    /// The file is dropped before the request.
    pub(crate) unsafe fn of_request(request: &Request) -> Result<tabi_file> {
        let (reader, socket): (*const Mutex<_>, *const Socket) = (request.own_reader()?, request.socket());
        // SAFETY: the request keeps its reader and its socket, which do not move, until it is dropped.
        let (reader, socket) = unsafe { (&*reader, &*socket) };
        Ok(tabi_file { reader: Reader::OfRequest(reader), writer: SocketWriter::with_capacity(0, socket) })
    }
}

/// Makes a buffered reader and writer on a socket (Python's `socket.makefile`). The socket must live longer
/// than the file.
///
/// `buffering` is the largest number of bytes that are read ahead, and that are kept before they are sent. -1
/// stands for 8192. 0 means no buffering. Buffers are allocated when they are first needed, and grow with
/// use.
///
/// Returns 0 and a file, which tabi_file_free() frees. Errors: TABI_ERR_VALUE when `buffering` is less than
/// -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_makefile(
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
                .map_err(|_| Error::value(format_args!("buffering must be -1 or more, got {buffering}")))?,
        };
        out.write(give(tabi_file {
            reader: Reader::Own(SocketReader::with_capacity(size, sk)),
            writer: SocketWriter::with_capacity(size, sk),
        })?);
        Ok(())
    })
}

/// Sends what is still buffered, and frees the file. It does nothing for NULL, and for the file of a request.
///
/// An error while sending is not reported. Call tabi_file_flush() before if you need to know.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_free(file: *mut tabi_file) {
    // SAFETY: the caller passes NULL or a file of this library.
    if let Some(tabi_file { reader: Reader::Own(_), .. }) = unsafe { file.as_ref() } {
        // SAFETY: the file is the caller's, who passes it for the last time.
        unsafe { take_back(file) }
    }
}

/// Reads `len` bytes, or fewer when the stream ends before (Python's `read(n)`).
///
/// Returns the number of bytes read. The errors are those of tabi_recv(). After an error nothing is lost: the
/// next call reads the same bytes. Then the buffer may have changed, and its bytes mean nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_read(file: *mut tabi_file, buffer: *mut c_void, len: usize) -> ssize_t {
    // SAFETY: the caller passes a file from which no other thread reads, and `len` writable bytes.
    count(|| unsafe {
        let (reader, buffer) = (reader(file)?, writable(buffer, len, "buffer")?);
        Ok(reader.with(|reader| reader.readinto(buffer))?)
    })
}

/// Reads at least 1 and up to `len` bytes, with at most one call of tabi_recv() (Python's `read1`).
///
/// Returns the number of bytes read, or 0 at the end of the stream. The errors are those of tabi_recv().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_read1(file: *mut tabi_file, buffer: *mut c_void, len: usize) -> ssize_t {
    // SAFETY: the caller passes a file from which no other thread reads, and `len` writable bytes.
    count(|| unsafe {
        let (reader, buffer) = (reader(file)?, writable(buffer, len, "buffer")?);
        Ok(reader.with(|reader| reader.readinto1(buffer))?)
    })
}

/// Reads a line with its newline (Python's `readline(size - 1)`), and writes a NUL behind it.
///
/// `size` is the size of `line` in bytes, at least 2. A result without a newline is a part of a line that is
/// longer than the buffer, and the next call reads its next part; or it is the end of a stream that does not
/// end with a newline.
///
/// Returns the length without the NUL, or 0 at the end of the stream. Errors: TABI_ERR_VALUE when `size` is
/// less than 2; those of tabi_recv(). After an error nothing is lost: the next call reads the whole line. Then `line` may
/// have changed, and perhaps no NUL is in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_readline(file: *mut tabi_file, line: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes a file of this library, from which no other thread reads.
        let reader = unsafe { reader(file) }?;
        if size < 2 {
            return Err(Error::value(format_args!("size must be 2 or more, got {size}")).into());
        }
        // SAFETY: the caller passes `size` writable bytes.
        let line = unsafe { writable(line.cast(), size, "line") }?;
        let n = reader.with(|reader| reader.readline_into(&mut line[..size - 1]))?;
        line[n].write(0);
        Ok(n)
    })
}

/// Gives bytes back, so that they are read next, before all others. It does not matter where they came from.
///
/// `data` has `len` bytes, which are copied. Returns 0. Errors: -ENOMEM; then nothing has changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_unread(file: *mut tabi_file, data: *const c_void, len: usize) -> c_int {
    // SAFETY: the caller passes a file from which no other thread reads, and `len` readable bytes.
    status(|| unsafe {
        let (reader, data) = (reader(file)?, bytes(data, len, "data")?);
        Ok(reader.with(|reader| reader.unread(data))?)
    })
}

/// Returns the number of bytes that were received and not read yet. poll(2) on the socket does not report
/// them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_buffered(file: *mut tabi_file) -> ssize_t {
    // SAFETY: the caller passes an object of this library, and no other thread reads from it.
    count(|| unsafe { Ok(reader(file)?.with(|reader| Ok(reader.buffered()))?) })
}

/// Writes bytes (Python's `write`). They are sent, or kept to be sent later.
///
/// One timeout limits the whole call. Returns the number of bytes that were taken. This is `len`, unless
/// sending fails after a part: then the next call returns the error. The errors are those of tabi_send();
/// then no byte was taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_write(file: *mut tabi_file, data: *const c_void, len: usize) -> ssize_t {
    // SAFETY: the caller passes `len` readable bytes.
    count(|| unsafe { Ok(writer(file)?.write(bytes(data, len, "data")?)?) })
}

/// Sends what is buffered (Python's `flush`).
///
/// One timeout limits the whole call. Returns 0. The errors are those of tabi_send(). After an error, what
/// was not sent is still buffered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_flush(file: *mut tabi_file) -> c_int {
    // SAFETY: the caller passes an object of this library, and no other thread writes to it.
    status(|| unsafe { Ok(writer(file)?.flush()?) })
}

/// Returns the number of bytes that were written and not sent yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_file_unsent(file: *mut tabi_file) -> ssize_t {
    // SAFETY: the caller passes an object of this library, and no other thread writes to it.
    count(|| unsafe { Ok(writer(file)?.buffer().len()) })
}

/// What the functions of C do with a reader, whoever keeps its socket.
pub(super) trait Read {
    fn readinto(&mut self, buffer: &mut [MaybeUninit<u8>]) -> Result<usize>;
    fn readinto1(&mut self, buffer: &mut [MaybeUninit<u8>]) -> Result<usize>;
    fn readline_into(&mut self, line: &mut [MaybeUninit<u8>]) -> Result<usize>;
    fn whole_line(&mut self, most: usize) -> Result<Vec<u8>>;
    fn unread(&mut self, bytes: &[u8]) -> Result<()>;
    fn put_back(&mut self, line: Vec<u8>) -> Result<()>;
    fn buffered(&self) -> usize;
}

impl<S: Deref<Target = Socket>> Read for SocketReader<S> {
    fn readinto(&mut self, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
        self.readinto_uninit(buffer, Limit::Timeout)
    }

    fn readinto1(&mut self, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
        self.readinto1_uninit(buffer, Limit::Timeout)
    }

    fn readline_into(&mut self, line: &mut [MaybeUninit<u8>]) -> Result<usize> {
        self.readline_uninit(line, Limit::Timeout)
    }

    fn whole_line(&mut self, most: usize) -> Result<Vec<u8>> {
        SocketReader::whole_line(self, most)
    }

    fn unread(&mut self, bytes: &[u8]) -> Result<()> {
        SocketReader::unread(self, bytes)
    }

    fn put_back(&mut self, line: Vec<u8>) -> Result<()> {
        SocketReader::put_back(self, line)
    }

    fn buffered(&self) -> usize {
        self.buffer().len()
    }
}

impl Reader {
    pub(super) fn with<T>(&mut self, read: impl FnOnce(&mut dyn Read) -> Result<T>) -> Result<T> {
        match self {
            Reader::Own(reader) => read(reader),
            Reader::OfRequest(reader) => read(&mut *RequestReader::lock(reader)?),
        }
    }
}

/// The reading half alone: another thread may be in the writing half.
///
/// # Safety
///
/// `file` is NULL or lives, and no other thread reads from it.
pub(super) unsafe fn reader<'a>(file: *mut tabi_file) -> Outcome<&'a mut Reader> {
    if file.is_null() {
        return Err(Failure::Null("file").into());
    }
    // SAFETY: `file` is not NULL and lives, and no other thread is in its reading half.
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
    // SAFETY: `file` is not NULL and lives, and no other thread is in its writing half.
    Ok(unsafe { &mut *ptr::addr_of_mut!((*file).writer) })
}

/// # Safety
///
/// `buffer` is NULL or writable for `len` bytes, which the result lends.
unsafe fn writable<'a>(
    buffer: *mut c_void,
    len: usize,
    name: &'static str,
) -> Outcome<&'a mut [MaybeUninit<u8>]> {
    check_buffer(buffer, len, name)?;
    if len == 0 {
        return Ok(&mut []);
    }
    // SAFETY: `buffer` is not NULL, `len` is possible, and the caller promises that many writable bytes.
    Ok(unsafe { std::slice::from_raw_parts_mut(buffer.cast(), len) })
}
