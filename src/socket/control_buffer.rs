//! Buffers of control messages: [`ControlData`] to send, [`ControlBuffer`] to receive.
#![allow(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::ancillary::{RawControlMessages, bytes_of, close_received_fds, cmsg_space, encode};
use super::control::ControlMessage;
use crate::error::{Error, Result};
use crate::sys::fd::BorrowedFd;
use crate::sys::{self, libc};

/// Control messages to send, added one after the other. Each method that adds a message fails with
/// `Os(ENOMEM)` when there is no memory for it.
///
/// ```
/// use std::os::fd::AsFd;
/// use tabi::ControlData;
///
/// let file = std::fs::File::open("/dev/null")?;
/// let mut control = ControlData::new();
/// control.fds(&[file.as_fd()])?;
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ControlData<'fd> {
    bytes: Vec<u8>,
    /// The lifetime keeps the descriptors open until the message is sent.
    lent: PhantomData<BorrowedFd<'fd>>,
}

impl<'fd> ControlData<'fd> {
    /// Makes a list without messages. It allocates nothing.
    pub const fn new() -> Self {
        ControlData { bytes: Vec::new(), lent: PhantomData }
    }

    /// Returns the messages in the form of `sendmsg(2)`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Adds a message of any level and type but descriptors, which [`ControlData::fds`] adds: a number in the data says
    /// nothing of who owns the descriptor.
    ///
    /// Fails with [`Error::Value`] for `SCM_RIGHTS`, with [`Error::Overflow`] for 2^31 bytes or more, and with
    /// `Os(ENOMEM)`.
    pub fn raw(&mut self, level: i32, kind: i32, data: &[u8]) -> Result<&mut Self> {
        if (level, kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            return Err(Error::value("descriptors are added with ControlData::fds, not as raw data"));
        }
        self.message(level, kind, data)
    }

    pub(super) fn message(&mut self, level: i32, kind: i32, data: &[u8]) -> Result<&mut Self> {
        let space = cmsg_space(data.len())?;
        let begin = self.bytes.len();
        self.bytes.try_reserve(space).map_err(|_| Error::Os(libc::ENOMEM))?;
        self.bytes.resize(begin + space, 0);
        encode(&mut self.bytes[begin..], level, kind, data)?;
        Ok(self)
    }

    /// Chooses the source address and the interface of an IPv4 datagram (`IP_PKTINFO`). `interface` is the
    /// number of an interface, or 0 for any.
    ///
    /// Fails with `Os(EOPNOTSUPP)` on systems that have no such message, such as FreeBSD.
    pub fn ipv4_packet_info(&mut self, source: Ipv4Addr, interface: u32) -> Result<&mut Self> {
        let (kind, data) = in_pktinfo(source, interface)?;
        self.raw(libc::IPPROTO_IP, kind, data.as_ref())
    }

    /// Chooses the source address and the interface of an IPv6 datagram (`IPV6_PKTINFO`). `interface` is the
    /// number of an interface, or 0 for any.
    pub fn ipv6_packet_info(&mut self, source: Ipv6Addr, interface: u32) -> Result<&mut Self> {
        self.raw(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, bytes_of(&in6_pktinfo(source, interface)))
    }

    /// Chooses the time to live of an IPv4 datagram, 1 to 255 (`IP_TTL`).
    pub fn ttl(&mut self, ttl: u8) -> Result<&mut Self> {
        self.number(libc::IPPROTO_IP, libc::IP_TTL, ttl)
    }

    /// Chooses the hop limit of an IPv6 datagram, 0 to 255 (`IPV6_HOPLIMIT`).
    pub fn hop_limit(&mut self, hops: u8) -> Result<&mut Self> {
        self.number(libc::IPPROTO_IPV6, sys::IPV6_HOPLIMIT, hops)
    }

    /// Chooses the type of service of an IPv4 datagram, 0 to 255 (`IP_TOS`).
    pub fn tos(&mut self, tos: u8) -> Result<&mut Self> {
        self.number(libc::IPPROTO_IP, libc::IP_TOS, tos)
    }

    /// Chooses the traffic class of an IPv6 datagram, 0 to 255 (`IPV6_TCLASS`).
    pub fn traffic_class(&mut self, class: u8) -> Result<&mut Self> {
        self.number(libc::IPPROTO_IPV6, libc::IPV6_TCLASS, class)
    }

    fn number(&mut self, level: i32, kind: i32, value: u8) -> Result<&mut Self> {
        self.raw(level, kind, &i32::from(value).to_ne_bytes())
    }
}

/// Returns the type and the data of an `IP_PKTINFO` message. Fails with `Os(EOPNOTSUPP)` on systems that have
/// no such message.
pub(crate) fn in_pktinfo(source: Ipv4Addr, interface: u32) -> Result<(i32, impl AsRef<[u8]>)> {
    sys::packet_info_v4(source, interface).ok_or(Error::Os(libc::EOPNOTSUPP))
}

pub(crate) fn in6_pktinfo(source: Ipv6Addr, interface: u32) -> libc::in6_pktinfo {
    libc::in6_pktinfo { ipi6_addr: libc::in6_addr { s6_addr: source.octets() }, ipi6_ifindex: interface as _ }
}

/// A buffer for received control messages. It may be used again for the next receive.
///
/// The buffer owns the descriptors that arrive. Descriptors that were not taken with
/// [`ControlBuffer::messages`] are closed by the next receive, by [`ControlBuffer::clear`], and when the
/// buffer is dropped.
#[derive(Default)]
pub struct ControlBuffer {
    bytes: Vec<u8>,
    /// Where the messages begin that were not taken yet.
    taken: usize,
    /// Where the messages end.
    filled: usize,
}

impl ControlBuffer {
    /// Makes a buffer of `size` bytes. [`cmsg_space`] says how many bytes a message needs.
    ///
    /// Fails with `Os(ENOMEM)`.
    pub fn new(size: usize) -> Result<Self> {
        let mut bytes = super::io::reserve(size)?;
        bytes.resize(size, 0);
        Ok(ControlBuffer { bytes, taken: 0, filled: 0 })
    }

    /// Returns the received messages that were not taken yet. Each message can be taken once.
    pub fn messages(&mut self) -> impl Iterator<Item = ControlMessage> + '_ {
        std::iter::from_fn(|| {
            let mut messages = RawControlMessages::from_offset(&self.bytes[..self.filled], self.taken);
            let message = messages.next();
            self.taken = messages.offset();
            // SAFETY: each message is decoded once, since `taken` has gone past it.
            message.map(|message| unsafe { ControlMessage::decode(message) })
        })
    }

    /// Returns the received messages that were not taken yet, in the form of the system.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.taken.min(self.filled)..self.filled]
    }

    /// Forgets the messages, and closes the descriptors that were not taken.
    pub fn clear(&mut self) {
        // SAFETY: these descriptors were received into this buffer, and nobody has taken them.
        unsafe { close_received_fds(self.as_bytes()) };
        (self.taken, self.filled) = (0, 0);
    }

    /// Returns the memory to receive into, and its size in bytes. The buffer is cleared first.
    pub(super) fn memory(&mut self) -> (*mut u8, usize) {
        self.clear();
        (self.bytes.as_mut_ptr(), self.bytes.len())
    }

    /// Says how many bytes were received into the memory of [`ControlBuffer::memory`].
    ///
    /// # Safety
    ///
    /// The system wrote these bytes, and nothing else owns the descriptors among them.
    pub(super) unsafe fn set_filled(&mut self, filled: usize) {
        self.filled = filled.min(self.bytes.len());
    }
}

impl fmt::Debug for ControlBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ControlBuffer({} of {} bytes)", self.as_bytes().len(), self.bytes.len())
    }
}

impl Drop for ControlBuffer {
    fn drop(&mut self) {
        self.clear();
    }
}
