//! The C functions that find control messages in a buffer, and take descriptors out of them.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ptr;

use crate::sys::libc::{self, ssize_t};

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
/// is safe for buffers of any content. Errors: TABI_ERR_VALUE when `control->len` is more than
/// `control->size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_next(
    control: Option<&tabi_control>,
    cmsg: Option<&mut tabi_cmsg>,
) -> c_int {
    boundary(|| {
        let (control, cmsg) = (not_null(control, "control")?, not_null(cmsg, "cmsg")?);
        // SAFETY: the caller's buffer is readable for its `len`.
        let Some(next) = (unsafe { message_at(control, cmsg.next) })? else { return Ok(0) };
        *cmsg = next;
        Ok(1)
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

/// The first message at `offset` or later. Its data may be written to if the buffer may.
///
/// # Safety
///
/// `control->data` is readable for `control->len` bytes.
unsafe fn message_at(control: &tabi_control, offset: usize) -> Outcome<Option<tabi_cmsg>> {
    // SAFETY: the buffer is readable, and nothing writes to it before this function returns.
    let bytes = unsafe { control.messages() }?;
    let mut messages = RawControlMessages::from_offset(bytes, offset);
    Ok(messages.next().map(|message| tabi_cmsg {
        level: message.level,
        r#type: message.kind,
        // From the program's own pointer: one from `bytes` could only be read through.
        data: control.data.wrapping_byte_add(message.data.as_ptr().addr() - bytes.as_ptr().addr()),
        len: message.data.len(),
        next: messages.offset(),
    }))
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
