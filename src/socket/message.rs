//! Messages: several buffers, flags, an address and control data in one call.
//!
//! The headers are the system's own. Those of socket2 cannot take the `iovec`s of a C program, nor a place
//! for an address that outlives the call, and socket2 has no call for several messages at once.
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
use crate::constants::AF_UNIX;
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::resolve::ToAddress;
use crate::sys::{self, CMSG_CLOEXEC, NO_SIGPIPE, libc};

/// What [`Socket::recvmsg_raw`] received.
#[derive(Debug, Clone, Copy)]
pub struct RawMessage {
    /// The number of bytes, 0 at the end of a stream. It may be more than the buffers hold if the flags of
    /// the call contain `MSG_TRUNC`.
    pub len: usize,
    /// The number of bytes in the control buffer that were filled.
    pub control_len: usize,
    /// The flags: `MSG_TRUNC`, `MSG_CTRUNC`, `MSG_EOR` and so on.
    pub flags: i32,
    /// The address of the sender. It is empty if the system gave none.
    pub sender: RawAddress,
}

/// What [`Socket::recvmsg`] received.
#[derive(Debug)]
pub struct Message {
    /// The bytes. There are none at the end of a stream.
    pub data: Vec<u8>,
    /// The control messages.
    pub ancdata: Vec<ControlMessage>,
    /// The flags: `MSG_TRUNC` if the message was cut, `MSG_CTRUNC` if the control messages were cut,
    /// `MSG_EOR` and so on.
    pub flags: i32,
    /// The address of the sender.
    pub address: Address,
}

/// What [`Socket::recvmsg_into`] received, beside the bytes and the control messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageInfo {
    /// The number of bytes, 0 at the end of a stream. It may be more than the buffers hold if the flags of
    /// the call contain `MSG_TRUNC`.
    pub len: usize,
    /// The flags: `MSG_TRUNC` if the message was cut, `MSG_CTRUNC` if the control messages were cut,
    /// `MSG_EOR` and so on.
    pub flags: i32,
    /// The address of the sender.
    pub address: Address,
}

impl Socket {
    /// Sends the bytes of several buffers, and control messages, as one message (`socket.sendmsg`).
    ///
    /// Returns how many bytes the kernel took. Fails as [`Socket::send`] does, with `Os(EMSGSIZE)` for more
    /// buffers than the system accepts (1024 on Linux), and with [`Error::OsMessage`] for more than 2^31 - 1
    /// buffers or bytes of control data.
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

    /// [`Socket::sendmsg`] with a limit instead of the timeout.
    pub fn sendmsg_until(
        &self,
        buffers: &[IoSlice<'_>],
        control: &ControlData<'_>,
        flags: i32,
        limit: Limit,
    ) -> Result<usize> {
        // SAFETY: the slices are readable for their lengths during the call.
        unsafe { self.sendmsg_raw(send_iovecs(buffers), control.as_bytes(), flags, None, limit) }
    }

    /// [`Socket::sendmsg`] to an address. Fails also with the errors of the look-up when the host of the
    /// address is not found.
    pub fn sendmsg_to(
        &self,
        buffers: &[IoSlice<'_>],
        control: &ControlData<'_>,
        flags: i32,
        address: impl ToAddress,
    ) -> Result<usize> {
        let (address, limit) = self.look_up(address, Limit::Timeout)?;
        let control = control.as_bytes();
        // SAFETY: the slices are readable for their lengths during the call.
        unsafe { self.sendmsg_raw(send_iovecs(buffers), control, flags, Some(&address), limit) }
    }

    /// Receives at most `bufsize` bytes, and control messages that fit in `ancbufsize` bytes
    /// (`socket.recvmsg`). [`super::cmsg_space`] says how many bytes a control message needs.
    ///
    /// Received descriptors are close-on-exec, and are closed when the message is dropped. Fails as
    /// [`Socket::recv`] does, and with [`Error::Value`] for an `ancbufsize` above 2^31 - 1. For `MSG_TRUNC`
    /// see [`Socket::recv_with_flags`].
    pub fn recvmsg(&self, bufsize: usize, ancbufsize: usize, flags: i32) -> Result<Message> {
        self.recvmsg_until(bufsize, ancbufsize, flags, Limit::Timeout)
    }

    /// [`Socket::recvmsg`] with a limit instead of the timeout.
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
        let buffer = sys::iovec(data.as_mut_ptr(), bufsize);
        // SAFETY: `reserve_for` has reserved `bufsize` bytes.
        let message = unsafe { self.recvmsg_to(&[buffer], &mut control, flags, limit) }?;
        // SAFETY: the kernel wrote these bytes, or `reserve_for` did.
        unsafe { data.set_len(message.len.min(bufsize)) };
        let ancdata = control.messages().collect();
        Ok(Message { data, ancdata, flags: message.flags, address: message.sender.decode_for(self.proto) })
    }

    /// Receives a message into several buffers, which are filled one after the other, and its control
    /// messages (`socket.recvmsg_into`).
    ///
    /// Fails as [`Socket::recvmsg`] does, and with `Os(EMSGSIZE)` for more buffers than the system accepts
    /// (1024 on Linux).
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

    /// [`Socket::recvmsg_into`] with a limit instead of the timeout.
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
        let (memory, size) = control.memory();
        // SAFETY: the caller promises that the buffers are writable; the memory of the control buffer has
        // this size.
        let message = unsafe { self.recvmsg_raw(buffers, memory, size, flags, limit) }?;
        // SAFETY: recvmsg wrote this number of bytes, and the buffer owns the descriptors in them from now
        // on.
        unsafe { control.set_filled(message.control_len) };
        Ok(message)
    }

    /// `sendmsg(2)` with buffers and control data in the form of the system, and a limit instead of the
    /// timeout.
    ///
    /// `address` is the receiver, or `None` on a connected socket. Returns how many bytes the kernel took.
    /// Fails as [`Socket::send`] does, with `Os(EMSGSIZE)` for more buffers than the system accepts (1024 on
    /// Linux), and with [`Error::OsMessage`] for more than 2^31 - 1 buffers or bytes of control data.
    ///
    /// # Safety
    ///
    /// Each buffer must be readable for its length.
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
        self.run(Plan::send(limit, flags), |fd, extra| {
            // SAFETY: the caller promises that the buffers are readable. The control data and the address
            // outlive the call, which only reads them.
            unsafe { libc::sendmsg(fd, &header, flags | extra | NO_SIGPIPE) }
        })
    }

    /// `recvmsg(2)` into buffers in the form of the system, with a limit instead of the timeout.
    ///
    /// Descriptors that arrive in `control` are close-on-exec and belong to the caller, who must take them or
    /// close them ([`ancillary::close_received_fds`]). Fails as [`Socket::recv`] does, with `Os(EMSGSIZE)`
    /// for more buffers than the system accepts, with [`Error::OsMessage`] for more than 2^31 - 1 buffers,
    /// and with [`Error::Value`] for a `control_size` above 2^31 - 1. After an error there are no descriptors
    /// in `control`.
    ///
    /// # Safety
    ///
    /// Each buffer must be writable for its length, and `control` for `control_size` bytes.
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
        let cloexec = self.cmsg_cloexec();
        let received = self.run(Plan::receive(limit, flags), |fd, extra| {
            let mut header = template;
            header.msg_name = message.sender.as_mut_ptr().cast();
            header.msg_namelen = RawAddress::CAPACITY as libc::socklen_t;
            if control_size > 0 {
                header.msg_control = control.cast();
                header.msg_controllen = control_size as _;
            }
            // SAFETY: the caller promises that the buffers and the control buffer are writable; the address
            // has this capacity.
            let n = unsafe { libc::recvmsg(fd, &mut header, flags | extra | cloexec) };
            if n >= 0 {
                message.sender.set_len(header.msg_namelen);
                #[allow(clippy::unnecessary_cast)] // socklen_t on some systems
                let control_len = header.msg_controllen as usize;
                message.control_len = control_len.min(control_size);
                // Linux reports MSG_CMSG_CLOEXEC if the call set it. It is removed unless the caller had set
                // it.
                message.flags = header.msg_flags & !(cloexec & !flags);
            }
            n
        });
        // SAFETY: the kernel filled this number of bytes of the caller's buffer.
        let filled = unsafe { ancillary::filled(control, message.control_len) };
        match received {
            Ok(len) => {
                if cloexec == 0 && !filled.is_empty() {
                    ancillary::set_close_on_exec(filled);
                }
                Ok(RawMessage { len, ..message })
            }
            Err(error) => {
                // This was an empty message, received while the socket was closed.
                // SAFETY: its descriptors arrived in this call, and nothing else owns them.
                unsafe { ancillary::close_received_fds(filled) };
                Err(error)
            }
        }
    }
}

impl Socket {
    /// The flag with which received descriptors are close-on-exec, where the system has one. Only unix sockets receive
    /// descriptors, and some others refuse a message with this flag (`AF_PACKET`, and `AF_CAN` with ISO-TP or J1939).
    pub(super) fn cmsg_cloexec(&self) -> libc::c_int {
        if self.family == AF_UNIX { CMSG_CLOEXEC } else { 0 }
    }
}

pub(super) fn check_control_size(size: usize) -> Result<()> {
    if i32::try_from(size).is_err() {
        return Err(Error::value(format_args!("invalid ancillary data buffer length: {size} bytes")));
    }
    Ok(())
}

/// Returns the buffers in the form of the system.
pub(super) fn send_iovecs<'a>(buffers: &'a [IoSlice<'_>]) -> &'a [libc::iovec] {
    // SAFETY: an IoSlice has the layout of an iovec.
    unsafe { &*(ptr::from_ref(buffers) as *const [libc::iovec]) }
}

/// Makes a header with these buffers, and without an address or control data.
pub(super) fn header(buffers: &[libc::iovec]) -> Result<libc::msghdr> {
    if i32::try_from(buffers.len()).is_err() {
        return Err(Error::OsMessage(format!("too many buffers: {}", buffers.len()).into()));
    }
    // SAFETY: a msghdr consists of integers and pointers, for which zero is a valid value.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = if buffers.is_empty() { ptr::null_mut() } else { buffers.as_ptr().cast_mut() };
    header.msg_iovlen = buffers.len() as _;
    Ok(header)
}
