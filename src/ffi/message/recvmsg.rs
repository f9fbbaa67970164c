//! The C functions that receive a message into several buffers.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use crate::sys::libc::{self, ssize_t};

use super::sendmsg::iovecs;
use super::tabi_control;
use crate::deadline::Limit;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{check_buffer, count};
use crate::ffi::socket::{socket, tabi_sock, until};

/// Receives a message into several buffers, one after the other (recvmsg(2), Python's `recvmsg_into`).
///
/// `buffers` is an array of `buffer_count` buffers, at most 1024 on Linux. `control` receives the control
/// messages; its `len` is set. It may be NULL. `flags` is 0 or a combination of MSG_* constants. `msg_flags`
/// gets the flags of the message: MSG_TRUNC when the message was cut, MSG_CTRUNC when the control data was
/// cut, MSG_EOR and others. `sender` gets the address of the sender; its `len` is 0 when the system names
/// none. `msg_flags` and `sender` may be NULL.
///
/// Descriptors that arrive are close-on-exec and belong to the caller, also after MSG_CTRUNC. Take them with
/// tabi_control_next() and tabi_cmsg_fds(), or close them with tabi_control_close_fds().
///
/// Returns the number of bytes received, or 0 at the end of the stream. Errors: those of tabi_recv();
/// -EMSGSIZE when there are too many buffers; TABI_ERR_VALUE when the control buffer has more than 2147483647
/// bytes. When the call fails, no descriptor has arrived.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_recvmsg(
    sk: Option<&tabi_sock>,
    buffers: *const libc::iovec,
    buffer_count: usize,
    control: Option<&mut tabi_control>,
    flags: c_int,
    msg_flags: Option<&mut MaybeUninit<c_int>>,
    sender: Option<&mut MaybeUninit<tabi_addr>>,
) -> ssize_t {
    // SAFETY: the caller passes `buffer_count` buffers and a control buffer, all writable for their lengths.
    unsafe { recvmsg(sk, buffers, buffer_count, control, flags, msg_flags, sender, Limit::Timeout) }
}

/// Does what tabi_recvmsg() does, with a deadline instead of the socket's timeout. See tabi_recv_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_recvmsg_until(
    sk: Option<&tabi_sock>,
    buffers: *const libc::iovec,
    buffer_count: usize,
    control: Option<&mut tabi_control>,
    flags: c_int,
    msg_flags: Option<&mut MaybeUninit<c_int>>,
    sender: Option<&mut MaybeUninit<tabi_addr>>,
    deadline: i64,
) -> ssize_t {
    let limit = until(deadline);
    // SAFETY: the caller passes `buffer_count` buffers and a control buffer, all writable for their lengths.
    unsafe { recvmsg(sk, buffers, buffer_count, control, flags, msg_flags, sender, limit) }
}

/// # Safety
///
/// `buffers` are as many as said, each writable for its length; `control` is writable for its `size`.
#[expect(clippy::too_many_arguments, reason = "recvmsg(2) has them")]
unsafe fn recvmsg(
    sk: Option<&tabi_sock>,
    buffers: *const libc::iovec,
    buffer_count: usize,
    control: Option<&mut tabi_control>,
    flags: c_int,
    msg_flags: Option<&mut MaybeUninit<c_int>>,
    sender: Option<&mut MaybeUninit<tabi_addr>>,
    limit: Limit,
) -> ssize_t {
    count(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes that many buffers.
        let buffers = unsafe { iovecs(buffers, buffer_count) }?;
        let (data, size) = control.as_ref().map_or((std::ptr::null_mut(), 0), |c| (c.data, c.size));
        // The core refuses a size of 2^31 or more, whatever the size of pointers.
        check_buffer(data, size.min(i32::MAX as usize), "control->data")?;
        // SAFETY: the buffers are writable for their lengths, and the control buffer is for its `size`.
        let message = unsafe { sk.recvmsg_raw(buffers, data.cast(), size, flags, limit) }?;
        if let Some(control) = control {
            control.len = message.control_len;
        }
        msg_flags.map(|msg_flags| msg_flags.write(message.flags));
        sender.map(|sender| sender.write(message.sender.into()));
        Ok(message.len)
    })
}
