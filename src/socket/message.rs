//! Messages: scattered buffers, flags, address and control data in one call.
//!
//! The headers are the system's own: socket2's take neither a C program's `iovec`s nor a place for an address that
//! outlives the call, and there is none for several messages at once.
#![allow(unsafe_code)]

use std::io::{IoSlice, IoSliceMut};
use std::ptr;

use super::Socket;
use super::ancillary;
use super::control::ControlMessage;
use super::control_buffer::{ControlBuffer, ControlData};
use super::io::reserve_for;
use super::wait::Plan;
use crate::address::{Address, RawAddress};
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::resolve::ToAddress;
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

/// What [`Socket::recvmsg`] received.
#[derive(Debug)]
pub struct Message {
    /// The bytes, none at the end of a stream.
    pub data: Vec<u8>,
    /// The control messages.
    pub ancdata: Vec<ControlMessage>,
    /// `MSG_TRUNC` when the message was cut, `MSG_CTRUNC` when the control messages were, `MSG_EOR` ...
    pub flags: i32,
    /// The sender.
    pub address: Address,
}

/// What [`Socket::recvmsg_into`] received, beside the bytes and the control messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageInfo {
    /// The number of bytes, 0 at the end of a stream; more than fit, if the call's flags held `MSG_TRUNC`.
    pub len: usize,
    /// `MSG_TRUNC` when the message was cut, `MSG_CTRUNC` when the control messages were, `MSG_EOR` ...
    pub flags: i32,
    /// The sender.
    pub address: Address,
}

impl Socket {
    /// Sends the bytes of several buffers and control messages as one message (`socket.sendmsg`).
    ///
    /// Returns how many bytes the kernel took. Fails as [`Socket::send`] does; with `Os(EMSGSIZE)` for more buffers than
    /// the system takes (1024 on Linux); with [`Error::OsMessage`] for more than 2^31 - 1 buffers or bytes of control data.
    ///
    /// ```
    /// use std::io::IoSlice;
    /// use tabi::{AF_UNIX, ControlData, SOCK_DGRAM, Socket};
    ///
    /// let (one, other) = Socket::socketpair(AF_UNIX, SOCK_DGRAM, 0)?;
    /// let buffers = [IoSlice::new(b"head "), IoSlice::new(b"body")];
    /// assert_eq!(one.sendmsg(&buffers, &ControlData::new(), 0)?, 9);
    /// let message = other.recvmsg(100, 0, 0)?;
    /// assert_eq!(message.data, b"head body");
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn sendmsg(&self, buffers: &[IoSlice<'_>], control: &ControlData<'_>, flags: i32) -> Result<usize> {
        self.sendmsg_until(buffers, control, flags, Limit::Timeout)
    }

    /// [`Socket::sendmsg`] within a limit of its own.
    pub fn sendmsg_until(
        &self,
        buffers: &[IoSlice<'_>],
        control: &ControlData<'_>,
        flags: i32,
        limit: Limit,
    ) -> Result<usize> {
        // SAFETY: the slices are readable for their lengths.
        unsafe { self.sendmsg_raw(send_iovecs(buffers), control.as_bytes(), flags, None, limit) }
    }

    /// [`Socket::sendmsg`] to an address.
    pub fn sendmsg_to(
        &self,
        buffers: &[IoSlice<'_>],
        control: &ControlData<'_>,
        flags: i32,
        address: impl ToAddress,
    ) -> Result<usize> {
        let address = address.to_address(self.family)?;
        let control = control.as_bytes();
        // SAFETY: the slices are readable for their lengths.
        unsafe { self.sendmsg_raw(send_iovecs(buffers), control, flags, Some(&address), Limit::Timeout) }
    }

    /// Receives at most `bufsize` bytes, and control messages that fit in `ancbufsize` bytes (`socket.recvmsg`);
    /// [`super::cmsg_space`] tells what one takes.
    ///
    /// Received descriptors are close-on-exec, and closed when the message is dropped. Fails as [`Socket::recv`] does, and
    /// with [`Error::Value`] for an `ancbufsize` above 2^31 - 1.
    /// `MSG_TRUNC` as in [`Socket::recv_with_flags`].
    pub fn recvmsg(&self, bufsize: usize, ancbufsize: usize, flags: i32) -> Result<Message> {
        self.recvmsg_until(bufsize, ancbufsize, flags, Limit::Timeout)
    }

    /// [`Socket::recvmsg`] within a limit of its own.
    pub fn recvmsg_until(
        &self,
        bufsize: usize,
        ancbufsize: usize,
        flags: i32,
        limit: Limit,
    ) -> Result<Message> {
        check_control_size(ancbufsize)?;
        let mut data = reserve_for(bufsize, flags)?;
        let mut control = ControlBuffer::new(ancbufsize)?;
        let buffer = libc::iovec { iov_base: data.as_mut_ptr().cast(), iov_len: bufsize };
        // SAFETY: `bufsize` bytes are reserved.
        let message = unsafe { self.recvmsg_to(&[buffer], &mut control, flags, limit) }?;
        // SAFETY: the kernel wrote the bytes, or `reserve_for` did.
        unsafe { data.set_len(message.len.min(bufsize)) };
        let ancdata = control.messages().collect();
        Ok(Message { data, ancdata, flags: message.flags, address: message.sender.decode_for(self.proto) })
    }

    /// Receives a message into several buffers, one after the other, and its control messages (`socket.recvmsg_into`).
    ///
    /// Errors as in [`Socket::recvmsg`]; `Os(EMSGSIZE)` for more buffers than the system takes (1024 on Linux).
    ///
    /// ```
    /// use std::io::IoSliceMut;
    /// use tabi::{AF_INET, ControlBuffer, ControlMessage, SOCK_DGRAM, cmsg_space};
    ///
    /// let (one, other) = tabi::socketpair(AF_INET, SOCK_DGRAM, 0)?;
    /// other.setsockopt(libc::IPPROTO_IP, libc::IP_RECVTTL, 1)?;
    /// one.send(b"head body")?;
    /// let (mut head, mut body) = ([0; 5], [0; 100]);
    /// let mut control = ControlBuffer::new(cmsg_space(4)?)?;
    /// let mut buffers = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
    /// assert_eq!(other.recvmsg_into(&mut buffers, &mut control, 0)?.len, 9);
    /// assert!(matches!(control.messages().next(), Some(ControlMessage::Ttl(_))));
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn recvmsg_into(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut ControlBuffer,
        flags: i32,
    ) -> Result<MessageInfo> {
        self.recvmsg_into_until(buffers, control, flags, Limit::Timeout)
    }

    /// [`Socket::recvmsg_into`] within a limit of its own.
    pub fn recvmsg_into_until(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut ControlBuffer,
        flags: i32,
        limit: Limit,
    ) -> Result<MessageInfo> {
        // SAFETY: an IoSliceMut has the layout of an iovec, and is writable for its length.
        let message = unsafe {
            let buffers = &*(ptr::from_ref(buffers) as *const [libc::iovec]);
            self.recvmsg_to(buffers, control, flags, limit)
        }?;
        Ok(MessageInfo {
            len: message.len,
            flags: message.flags,
            address: message.sender.decode_for(self.proto),
        })
    }

    /// # Safety
    ///
    /// Each buffer must be valid for writing its length.
    pub(super) unsafe fn recvmsg_to(
        &self,
        buffers: &[libc::iovec],
        control: &mut ControlBuffer,
        flags: i32,
        limit: Limit,
    ) -> Result<RawMessage> {
        let (room, size) = control.room();
        // SAFETY: the caller vouches for the buffers; the control buffer has its size.
        let message = unsafe { self.recvmsg_raw(buffers, room, size, flags, limit) }?;
        // SAFETY: recvmsg wrote this much, and its descriptors are now the buffer's.
        unsafe { control.set_filled(message.control_len) };
        Ok(message)
    }

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
        self.run(self.send_plan(limit, flags), |fd, extra| {
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
        check_control_size(control_size)?;
        let mut message = RawMessage { len: 0, control_len: 0, flags: 0, sender: RawAddress::empty() };
        let received = self.run(Plan::receive(limit, flags), |fd, extra| {
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

pub(super) fn check_control_size(size: usize) -> Result<()> {
    if i32::try_from(size).is_err() {
        return Err(Error::value(format!("invalid ancillary data buffer length: {size} bytes")));
    }
    Ok(())
}

/// The buffers as the system has them.
pub(super) fn send_iovecs<'a>(buffers: &'a [IoSlice<'_>]) -> &'a [libc::iovec] {
    // SAFETY: an IoSlice has the layout of an iovec.
    unsafe { &*(ptr::from_ref(buffers) as *const [libc::iovec]) }
}

/// A message of these buffers and nothing else.
pub(super) fn header(buffers: &[libc::iovec]) -> Result<libc::msghdr> {
    if i32::try_from(buffers.len()).is_err() {
        return Err(Error::OsMessage(format!("too many buffers: {}", buffers.len()).into()));
    }
    // SAFETY: msghdr is plain integers and pointers, for which all zeros is a value.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = if buffers.is_empty() { ptr::null_mut() } else { buffers.as_ptr().cast_mut() };
    header.msg_iovlen = buffers.len() as _;
    Ok(header)
}
