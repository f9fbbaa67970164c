//! Sending and receiving several datagrams in one call.
#![allow(unsafe_code)]

use super::Socket;
use super::ancillary;
use super::control_buffer::{ControlBuffer, ControlData};
use super::io::reserve;
use super::message::header;
use super::wait::Plan;
use crate::address::{Address, RawAddress};
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::sys::{self, CMSG_CLOEXEC, MessageHeader, NO_SIGPIPE, libc};

/// A datagram for [`Socket::sendmany`]. It borrows its bytes, its address and its control messages.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingDatagram<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The receiver, or `None` on a connected socket. [`Socket::resolve`] makes this from a host and a port.
    pub address: Option<&'a RawAddress>,
    /// Control messages that are sent with the bytes, such as the size of UDP segments.
    pub control: Option<&'a ControlData<'a>>,
}

impl<'a> OutgoingDatagram<'a> {
    /// Makes a datagram for the address that the socket is connected to.
    pub fn new(bytes: &'a [u8]) -> Self {
        OutgoingDatagram { bytes, address: None, control: None }
    }

    /// Makes a datagram for this address.
    pub fn to(bytes: &'a [u8], address: &'a RawAddress) -> Self {
        OutgoingDatagram { bytes, address: Some(address), control: None }
    }
}

/// The memory for a datagram that [`Socket::recvmany`] receives.
#[derive(Debug)]
pub struct IncomingDatagram<'a> {
    buffer: &'a mut [u8],
    control: ControlBuffer,
    received: RawDatagram,
    sender: RawAddress,
}

/// What was received of one datagram.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawDatagram {
    pub(crate) len: usize,
    pub(crate) flags: i32,
    pub(crate) control_len: usize,
}

impl RawDatagram {
    const EMPTY: RawDatagram = RawDatagram { len: 0, flags: 0, control_len: 0 };
}

impl<'a> IncomingDatagram<'a> {
    /// Makes a place for a datagram. If the datagram is longer than `buffer`, its rest is lost.
    pub fn new(buffer: &'a mut [u8]) -> Self {
        IncomingDatagram {
            buffer,
            control: ControlBuffer::default(),
            received: RawDatagram::EMPTY,
            sender: RawAddress::empty(),
        }
    }

    /// Makes a place for a datagram and its control messages.
    pub fn with_control(buffer: &'a mut [u8], control: ControlBuffer) -> Self {
        IncomingDatagram { control, ..Self::new(buffer) }
    }

    /// Returns the bytes that were received.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.received.len.min(self.buffer.len())]
    }

    /// Returns the flags: `MSG_TRUNC` if the datagram was cut, `MSG_CTRUNC` if its control messages were cut.
    pub fn flags(&self) -> i32 {
        self.received.flags
    }

    /// Returns the address of the sender. For `AF_CAN` it has only the interface, because the rest depends on
    /// the protocol of the socket; see [`RawAddress::decode_for`].
    pub fn address(&self) -> Address {
        self.sender.decode()
    }

    /// Returns the address of the sender in the form of the system, which an answer can be sent to.
    pub fn raw_address(&self) -> &RawAddress {
        &self.sender
    }

    /// Returns the buffer of the control messages.
    pub fn control(&mut self) -> &mut ControlBuffer {
        &mut self.control
    }
}

impl Socket {
    /// Sends several datagrams, with one system call where the system can (`sendmmsg(2)` on Linux).
    ///
    /// Returns how many datagrams the kernel took, at least one. If the kernel refuses a later datagram, the
    /// next call returns that error. Fails as [`Socket::send`] does when the kernel refuses the first one,
    /// and with [`Error::Type`] for an address of another family.
    pub fn sendmany(&self, datagrams: &[OutgoingDatagram<'_>], flags: i32) -> Result<usize> {
        let mut buffers = reserve(datagrams.len())?;
        buffers.extend(datagrams.iter().map(|datagram| iovec(datagram.bytes)));
        let mut headers = reserve(datagrams.len())?;
        for (datagram, buffer) in datagrams.iter().zip(&buffers) {
            let control = datagram.control.map_or(&[][..], ControlData::as_bytes);
            headers.push(MessageHeader::new(self.outgoing(buffer, datagram.address, control)?));
        }
        // SAFETY: the headers point to slices, addresses and control messages that `datagrams` borrows during
        // the call.
        unsafe { self.send_headers(&mut headers, flags, Limit::Timeout) }
    }

    /// Receives several datagrams, with one system call where the system can (`recvmmsg(2)` on Linux).
    ///
    /// Waits for the first datagram, and takes those that have arrived by then. Returns how many of
    /// `datagrams` were filled, counted from the first. Fails as [`Socket::recv`] does.
    ///
    /// ```
    /// use tabi::{AF_INET, IncomingDatagram, OutgoingDatagram, SOCK_DGRAM};
    ///
    /// let (one, other) = tabi::socketpair(AF_INET, SOCK_DGRAM, 0)?;
    /// one.sendmany(&[OutgoingDatagram::new(b"first"), OutgoingDatagram::new(b"second")], 0)?;
    /// let mut buffers = [[0; 100]; 16];
    /// let mut datagrams: Vec<_> = buffers.iter_mut().map(|buffer| IncomingDatagram::new(buffer)).collect();
    /// assert_eq!(other.recvmany(&mut datagrams, 0)?, 2);
    /// assert_eq!(datagrams[1].bytes(), b"second");
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn recvmany(&self, datagrams: &mut [IncomingDatagram<'_>], flags: i32) -> Result<usize> {
        let writable = |buffer: &mut [u8]| sys::iovec(buffer.as_mut_ptr(), buffer.len());
        let mut buffers = reserve(datagrams.len())?;
        buffers.extend(datagrams.iter_mut().map(|datagram| writable(datagram.buffer)));
        let mut headers = reserve(datagrams.len())?;
        for (datagram, buffer) in datagrams.iter_mut().zip(&buffers) {
            (datagram.received, datagram.sender) = (RawDatagram::EMPTY, RawAddress::empty());
            let (memory, size) = datagram.control.memory();
            headers.push(MessageHeader::new(incoming(buffer, &raw mut datagram.sender, memory, size)?));
        }
        // SAFETY: the headers point to buffers that `datagrams` borrows mutably during the call.
        let count = unsafe { self.receive_headers(&mut headers, flags, Limit::Timeout) }?;
        for (datagram, header) in datagrams.iter_mut().zip(&headers).take(count) {
            // SAFETY: the kernel filled the header, the address and `control_len` bytes of the control buffer, which
            // owns the descriptors from now on.
            unsafe {
                datagram.received = finish(header, flags, &raw mut datagram.sender);
                datagram.control.set_filled(datagram.received.control_len);
            }
        }
        Ok(count)
    }

    /// Makes the header of a datagram to send. It keeps pointers to its arguments, which must live as long as
    /// the header.
    pub(crate) fn outgoing(
        &self,
        buffer: &libc::iovec,
        address: Option<&RawAddress>,
        control: &[u8],
    ) -> Result<libc::msghdr> {
        let mut header = header(std::slice::from_ref(buffer))?;
        if let Some(address) = address {
            self.check_address(address)?;
            header.msg_name = address.as_ptr().cast_mut().cast();
            header.msg_namelen = address.len();
        }
        if !control.is_empty() {
            header.msg_control = control.as_ptr().cast_mut().cast();
            header.msg_controllen = control.len() as _;
        }
        Ok(header)
    }

    /// # Safety
    ///
    /// The buffers, addresses and control messages that the headers point to are readable.
    pub(crate) unsafe fn send_headers(
        &self,
        headers: &mut [MessageHeader],
        flags: i32,
        limit: Limit,
    ) -> Result<usize> {
        if headers.is_empty() {
            return self.nothing_to_do();
        }
        self.run(Plan::send(limit, flags), |fd, extra| {
            // SAFETY: the caller promises that everything the headers point to is readable.
            unsafe { sys::sendmmsg(fd, headers, flags | extra | NO_SIGPIPE) }
        })
    }

    /// # Safety
    ///
    /// The buffers, addresses and control buffers that the headers point to are writable.
    pub(crate) unsafe fn receive_headers(
        &self,
        headers: &mut [MessageHeader],
        flags: i32,
        limit: Limit,
    ) -> Result<usize> {
        if headers.is_empty() {
            return self.nothing_to_do();
        }
        let cloexec = self.cmsg_cloexec();
        let count = self.run(Plan::receive(limit, flags), |fd, extra| {
            // SAFETY: the caller promises that everything the headers point to is writable.
            unsafe { sys::recvmmsg(fd, headers, flags | extra | cloexec) }
        })?;
        if !self.is_closed() {
            return Ok(count);
        }
        match received_before_close(&headers[..count]) {
            0 => Err(Error::Closed),
            received => Ok(received),
        }
    }

    fn nothing_to_do(&self) -> Result<usize> {
        if self.is_closed() { Err(Error::Closed) } else { Ok(0) }
    }
}

/// Makes the header of a datagram to receive. It keeps pointers to its arguments, which must live as long as
/// the header.
pub(crate) fn incoming(
    buffer: &libc::iovec,
    sender: *mut RawAddress,
    control: *mut u8,
    control_size: usize,
) -> Result<libc::msghdr> {
    let mut header = header(std::slice::from_ref(buffer))?;
    // An address begins with the structure of the system.
    header.msg_name = sender.cast();
    header.msg_namelen = RawAddress::CAPACITY as libc::socklen_t;
    if control_size > 0 {
        super::message::check_control_size(control_size)?;
        header.msg_control = control.cast();
        header.msg_controllen = control_size as _;
    }
    Ok(header)
}

/// Whether the flag is set. A system may lack the flag, which is then 0 and never set.
#[inline]
fn has_flag(flags: libc::c_int, flag: libc::c_int) -> bool {
    flags & flag != 0
}

/// Reads what the kernel wrote into a header, and completes the address of the sender.
///
/// # Safety
///
/// [`Socket::receive_headers`] has filled the header, and the address and control buffer that it points to still exist.
/// `sender` is the place of that address.
#[inline]
pub(crate) unsafe fn finish(header: &MessageHeader, flags: i32, sender: *mut RawAddress) -> RawDatagram {
    let message = header.message();
    #[allow(clippy::unnecessary_cast)] // socklen_t on some systems
    let control_len = message.msg_controllen as usize;
    // SAFETY: the place is writable, and the kernel has written `msg_namelen` bytes of it.
    unsafe { RawAddress::complete(sender, message.msg_namelen) };
    // Linux reports MSG_CMSG_CLOEXEC if the call set it. Most datagrams have no control messages.
    if control_len > 0 && !has_flag(message.msg_flags, CMSG_CLOEXEC) {
        // SAFETY: the kernel filled this number of bytes of the control buffer.
        ancillary::set_close_on_exec(unsafe { ancillary::filled(message.msg_control.cast(), control_len) });
    }
    RawDatagram {
        len: header.len(),
        // It is removed unless the caller had set it.
        flags: message.msg_flags & !(CMSG_CLOEXEC & !flags),
        control_len,
    }
}

/// Returns how many of the datagrams came before a close from another thread. The close looks like datagrams
/// without bytes and without a sender. An empty datagram from an unnamed peer looks the same, so only those
/// after the last other datagram are not counted.
fn received_before_close(headers: &[MessageHeader]) -> usize {
    headers.iter().rposition(|header| !header.is_blank()).map_or(0, |last| last + 1)
}

fn iovec(bytes: &[u8]) -> libc::iovec {
    sys::iovec(bytes.as_ptr().cast_mut(), bytes.len())
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_follows_an_empty_datagram_counts_although_a_close_came() {
        let blank = MessageHeader::new(header(&[]).unwrap());
        let mut with_control = header(&[]).unwrap();
        with_control.msg_controllen = 24;
        let with_control = MessageHeader::new(with_control);
        assert_eq!(received_before_close(&[blank, blank]), 0);
        assert_eq!(received_before_close(&[blank, with_control, blank, blank]), 2);
        assert_eq!(received_before_close(&[with_control, with_control]), 2);
    }
}
