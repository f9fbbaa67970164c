//! The C functions that pass descriptors from process to process.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::io::IoSlice;
use std::mem::MaybeUninit;

use crate::sys::fd::IntoRawFd;
use crate::sys::iovec;
use crate::sys::libc::ssize_t;

use crate::error::Error;
use crate::ffi::boundary::{Outcome, bytes, check_buffer, count, not_null};
use crate::ffi::socket::{socket, tabi_sock};
use crate::socket::ControlData;

/// Sends bytes and descriptors over an AF_UNIX socket (Python's `send_fds`).
///
/// A stream needs at least one byte. `fds` is an array of `fd_count` open descriptors, at most 253 on Linux.
/// The receiver gets duplicates; the descriptors still belong to the caller.
///
/// Returns the number of bytes that the system accepted. If it is smaller than `len`, the descriptors went
/// with those bytes. Errors: those of tabi_send(); TABI_ERR_TYPE for descriptors on a socket of another family;
/// TABI_ERR_VALUE for a negative descriptor; -EBADF for one that is not open; -EINVAL for too many; -ETOOMANYREFS
/// when too many descriptors were sent and not received yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_send_fds(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    fds: *const c_int,
    fd_count: usize,
    flags: c_int,
) -> ssize_t {
    count(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes `len` readable bytes.
        let data = unsafe { bytes(data, len, "data") }?;
        // SAFETY: the caller passes that many descriptors.
        let fds = unsafe { bytes(fds.cast(), fd_count.saturating_mul(size_of::<c_int>()), "fds") }?;
        check_numbers(fds)?;
        let mut control = ControlData::new();
        if !fds.is_empty() {
            sk.check_passes_fds()?;
            // SAFETY: the caller may hand on its descriptors, which stay open during the call.
            unsafe { control.fd_numbers(fds) }?;
        }
        Ok(sk.sendmsg(&[IoSlice::new(data)], &control, flags)?)
    })
}

/// Receives up to `len` bytes and up to `max_fds` descriptors over an AF_UNIX socket (Python's `recv_fds`).
///
/// `fds` gets the descriptors, and `fd_count` their number. They are close-on-exec and belong to the caller,
/// who closes them with tabi_close_fd(). `msg_flags` gets the flags of the message. MSG_CTRUNC means that
/// more descriptors were sent than there was room for, in `fds` or in the process; those are closed already.
/// `msg_flags` may be NULL.
///
/// The results are those of tabi_recv(). When the call fails, no descriptor has arrived.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_recv_fds(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    fds: *mut c_int,
    max_fds: usize,
    flags: c_int,
    fd_count: Option<&mut MaybeUninit<usize>>,
    msg_flags: Option<&mut MaybeUninit<c_int>>,
) -> ssize_t {
    count(|| {
        let (sk, fd_count) = (socket(sk)?, not_null(fd_count, "fd_count")?);
        check_buffer(buffer, len, "buffer")?;
        check_buffer(fds.cast(), max_fds.saturating_mul(size_of::<c_int>()), "fds")?;
        let place = iovec(buffer.cast(), len);
        // SAFETY: the caller passes `len` writable bytes.
        let received = unsafe { sk.recv_fds_raw(place, max_fds, flags) }?;
        fd_count.write(received.fds.len());
        for (index, fd) in received.fds.into_iter().enumerate() {
            // SAFETY: `fds` has room for `max_fds` of them, and no more were received.
            unsafe { fds.add(index).write(fd.into_raw_fd()) };
        }
        msg_flags.map(|msg_flags| msg_flags.write(received.flags));
        Ok(received.len)
    })
}

/// Checks the numbers of descriptors, as they lie in memory. The system checks whether they are open.
fn check_numbers(numbers: &[u8]) -> Outcome {
    let number = |bytes: &[u8]| c_int::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    match numbers.chunks_exact(size_of::<c_int>()).map(number).find(|fd| *fd < 0) {
        Some(fd) => Err(Error::value(format_args!("negative file descriptor: {fd}")).into()),
        None => Ok(()),
    }
}
