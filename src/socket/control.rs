//! Typed control messages.
#![allow(unsafe_code)]

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

use super::ancillary::{RawControlMessage, numbers, read_struct};
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::options::Credentials;
use crate::address::Address;
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::address::RawAddress;
use crate::sys;

/// A control message that came with a message.
///
/// The system sends most of them only after an option has asked for them; each variant names its option.
/// One that is not known here, or is too short for what it should hold, is [`ControlMessage::Raw`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ControlMessage {
    /// Descriptors (`SCM_RIGHTS`), close-on-exec; dropping them closes them.
    Rights(Vec<OwnedFd>),
    /// The sender of a unix message (`SCM_CREDENTIALS`; option `SO_PASSCRED`).
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Credentials(Credentials),
    /// Where an IPv4 datagram arrived (`IP_PKTINFO`; option of the same name).
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
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
    /// When the system received the message, since 1970 (options `SO_TIMESTAMP` and `SO_TIMESTAMPNS`).
    Timestamp(Duration),
    /// When the system and the network card received or sent the message (option `SO_TIMESTAMPING`).
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Timestamps(Timestamps),
    /// An error that a datagram met, received with `MSG_ERRQUEUE` (options `IP_RECVERR` and `IPV6_RECVERR`).
    #[cfg(any(target_os = "linux", target_os = "android"))]
    RecvErr(RecvErr),
    /// The bytes of each datagram but the last in a batch that arrived as one (option `UDP_GRO`).
    #[cfg(any(target_os = "linux", target_os = "android"))]
    SegmentSize(u16),
    /// Any other: the level, the type within it, and the data.
    Raw {
        /// `SOL_SOCKET`, `IPPROTO_IP` ...
        level: i32,
        /// The type within the level.
        kind: i32,
        /// The data, cut where the buffer ended.
        data: Vec<u8>,
    },
}

/// Where an IPv4 datagram arrived.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ipv4PacketInfo {
    /// The number of the interface.
    pub interface: u32,
    /// The address of this machine that an answer should come from.
    pub local: Ipv4Addr,
    /// The address that the datagram was sent to, perhaps a group's or the broadcast address.
    pub destination: Ipv4Addr,
}

/// Where an IPv6 datagram arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ipv6PacketInfo {
    /// The number of the interface.
    pub interface: u32,
    /// The address that the datagram was sent to, perhaps a group's.
    pub destination: Ipv6Addr,
}

/// When a message was received or sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamps {
    /// By the system's clock, since 1970.
    pub software: Option<Duration>,
    /// By the network card's clock, since that clock's beginning.
    pub hardware: Option<Duration>,
}

/// An error that a datagram met on its way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecvErr {
    /// The `errno`, such as `ECONNREFUSED`.
    pub errno: i32,
    /// Who reports it: 1 this machine, 2 ICMP, 3 ICMPv6, 4 a sent datagram's timestamp.
    pub origin: u8,
    /// The ICMP type.
    pub kind: u8,
    /// The ICMP code.
    pub code: u8,
    /// What the error says beside: the path's MTU in bytes for `EMSGSIZE`.
    pub info: u32,
    /// Further data.
    pub data: u32,
    /// Who sent the ICMP message, if anybody.
    pub offender: Address,
}

impl ControlMessage {
    /// Decodes a message; descriptors in it are owned by the result.
    ///
    /// # Safety
    ///
    /// Nothing else may own the descriptors of an `SCM_RIGHTS` message.
    pub(super) unsafe fn decode(message: RawControlMessage<'_>) -> ControlMessage {
        if message.level == libc::SOL_SOCKET && message.kind == libc::SCM_RIGHTS {
            // SAFETY: the caller hands over the descriptors.
            let owned = |fd| unsafe { OwnedFd::from_raw_fd(fd) };
            return ControlMessage::Rights(numbers(message.data).filter(|&fd| fd >= 0).map(owned).collect());
        }
        decode_plain(&message).unwrap_or_else(|| ControlMessage::Raw {
            level: message.level,
            kind: message.kind,
            data: message.data.to_vec(),
        })
    }
}

/// Every message that holds no descriptors; `None` for what is not known or too short.
fn decode_plain(message: &RawControlMessage<'_>) -> Option<ControlMessage> {
    let data = message.data;
    match message.level {
        libc::SOL_SOCKET => decode_socket_level(message),
        libc::IPPROTO_IP => match message.kind {
            #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
            libc::IP_PKTINFO => packet_info_v4(data).map(ControlMessage::Ipv4PacketInfo),
            libc::IP_TTL => small_number(data).map(ControlMessage::Ttl),
            libc::IP_TOS => small_number(data).map(ControlMessage::Tos),
            #[cfg(any(target_os = "linux", target_os = "android"))]
            libc::IP_RECVERR => recv_err(data).map(ControlMessage::RecvErr),
            _ => None,
        },
        libc::IPPROTO_IPV6 => match message.kind {
            libc::IPV6_PKTINFO => packet_info_v6(data).map(ControlMessage::Ipv6PacketInfo),
            sys::IPV6_HOPLIMIT => small_number(data).map(ControlMessage::HopLimit),
            libc::IPV6_TCLASS => small_number(data).map(ControlMessage::TrafficClass),
            #[cfg(any(target_os = "linux", target_os = "android"))]
            libc::IPV6_RECVERR => recv_err(data).map(ControlMessage::RecvErr),
            _ => None,
        },
        #[cfg(any(target_os = "linux", target_os = "android"))]
        libc::IPPROTO_UDP if message.kind == libc::UDP_GRO => {
            number(data).and_then(|size| u16::try_from(size).ok()).map(ControlMessage::SegmentSize)
        }
        _ => None,
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn decode_socket_level(message: &RawControlMessage<'_>) -> Option<ControlMessage> {
    match message.kind {
        libc::SCM_CREDENTIALS => credentials(message.data).map(ControlMessage::Credentials),
        libc::SO_TIMESTAMP | libc::SO_TIMESTAMPNS => timestamp(message).map(ControlMessage::Timestamp),
        libc::SO_TIMESTAMPING => timestamps(message.data).map(ControlMessage::Timestamps),
        _ => None,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn decode_socket_level(message: &RawControlMessage<'_>) -> Option<ControlMessage> {
    timestamp(message).map(ControlMessage::Timestamp)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn credentials(data: &[u8]) -> Option<Credentials> {
    let ucred: libc::ucred = read_struct(data)?;
    Some(Credentials { pid: ucred.pid, uid: ucred.uid, gid: ucred.gid })
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(crate) fn packet_info_v4(data: &[u8]) -> Option<Ipv4PacketInfo> {
    let info: libc::in_pktinfo = read_struct(data)?;
    #[allow(clippy::unnecessary_cast)] // unsigned on some systems
    let interface = info.ipi_ifindex as u32;
    Some(Ipv4PacketInfo {
        interface,
        local: u32::from_be(info.ipi_spec_dst.s_addr).into(),
        destination: u32::from_be(info.ipi_addr.s_addr).into(),
    })
}

pub(crate) fn packet_info_v6(data: &[u8]) -> Option<Ipv6PacketInfo> {
    let info: libc::in6_pktinfo = read_struct(data)?;
    #[allow(clippy::unnecessary_cast)] // int on some systems
    let interface = info.ipi6_ifindex as u32;
    Some(Ipv6PacketInfo { interface, destination: info.ipi6_addr.s6_addr.into() })
}

/// An `int`, or the single byte as which Linux reports the type of service.
pub(crate) fn number(data: &[u8]) -> Option<i32> {
    match data {
        [byte] => Some(i32::from(*byte)),
        _ => read_struct(data),
    }
}

fn small_number(data: &[u8]) -> Option<u8> {
    number(data).and_then(|number| u8::try_from(number).ok())
}

/// The time of an `SO_TIMESTAMP` or `SO_TIMESTAMPNS` message.
pub(crate) fn timestamp(message: &RawControlMessage<'_>) -> Option<Duration> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if message.kind == libc::SO_TIMESTAMPNS {
        return duration(&read_struct(message.data)?);
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const TIMEVAL: i32 = libc::SO_TIMESTAMP;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const TIMEVAL: i32 = libc::SCM_TIMESTAMP;
    if message.kind != TIMEVAL {
        return None;
    }
    let time: libc::timeval = read_struct(message.data)?;
    Some(Duration::new(
        u64::try_from(time.tv_sec).ok()?,
        u32::try_from(time.tv_usec).ok()?.checked_mul(1000)?,
    ))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn timestamps(data: &[u8]) -> Option<Timestamps> {
    // The second of the three is unused.
    let [software, _, hardware]: [libc::timespec; 3] = read_struct(data)?;
    let given = |time| duration(&time).filter(|time| !time.is_zero());
    Some(Timestamps { software: given(software), hardware: given(hardware) })
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn duration(time: &libc::timespec) -> Option<Duration> {
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn recv_err(data: &[u8]) -> Option<RecvErr> {
    let error: libc::sock_extended_err = read_struct(data)?;
    let offender = &data[size_of::<libc::sock_extended_err>()..];
    let offender = RawAddress::from_bytes(&offender[..offender.len().min(RawAddress::CAPACITY)]).ok()?;
    Some(RecvErr {
        errno: i32::try_from(error.ee_errno).ok()?,
        origin: error.ee_origin,
        kind: error.ee_type,
        code: error.ee_code,
        info: error.ee_info,
        data: error.ee_data,
        offender: if offender.family() == crate::constants::AF_UNSPEC {
            Address::None
        } else {
            offender.decode()
        },
    })
}
