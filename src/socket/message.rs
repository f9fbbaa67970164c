//! Messages: scattered buffers, flags, address and control data in one call.
#![allow(unsafe_code)]

use std::ptr;

use super::Socket;
use super::ancillary;
use super::wait::{Limit, Plan};
use crate::address::RawAddress;
use crate::error::{Error, Result};
use crate::sys::{CMSG_CLOEXEC, NO_SIGPIPE};

/// What [`Socket::recvmsg_raw`] received.
#[derive(Debug, Clone, Copy)]
pub struct RawMessage {
    /// The number of bytes, 0 at the end of a stream; more than fit, with `MSG_TRUNC` in the flags of the call.
    pub len: usize,
    /// How many bytes of the control buffer were filled.
    pub control_len: usize,
    /// `MSG_TRUNC`, `MSG_CTRUNC`, `MSG_EOR` ...
    pub flags: i32,
    /// The sender, empty where the system names nobody.
    pub sender: RawAddress,
}

impl Socket {
    /// `sendmsg(2)` with buffers and control data as the system has them, within a limit of its own.
    ///
    /// Returns how many bytes the kernel took. Fails as [`Socket::send`] does; with `Os(EMSGSIZE)` for more buffers than
    /// the system takes (1024 on Linux); with [`Error::OsMessage`] for more than 2^31 - 1 buffers or bytes of control data.
    ///
    /// # Safety
    ///
    /// Each buffer must be valid for reading its length.
    pub unsafe fn sendmsg_raw(
        &self,
        buffers: &[libc::iovec],
        control: &[u8],
        flags: i32,
        address: Option<&RawAddress>,
        limit: Limit,
    ) -> Result<usize> {
        let mut header = header(buffers)?;
        if i32::try_from(control.len()).is_err() {
            return Err(Error::OsMessage(format!("too much control data: {} bytes", control.len()).into()));
        }
        if !control.is_empty() {
            header.msg_control = control.as_ptr().cast_mut().cast();
            header.msg_controllen = control.len() as _;
        }
        if let Some(address) = address {
            header.msg_name = address.as_ptr().cast_mut().cast();
            header.msg_namelen = address.len();
        }
        self.run(self.send_plan().until(limit), |fd, extra| {
            // SAFETY: the caller vouches for the buffers; control data and address outlive the call, which only reads them.
            unsafe { libc::sendmsg(fd, &header, flags | extra | NO_SIGPIPE) }
        })
    }

    /// `recvmsg(2)` into buffers as the system has them, within a limit of its own.
    ///
    /// Descriptors that arrive in `control` are close-on-exec and the caller's: they leak unless it takes or closes them
    /// ([`ancillary::close_received_fds`]). Fails as [`Socket::recv`] does, with `Os(EMSGSIZE)` for more buffers than the
    /// system takes, with [`Error::OsMessage`] for more than 2^31 - 1 of them, with [`Error::Value`] for a `control_size` above
    /// 2^31 - 1; no descriptor is left in `control` then.
    ///
    /// # Safety
    ///
    /// Each buffer must be valid for writing its length, and `control` for `control_size` bytes.
    pub unsafe fn recvmsg_raw(
        &self,
        buffers: &[libc::iovec],
        control: *mut u8,
        control_size: usize,
        flags: i32,
        limit: Limit,
    ) -> Result<RawMessage> {
        let template = header(buffers)?;
        if i32::try_from(control_size).is_err() {
            return Err(Error::value(format!("invalid ancillary data buffer length: {control_size}")));
        }
        let mut message = RawMessage { len: 0, control_len: 0, flags: 0, sender: RawAddress::empty() };
        let received = self.run(Plan::read().until(limit), |fd, extra| {
            let mut header = template;
            header.msg_name = message.sender.as_mut_ptr().cast();
            header.msg_namelen = RawAddress::CAPACITY as libc::socklen_t;
            if control_size > 0 {
                header.msg_control = control.cast();
                header.msg_controllen = control_size as _;
            }
            // SAFETY: the caller vouches for the buffers and the control buffer; the address has its capacity.
            let n = unsafe { libc::recvmsg(fd, &mut header, flags | extra | CMSG_CLOEXEC) };
            if n >= 0 {
                message.sender.set_len(header.msg_namelen);
                #[allow(clippy::unnecessary_cast)] // socklen_t on some systems
                let control_len = header.msg_controllen as usize;
                message.control_len = control_len.min(control_size);
                // Linux reports the flag that was asked for: only the caller's own is news to it.
                message.flags = header.msg_flags & !(CMSG_CLOEXEC & !flags);
            }
            n
        });
        // SAFETY: the kernel filled this much of the caller's buffer.
        let filled = unsafe { ancillary::filled(control, message.control_len) };
        match received {
            Ok(len) => {
                ancillary::set_close_on_exec(filled);
                Ok(RawMessage { len, ..message })
            }
            Err(error) => {
                // An empty message that met a close: its descriptors have no other owner.
                // SAFETY: they arrived in this call and were handed to nobody.
                unsafe { ancillary::close_received_fds(filled) };
                Err(error)
            }
        }
    }
}

/// A message of these buffers and nothing else.
fn header(buffers: &[libc::iovec]) -> Result<libc::msghdr> {
    if i32::try_from(buffers.len()).is_err() {
        return Err(Error::OsMessage(format!("too many buffers: {}", buffers.len()).into()));
    }
    // SAFETY: msghdr is plain integers and pointers, for which all zeros is a value.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = if buffers.is_empty() { ptr::null_mut() } else { buffers.as_ptr().cast_mut() };
    header.msg_iovlen = buffers.len() as _;
    Ok(header)
}
