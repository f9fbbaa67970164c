//! The C functions that send files over a socket.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use crate::sys::c_face::borrow_file;
use crate::sys::libc::ssize_t;

use crate::deadline::Limit;
use crate::error::Error;
use crate::ffi::boundary::{Outcome, count, or_none_moved, tabi_fd};
use crate::ffi::socket::{socket, tabi_sock, until};

/// Sends a file over a stream (sendfile(2), Python's `socket.sendfile`), without copying it where the system
/// can do that.
///
/// `file` is an open descriptor. `offset` is the place in the file to begin at, in bytes. `count` is the
/// number of bytes, more than 0; -1 stands for all up to the end. On systems of 32 bits, a call sends at most
/// 2147483647 bytes, and another one can send the rest. `sent` gets the number of bytes sent, also when the
/// call fails. It may be NULL. One timeout limits the whole call.
///
/// Afterwards the position of the file is behind the bytes that were sent. A pipe, or a file that the system
/// cannot send, is read and then sent. Reading it has no timeout, and bytes that were read from a pipe and
/// could not be sent are lost.
///
/// Returns the number of bytes sent, which is smaller than `count` when the file ends before. Errors:
/// - TABI_ERR_VALUE: `count`, `offset` or `file` is not in its range, or the socket is not a stream or is
///   non-blocking.
/// - -EBADF, -EISDIR and others: the file cannot be read. -ESPIPE: it is a pipe, and `offset` is not 0.
/// - The errors of tabi_sendall().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendfile(
    sk: Option<&tabi_sock>,
    file: tabi_fd,
    offset: i64,
    count: i64,
    sent: Option<&mut MaybeUninit<usize>>,
) -> ssize_t {
    // SAFETY: the caller passes a descriptor, which it does not close during the call.
    unsafe { sendfile(sk, file, offset, count, sent, Limit::Timeout) }
}

/// Does what tabi_sendfile() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendfile_until(
    sk: Option<&tabi_sock>,
    file: tabi_fd,
    offset: i64,
    count: i64,
    sent: Option<&mut MaybeUninit<usize>>,
    deadline: i64,
) -> ssize_t {
    // SAFETY: the caller passes a descriptor, which it does not close during the call.
    unsafe { sendfile(sk, file, offset, count, sent, until(deadline)) }
}

/// # Safety
///
/// `file` stays what it is during the call: a descriptor that the caller may read from, or none.
unsafe fn sendfile(
    sk: Option<&tabi_sock>,
    file: tabi_fd,
    offset: i64,
    bytes: i64,
    mut sent: Option<&mut MaybeUninit<usize>>,
    limit: Limit,
) -> ssize_t {
    count(|| {
        let sk = or_none_moved(socket(sk), &mut sent)?;
        let (offset, bytes) = or_none_moved(checked(file, offset, bytes), &mut sent)?;
        // SAFETY: `file` is not negative, and nobody closes it during the call. The system checks whether it is open.
        let file = unsafe { borrow_file(file) };
        let result = sk.sendfile_until(file, offset, bytes, limit);
        let so_far = result.as_ref().map_or_else(|partial| partial.sent, |n| *n);
        sent.map(|sent| sent.write(so_far));
        Ok(result?)
    })
}

/// The offset and the count, or the failure that they or the file are out of their range.
fn checked(file: tabi_fd, offset: i64, bytes: i64) -> Outcome<(u64, Option<usize>)> {
    if file < 0 {
        return Err(Error::value(format_args!("negative file descriptor: {file}")).into());
    }
    let offset = u64::try_from(offset)
        .map_err(|_| Error::value(format_args!("offset must be 0 or more, got {offset}")))?;
    let bytes = match bytes {
        -1 => None,
        ..=0 => {
            return Err(
                Error::value(format_args!("count must be a positive integer or -1, got {bytes}")).into()
            );
        }
        _ => Some(usize::try_from(bytes).unwrap_or(usize::MAX)),
    };
    Ok((offset, bytes))
}
