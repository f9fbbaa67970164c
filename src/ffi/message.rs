//! Messages in C: `sendmsg` and `recvmsg` with the system's `struct iovec`.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
#[cfg(target_os = "linux")]
use std::io::IoSlice;
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::address::tabi_addr;
use super::boundary::{Outcome, bytes, check_buffer, count};
use super::socket::{socket, tabi_sock};
#[cfg(target_os = "linux")]
use crate::error::Error;
use crate::socket::{Limit, cmsg_len, cmsg_space};

/// Control data (ancillary data) in the caller's buffer: a value that needs no free.
///
/// To send: set `data` and `size`, `len` to 0, and add messages with tabi_control_add() and its sisters. To
/// receive: set `data` and `size`; tabi_recvmsg() sets `len`; read them with tabi_control_next(). The buffer
/// needs no alignment; tabi_cmsg_space() tells the bytes that a message takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_control {
    /// The caller's buffer.
    pub data: *mut c_void,
    /// The bytes of the buffer, at most 2147483647.
    pub size: usize,
    /// How many of them hold control messages.
    pub len: usize,
}

impl tabi_control {
    /// The control messages that the buffer holds.
    ///
    /// # Safety
    ///
    /// `data` is readable for `len` bytes while the result is in use.
    pub(super) unsafe fn messages<'a>(&self) -> Outcome<&'a [u8]> {
        // SAFETY: the same contract.
        unsafe { bytes(self.data, self.len, "control->data") }
    }
}

/// The length of a control message with `len` bytes of data, without trailing padding (CMSG_LEN).
///
/// Returns the length, or TABI_ERR_OVERFLOW when it would exceed 2147483647.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cmsg_len(len: usize) -> ssize_t {
    count(|| Ok(cmsg_len(len)?))
}

/// The bytes that a control message with `len` bytes of data takes in a buffer, padding included (CMSG_SPACE).
///
/// Returns the bytes, or TABI_ERR_OVERFLOW when they would exceed 2147483647.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_cmsg_space(len: usize) -> ssize_t {
    count(|| Ok(cmsg_space(len)?))
}

/// Sends the bytes of several buffers as one message (sendmsg(2), Python's `sendmsg`).
///
/// `buffers`: `buffer_count` of them, at most 1024 on Linux. `control`: control messages to go with them, or
/// NULL.
/// `flags`: MSG_* or 0. `addr`: where to, or NULL on a connected socket.
/// Returns the bytes that the kernel took, perhaps fewer than given, or a code as tabi_send() does; -EMSGSIZE
/// for too many buffers; TABI_ERR_OS for more than 2147483647 buffers or bytes of control data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendmsg(
    sk: Option<&tabi_sock>,
    buffers: *const libc::iovec,
    buffer_count: usize,
    control: Option<&tabi_control>,
    flags: c_int,
    addr: Option<&tabi_addr>,
) -> ssize_t {
    // SAFETY: the same contract.
    unsafe { sendmsg(sk, buffers, buffer_count, control, flags, addr, Limit::Timeout) }
}

/// tabi_sendmsg() within a limit of its own: see tabi_recv_until().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendmsg_until(
    sk: Option<&tabi_sock>,
    buffers: *const libc::iovec,
    buffer_count: usize,
    control: Option<&tabi_control>,
    flags: c_int,
    addr: Option<&tabi_addr>,
    deadline: i64,
) -> ssize_t {
    let limit = Limit::until_monotonic(deadline);
    // SAFETY: the same contract.
    unsafe { sendmsg(sk, buffers, buffer_count, control, flags, addr, limit) }
}

/// # Safety
///
/// `buffers` are as many as said, each readable for its length; `control` is readable for its `len`.
unsafe fn sendmsg(
    sk: Option<&tabi_sock>,
    buffers: *const libc::iovec,
    buffer_count: usize,
    control: Option<&tabi_control>,
    flags: c_int,
    addr: Option<&tabi_addr>,
    limit: Limit,
) -> ssize_t {
    count(|| {
        let sk = socket(sk)?;
        // SAFETY: the caller passes that many buffers.
        let buffers = unsafe { iovecs(buffers, buffer_count) }?;
        // SAFETY: the caller's control buffer is readable for its `len`.
        let control = unsafe { control.map_or(Ok(&[][..]), |control| control.messages()) }?;
        let address = addr.map(|addr| addr.raw().and_then(|raw| Ok(sk.resolve(raw)?))).transpose()?;
        // SAFETY: the caller vouches for each buffer.
        Ok(unsafe { sk.sendmsg_raw(buffers, control, flags, address.as_ref(), limit) }?)
    })
}

/// Sends bytes to a cipher of the kernel's with an order what to do with them (Python's `sendmsg_afalg`).
///
/// `op`: ALG_OP_ENCRYPT, ALG_OP_DECRYPT ...; `iv`: the initialisation vector, NULL for none; `assoclen`: how
/// many bytes are authenticated and not encrypted, 0 to 4294967295, below 0 for not saying. Else as
/// tabi_sendmsg().
/// Returns TABI_ERR_OS for a socket that is not AF_ALG; TABI_ERR_OVERFLOW for another `assoclen`.
#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_sendmsg_afalg(
    sk: Option<&tabi_sock>,
    buffers: *const libc::iovec,
    buffer_count: usize,
    op: u32,
    iv: *const c_void,
    iv_len: usize,
    assoclen: i64,
    flags: c_int,
) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes that many buffers, each readable for its length, as an IoSlice is.
        let buffers =
            unsafe { &*(std::ptr::from_ref(iovecs(buffers, buffer_count)?) as *const [IoSlice<'_>]) };
        // SAFETY: the caller passes `iv_len` readable bytes.
        let vector = unsafe { bytes(iv, iv_len, "iv") }?;
        let vector = (!iv.is_null()).then_some(vector);
        let assoclen = match assoclen {
            ..0 => None,
            _ => Some(u32::try_from(assoclen).map_err(|_| {
                Error::overflow(format!("assoclen must be at most 4294967295, got {assoclen}"))
            })?),
        };
        Ok(socket(sk)?.sendmsg_afalg(buffers, op, vector, assoclen, flags)?)
    })
}

/// Receives a message into several buffers, one after the other (recvmsg(2), Python's `recvmsg_into`).
///
/// `buffers`: `buffer_count` of them, at most 1024 on Linux. `control`: where control messages go, its `len` is
/// set; NULL for none. `flags`: MSG_* or 0. `msg_flags` gets MSG_TRUNC (the message was cut), MSG_CTRUNC (the
/// control data was cut), MSG_EOR ...; `sender` gets the sender's address, with `len` 0 where the system names
/// nobody; both may be NULL.
///
/// Descriptors that arrive are close-on-exec and the caller's, also after MSG_CTRUNC: take them with
/// tabi_control_next() and tabi_cmsg_fds(), or close them with tabi_control_close_fds().
/// Returns the number of bytes, 0 at the end of the stream, or a code as tabi_recv() does; -EMSGSIZE for too
/// many buffers; TABI_ERR_VALUE for a control buffer above 2147483647 bytes. No descriptor has arrived when it
/// fails.
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
    // SAFETY: the same contract.
    unsafe { recvmsg(sk, buffers, buffer_count, control, flags, msg_flags, sender, Limit::Timeout) }
}

/// tabi_recvmsg() within a limit of its own: see tabi_recv_until().
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
    let limit = Limit::until_monotonic(deadline);
    // SAFETY: the same contract.
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
        check_buffer(data, size, "control->data")?;
        // SAFETY: the caller vouches for each buffer and for the control buffer.
        let message = unsafe { sk.recvmsg_raw(buffers, data.cast(), size, flags, limit) }?;
        if let Some(control) = control {
            control.len = message.control_len;
        }
        msg_flags.map(|msg_flags| msg_flags.write(message.flags));
        sender.map(|sender| sender.write(message.sender.into()));
        Ok(message.len)
    })
}

/// # Safety
///
/// `buffers` is NULL or readable for `count` of them while the result is in use.
pub(super) unsafe fn iovecs<'a>(buffers: *const libc::iovec, count: usize) -> Outcome<&'a [libc::iovec]> {
    if count == 0 {
        return Ok(&[]);
    }
    check_buffer(buffers.cast(), count.saturating_mul(size_of::<libc::iovec>()), "buffers")?;
    // SAFETY: not NULL, of a possible length, and the caller vouches for the rest.
    let buffers = unsafe { std::slice::from_raw_parts(buffers, count) };
    for buffer in buffers {
        check_buffer(buffer.iov_base, buffer.iov_len, "buffers[].iov_base")?;
    }
    Ok(buffers)
}
