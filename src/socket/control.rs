//! Typed control messages.
#![allow(unsafe_code)]

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::ancillary::{RawControlMessage, read_struct};
use crate::address::{Address, RawAddress};
use crate::constants::AF_UNSPEC;
use crate::sys::fd::{FromRawFd, OwnedFd};
use crate::sys::{self, ControlValue, libc};

/// A control message that came with a received message.
///
/// The system sends most of them only after a socket option has been set. Each variant names its option; not
/// every system has every option. A message that is not known here, or is too short for its type, becomes
/// [`ControlMessage::Raw`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ControlMessage {
    /// Descriptors (`SCM_RIGHTS`). They are close-on-exec, and dropping them closes them.
    Rights(Vec<OwnedFd>),
    /// The sender of a unix message (`SCM_CREDENTIALS`; option `SO_PASSCRED`).
    Credentials(Credentials),
    /// Where an IPv4 datagram arrived (`IP_PKTINFO`; option `IP_PKTINFO`).
    Ipv4PacketInfo(Ipv4PacketInfo),
    /// Where an IPv6 datagram arrived (`IPV6_PKTINFO`; option `IPV6_RECVPKTINFO`).
    Ipv6PacketInfo(Ipv6PacketInfo),
    /// The time to live of an IPv4 datagram, 0 to 255 (`IP_TTL`; option `IP_RECVTTL`).
    Ttl(u8),
    /// The hop limit of an IPv6 datagram, 0 to 255 (`IPV6_HOPLIMIT`; option `IPV6_RECVHOPLIMIT`).
    HopLimit(u8),
    /// The type of service of an IPv4 datagram, 0 to 255 (`IP_TOS`; option `IP_RECVTOS`).
    Tos(u8),
    /// The traffic class of an IPv6 datagram, 0 to 255 (`IPV6_TCLASS`; option `IPV6_RECVTCLASS`).
    TrafficClass(u8),
    /// The time when the system received the message, as the time since 1970 (options `SO_TIMESTAMP` and
    /// `SO_TIMESTAMPNS`).
    Timestamp(Duration),
    /// The times when the system and the network card received or sent the message (option
    /// `SO_TIMESTAMPING`).
    Timestamps(Timestamps),
    /// An error that a sent datagram caused, received with `MSG_ERRQUEUE` (options `IP_RECVERR` and
    /// `IPV6_RECVERR`).
    RecvErr(RecvErr),
    /// The size in bytes of each datagram, except the last one, in a batch that was received as one (option
    /// `UDP_GRO`).
    SegmentSize(u16),
    /// Any other message.
    Raw {
        /// The level: `SOL_SOCKET`, `IPPROTO_IP` and so on.
        level: i32,
        /// The type within the level.
        kind: i32,
        /// The data. It is cut where the buffer ended.
        data: Vec<u8>,
    },
}

/// The identity of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// The number of the process. 0 for a process that this process cannot see.
    pub pid: i32,
    /// The number of its user.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
}

/// Where an IPv4 datagram arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ipv4PacketInfo {
    /// The number of the interface.
    pub interface: u32,
    /// The address of this machine from which an answer should be sent.
    pub local: Ipv4Addr,
    /// The address to which the datagram was sent. It may be a multicast group or the broadcast address.
    pub destination: Ipv4Addr,
}

/// Where an IPv6 datagram arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ipv6PacketInfo {
    /// The number of the interface.
    pub interface: u32,
    /// The address to which the datagram was sent. It may be a multicast group.
    pub destination: Ipv6Addr,
}

/// The times when a message was received or sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamps {
    /// The time of the system's clock, as the time since 1970. `None` if the system gave none.
    pub software: Option<Duration>,
    /// The time of the network card's clock, counted from where that clock began. `None` if the card gave
    /// none.
    pub hardware: Option<Duration>,
}

/// An error that a sent datagram caused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecvErr {
    /// The `errno`, such as `ECONNREFUSED`.
    pub errno: i32,
    /// The source of the report: 1 is this machine, 2 is ICMP, 3 is ICMPv6, 4 is the timestamp of a sent
    /// datagram.
    pub origin: u8,
    /// The ICMP type.
    pub kind: u8,
    /// The ICMP code.
    pub code: u8,
    /// More about the error. For `EMSGSIZE`, the MTU of the path in bytes.
    pub info: u32,
    /// Further data.
    pub data: u32,
    /// The sender of the ICMP message, or [`Address::None`].
    pub offender: Address,
}

impl ControlMessage {
    /// Decodes a message. The result owns the descriptors in it.
    ///
    /// # Safety
    ///
    /// Nothing else may own the descriptors of an `SCM_RIGHTS` message.
    pub(super) unsafe fn decode(message: RawControlMessage<'_>) -> ControlMessage {
        if message.level == libc::SOL_SOCKET && message.kind == libc::SCM_RIGHTS {
            // SAFETY: the caller promises that nothing else owns the descriptors.
            let owned = |fd| unsafe { OwnedFd::from_raw_fd(fd) };
            return ControlMessage::Rights(
                sys::received_numbers(message.data).filter(|&fd| sys::is_number(fd)).map(owned).collect(),
            );
        }
        decode_plain(&message).unwrap_or_else(|| ControlMessage::Raw {
            level: message.level,
            kind: message.kind,
            data: message.data.to_vec(),
        })
    }
}

/// Decodes any message that holds no descriptors. Returns `None` for a message that is not known or too
/// short.
pub(crate) fn decode_plain(message: &RawControlMessage<'_>) -> Option<ControlMessage> {
    let data = message.data;
    match (message.level, message.kind) {
        (libc::IPPROTO_IP, libc::IP_TTL) => small_number(data).map(ControlMessage::Ttl),
        (libc::IPPROTO_IP, libc::IP_TOS) => small_number(data).map(ControlMessage::Tos),
        (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => packet_info_v6(data).map(ControlMessage::Ipv6PacketInfo),
        (libc::IPPROTO_IPV6, sys::IPV6_HOPLIMIT) => small_number(data).map(ControlMessage::HopLimit),
        (libc::IPPROTO_IPV6, libc::IPV6_TCLASS) => small_number(data).map(ControlMessage::TrafficClass),
        (level, kind) => sys::read_control(level, kind, data).and_then(from_system),
    }
}

fn from_system(value: ControlValue<'_>) -> Option<ControlMessage> {
    let given = |time: Duration| (!time.is_zero()).then_some(time);
    Some(match value {
        ControlValue::Credentials { pid, uid, gid } => {
            ControlMessage::Credentials(Credentials { pid, uid, gid })
        }
        ControlValue::PacketInfoV4 { interface, local, destination } => {
            ControlMessage::Ipv4PacketInfo(Ipv4PacketInfo { interface, local, destination })
        }
        ControlValue::Timestamp(time) => ControlMessage::Timestamp(time),
        ControlValue::Timestamps { software, hardware } => {
            ControlMessage::Timestamps(Timestamps { software: given(software), hardware: given(hardware) })
        }
        ControlValue::Error { errno, origin, kind, code, info, data, offender } => {
            let errno = i32::try_from(errno).ok()?;
            let offender = &offender[..offender.len().min(RawAddress::CAPACITY)];
            let offender = RawAddress::from_bytes(offender).ok()?;
            let unknown = offender.family() == AF_UNSPEC;
            let offender = if unknown { Address::None } else { offender.decode() };
            ControlMessage::RecvErr(RecvErr { errno, origin, kind, code, info, data, offender })
        }
        ControlValue::SegmentSize(bytes) => ControlMessage::SegmentSize(u16::try_from(bytes).ok()?),
    })
}

fn packet_info_v6(data: &[u8]) -> Option<Ipv6PacketInfo> {
    let info: libc::in6_pktinfo = read_struct(data)?;
    #[allow(clippy::unnecessary_cast)] // int on some systems
    let interface = info.ipi6_ifindex as u32;
    Some(Ipv6PacketInfo { interface, destination: info.ipi6_addr.s6_addr.into() })
}

/// Reads an `int`, or a single byte, which is how Linux reports the type of service.
pub(crate) fn number(data: &[u8]) -> Option<i32> {
    match data {
        [byte] => Some(i32::from(*byte)),
        _ => read_struct(data),
    }
}

fn small_number(data: &[u8]) -> Option<u8> {
    number(data).and_then(|number| u8::try_from(number).ok())
}
