//! Files sent over a socket, in C.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;

use libc::ssize_t;

use crate::deadline::Limit;
use crate::error::Error;
use crate::ffi::boundary::count;
use crate::ffi::socket::{socket, tabi_sock, until};

/// Sends a file over a stream (sendfile(2), Python's `socket.sendfile`), without a copy where the system can.
///
/// `file`: an open descriptor. `offset`: where to begin, in bytes. `count`: how many bytes, more than 0; -1 for
/// all to the end. `sent` may be NULL; it gets the number of bytes that went out, also when the call fails. The
/// file's position is then behind them. One timeout limits the whole call. What the system cannot send itself
/// (a pipe, some special files) is read and sent; the timeout does not limit reading, and what was read from a
/// pipe and could not be sent is lost.
///
/// Returns that number, fewer than `count` at the end of the file; or a code as tabi_sendall() does;
/// TABI_ERR_VALUE for another `count`, a negative `offset` or `file`, a socket that is not a stream or is
/// non-blocking; -EBADF, -EISDIR ... for the file.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_sendfile(
    sk: Option<&tabi_sock>,
    file: c_int,
    offset: i64,
    count: i64,
    sent: Option<&mut MaybeUninit<usize>>,
) -> ssize_t {
    sendfile(sk, file, offset, count, sent, Limit::Timeout)
}

/// tabi_sendfile() within a limit of its own: see tabi_recv_until().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_sendfile_until(
    sk: Option<&tabi_sock>,
    file: c_int,
    offset: i64,
    count: i64,
    sent: Option<&mut MaybeUninit<usize>>,
    deadline: i64,
) -> ssize_t {
    sendfile(sk, file, offset, count, sent, until(deadline))
}

fn sendfile(
    sk: Option<&tabi_sock>,
    file: c_int,
    offset: i64,
    bytes: i64,
    sent: Option<&mut MaybeUninit<usize>>,
    limit: Limit,
) -> ssize_t {
    count(|| {
        let sk = socket(sk)?;
        if file < 0 {
            return Err(Error::value(format!("negative file descriptor: {file}")).into());
        }
        let offset = u64::try_from(offset)
            .map_err(|_| Error::value(format!("offset must be 0 or more, got {offset}")))?;
        let bytes = match bytes {
            -1 => None,
            ..=0 => {
                return Err(
                    Error::value(format!("count must be a positive integer or -1, got {bytes}")).into()
                );
            }
            _ => Some(usize::try_from(bytes).unwrap_or(usize::MAX)),
        };
        // SAFETY: not -1; the system checks whether it is open.
        let file = unsafe { BorrowedFd::borrow_raw(file) };
        let result = sk.sendfile_until(file, offset, bytes, limit);
        let so_far = result.as_ref().map_or_else(|partial| partial.sent, |n| *n);
        sent.map(|sent| sent.write(so_far));
        Ok(result?)
    })
}
