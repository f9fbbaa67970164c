//! The C functions for descriptors in control messages.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::ptr;

use super::cmsg::message_at;
use super::control::add;
use super::{tabi_cmsg, tabi_control};
use crate::error::Error;
use crate::ffi::boundary::{bytes, check_buffer, count, not_null, status};
use crate::sys::libc::{self, ssize_t};

/// Adds descriptors to send (SCM_RIGHTS), at most 253 on Linux. The receiver gets duplicates. The results are
/// those of tabi_control_add().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_add_fds(
    control: Option<&mut tabi_control>,
    fds: *const c_int,
    fd_count: usize,
) -> c_int {
    status(|| {
        let control = not_null(control, "control")?;
        // SAFETY: the caller passes that many readable descriptors.
        let fds = unsafe { bytes(fds.cast(), fd_count.saturating_mul(size_of::<c_int>()), "fds") }?;
        // SAFETY: the caller's buffer is writable for its size.
        unsafe { add(control, libc::SOL_SOCKET, libc::SCM_RIGHTS, fds) }
    })
}

/// Closes the descriptors in the buffer that were not taken with tabi_cmsg_fds(). A second call closes
/// nothing.
///
/// The buffer must be one that tabi_recvmsg() or tabi_recvmany() has filled. Returns the number of
/// descriptors that were closed. Errors: TABI_ERR_VALUE when `control->len` is more than `control->size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_close_fds(control: Option<&mut tabi_control>) -> ssize_t {
    count(|| {
        let control = not_null(control, "control")?;
        let (mut closed, mut offset) = (0, 0);
        // SAFETY: the caller's buffer is readable for its `len`.
        while let Some(message) = (unsafe { message_at(control, offset) })? {
            offset = message.next;
            if (message.level, message.r#type) != (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
                continue;
            }
            for index in 0..message.len / size_of::<c_int>() {
                // SAFETY: the number is within the message, and the caller's buffer is writable.
                let fd = unsafe { take_fd(message.data.cast(), index) };
                if fd >= 0 {
                    // SAFETY: the descriptor was received with the message, and nobody has taken it.
                    let _ = unsafe { crate::socket::close(fd) };
                    closed += 1;
                }
            }
        }
        Ok(closed)
    })
}

/// Takes descriptors out of an SCM_RIGHTS message. They belong to the caller, who closes them with
/// tabi_close_fd().
///
/// `max_fds` is the number of descriptors that `fds` has room for. If there are more, call the function
/// again. In the buffer, -1 takes the place of a descriptor that was taken.
///
/// Returns the number of descriptors that were taken, 0 when none is left. Errors: TABI_ERR_TYPE for a
/// message of another type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_cmsg_fds(cmsg: Option<&tabi_cmsg>, fds: *mut c_int, max_fds: usize) -> ssize_t {
    count(|| {
        let cmsg = not_null(cmsg, "cmsg")?;
        check_buffer(fds.cast(), max_fds.saturating_mul(size_of::<c_int>()), "fds")?;
        if cmsg.level != libc::SOL_SOCKET || cmsg.r#type != libc::SCM_RIGHTS {
            let text = format!(
                "a control message of level {} and type {} holds no descriptors",
                cmsg.level, cmsg.r#type
            );
            return Err(Error::type_error(text).into());
        }
        check_buffer(cmsg.data, cmsg.len, "cmsg->data")?;
        let mut taken = 0;
        for index in 0..cmsg.len / size_of::<c_int>() {
            if taken == max_fds {
                break;
            }
            // SAFETY: the number is within the caller's own buffer, which is writable.
            let fd = unsafe { take_fd(cmsg.data.cast(), index) };
            if fd >= 0 {
                // SAFETY: `fds` has room for `max_fds` of them.
                unsafe { fds.add(taken).write(fd) };
                taken += 1;
            }
        }
        Ok(taken)
    })
}

/// Reads a descriptor's number and puts -1 in its place.
///
/// # Safety
///
/// `fds` is readable and writable for more than `index` numbers, of any alignment.
unsafe fn take_fd(fds: *mut c_int, index: usize) -> c_int {
    // SAFETY: the number at `index` is readable and writable, and `Unaligned` asks for no alignment.
    unsafe { ptr::replace(fds.add(index).cast::<Unaligned>(), Unaligned(-1)).0 }
}

#[repr(C, packed)]
struct Unaligned(c_int);
