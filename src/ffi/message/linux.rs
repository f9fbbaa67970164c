//! The C functions for messages that only Linux has: to its ciphers, and control messages.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::io::IoSlice;

use libc::ssize_t;

use super::control::{add, tabi_control};
use super::sendmsg::iovecs;
use crate::error::Error;
use crate::ffi::boundary::{bytes, count, not_null, status};
use crate::ffi::socket::{socket, tabi_sock};
use crate::socket::{Credentials, linux};

/// Sends bytes to a cipher of the kernel, and says what to do with them (Python's `sendmsg_afalg`).
///
/// `op` is ALG_OP_ENCRYPT, ALG_OP_DECRYPT or another ALG_OP_* constant. `iv` is the initialisation vector of
/// `iv_len` bytes; NULL means that there is none. `assoclen` is the number of bytes that are authenticated
/// and not encrypted, 0 to 4294967295; a negative number leaves it out. The other arguments and the results
/// are those of tabi_sendmsg(). Errors: also TABI_ERR_OS when the socket is not AF_ALG; TABI_ERR_OVERFLOW
/// when `assoclen` is too large.
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
                Error::overflow(format_args!("assoclen must be at most 4294967295, got {assoclen}"))
            })?),
        };
        Ok(socket(sk)?.sendmsg_afalg(buffers, op, vector, assoclen, flags)?)
    })
}

/// Adds the credentials of the sender (SCM_CREDENTIALS). Only a privileged process may send others than its
/// own.
///
/// The results are those of tabi_control_add().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_add_credentials(
    control: Option<&mut tabi_control>,
    pid: i32,
    uid: u32,
    gid: u32,
) -> c_int {
    let ucred = linux::ucred(Credentials { pid, uid, gid });
    // SAFETY: the caller's buffer is writable for its size.
    status(|| unsafe { add(not_null(control, "control")?, libc::SOL_SOCKET, libc::SCM_CREDENTIALS, &ucred) })
}

/// Lets the system send the bytes of one message as several UDP datagrams of `bytes` bytes each
/// (UDP_SEGMENT). The last may be smaller.
///
/// The results are those of tabi_control_add().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_control_add_segment_size(
    control: Option<&mut tabi_control>,
    bytes: u16,
) -> c_int {
    // SAFETY: the caller's buffer is writable for its size.
    status(|| unsafe {
        add(not_null(control, "control")?, libc::IPPROTO_UDP, libc::UDP_SEGMENT, &bytes.to_ne_bytes())
    })
}
