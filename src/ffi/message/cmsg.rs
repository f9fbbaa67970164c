//! Control messages in C: walked through, and the descriptors taken out of them.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ptr;

use libc::ssize_t;

use super::tabi_control;
use crate::error::Error;
use crate::ffi::boundary::{Outcome, boundary, bytes, check_buffer, count, not_null};
use crate::socket::{RawControlMessage, RawControlMessages};

/// A control message in the buffer of a tabi_control. Set it to zero before the first call of
/// tabi_control_next().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_cmsg {
    /// SOL_SOCKET, IPPROTO_IP and so on.
    pub level: c_int,
    /// The type within the level, such as SCM_RIGHTS.
    pub r#type: c_int,
    /// The data, which may have any alignment. It is valid as long as the buffer is.
    pub data: *mut c_void,
    /// The length of the data in bytes. It is never more than the buffer holds.
    pub len: usize,
    /// The place where the next message begins. It is for tabi_control_next().
    pub next: usize,
}

impl tabi_cmsg {
    /// # Safety
    ///
    /// `data` is readable for `len` bytes while the result is in use.
    pub(crate) unsafe fn raw<'a>(&self) -> Outcome<RawControlMessage<'a>> {
        // SAFETY: `data` is readable for `len` bytes.
        let data = unsafe { bytes(self.data, self.len, "cmsg->data") }?;
        Ok(RawControlMessage { level: self.level, kind: self.r#type, data })
    }
}

/// Finds the next control message in the buffer. Set `cmsg` to zero before the first call.
///
/// Returns 1 when there is a message. Returns 0 when there is none; `cmsg` is not changed then. The function
/// is safe for buffers of any content.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_next(
    control: Option<&tabi_control>,
    cmsg: Option<&mut tabi_cmsg>,
) -> c_int {
    boundary(|| {
        let (control, cmsg) = (not_null(control, "control")?, not_null(cmsg, "cmsg")?);
        // SAFETY: the caller's buffer is readable for its `len`.
        let mut messages = RawControlMessages::from_offset(unsafe { control.messages() }?, cmsg.next);
        let Some(message) = messages.next() else { return Ok(0) };
        *cmsg = tabi_cmsg {
            level: message.level,
            r#type: message.kind,
            data: message.data.as_ptr().cast_mut().cast(),
            len: message.data.len(),
            next: messages.offset(),
        };
        Ok(1)
    })
}

/// Closes the descriptors in the buffer that were not taken with tabi_cmsg_fds(). A second call closes
/// nothing.
///
/// The buffer must be one that tabi_recvmsg() or tabi_recvmany() has filled. Returns the number of
/// descriptors that were closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_close_fds(control: Option<&mut tabi_control>) -> ssize_t {
    count(|| {
        let control = not_null(control, "control")?;
        let mut closed = 0;
        // SAFETY: the caller's buffer is readable for its `len`.
        for message in RawControlMessages::new(unsafe { control.messages() }?) {
            if message.level == libc::SOL_SOCKET && message.kind == libc::SCM_RIGHTS {
                let data = message.data.as_ptr().cast_mut();
                for index in 0..message.data.len() / size_of::<c_int>() {
                    // SAFETY: the number is within the caller's own buffer, which is writable.
                    let fd = unsafe { take_fd(data.cast(), index) };
                    if fd >= 0 {
                        // SAFETY: it was received, and taken by nobody else.
                        let _ = unsafe { crate::socket::close(fd) };
                        closed += 1;
                    }
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
