//! The C functions that find control messages in a buffer.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use super::tabi_control;
use crate::ffi::boundary::{Outcome, boundary, bytes, not_null};
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

/// The first message at `offset` or later. Its data may be written to if the buffer may.
///
/// # Safety
///
/// `control->data` is readable for `control->len` bytes.
pub(super) unsafe fn message_at(control: &tabi_control, offset: usize) -> Outcome<Option<tabi_cmsg>> {
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
