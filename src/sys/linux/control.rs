//! The control messages of Linux.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::sys::ControlValue;
use crate::sys::unix::control::{read_struct, timeval};

/// Decodes a control message. Returns `None` for another kind of message, and for too few bytes.
pub(crate) fn read_control(level: i32, kind: i32, data: &[u8]) -> Option<ControlValue<'_>> {
    match (level, kind) {
        (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) => credentials(data),
        (libc::SOL_SOCKET, libc::SO_TIMESTAMP) => timeval(data).map(ControlValue::Timestamp),
        (libc::SOL_SOCKET, libc::SO_TIMESTAMPNS) => {
            // SAFETY: a timespec is two integers.
            unsafe { read_struct(data) }.and_then(timespec).map(ControlValue::Timestamp)
        }
        (libc::SOL_SOCKET, libc::SO_TIMESTAMPING) => timestamps(data),
        (libc::IPPROTO_IP, libc::IP_PKTINFO) => received_packet_info_v4(data),
        (libc::IPPROTO_IP, libc::IP_RECVERR) | (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) => {
            extended_error(data)
        }
        // SAFETY: an int may have any bytes.
        (libc::IPPROTO_UDP, libc::UDP_GRO) => unsafe { read_struct(data) }.map(ControlValue::SegmentSize),
        _ => None,
    }
}

fn credentials(data: &[u8]) -> Option<ControlValue<'_>> {
    // SAFETY: a ucred is three integers.
    let ucred: libc::ucred = unsafe { read_struct(data) }?;
    Some(ControlValue::Credentials { pid: ucred.pid, uid: ucred.uid, gid: ucred.gid })
}

fn received_packet_info_v4(data: &[u8]) -> Option<ControlValue<'_>> {
    // SAFETY: an in_pktinfo is integers.
    let info: libc::in_pktinfo = unsafe { read_struct(data) }?;
    Some(ControlValue::PacketInfoV4 {
        interface: info.ipi_ifindex as u32,
        local: u32::from_be(info.ipi_spec_dst.s_addr).into(),
        destination: u32::from_be(info.ipi_addr.s_addr).into(),
    })
}

fn timestamps(data: &[u8]) -> Option<ControlValue<'_>> {
    // The kernel does not use the second of the three.
    // SAFETY: a timespec is two integers.
    let [software, _, hardware]: [libc::timespec; 3] = unsafe { read_struct(data) }?;
    let given = |time| timespec(time).unwrap_or_default();
    Some(ControlValue::Timestamps { software: given(software), hardware: given(hardware) })
}

/// Converts a time. Returns `None` when one of its parts is negative.
fn timespec(time: libc::timespec) -> Option<Duration> {
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

fn extended_error(data: &[u8]) -> Option<ControlValue<'_>> {
    // SAFETY: a sock_extended_err is integers.
    let error: libc::sock_extended_err = unsafe { read_struct(data) }?;
    Some(ControlValue::Error {
        errno: error.ee_errno,
        origin: error.ee_origin,
        kind: error.ee_type,
        code: error.ee_code,
        info: error.ee_info,
        data: error.ee_data,
        offender: &data[size_of::<libc::sock_extended_err>()..],
    })
}

/// Returns the type and the data of the control message that chooses the source address and the interface of an IPv4
/// datagram.
pub(crate) fn packet_info_v4(source: Ipv4Addr, interface: u32) -> Option<(i32, [u8; 12])> {
    let mut data = [0; 12];
    data[..4].copy_from_slice(&interface.to_ne_bytes());
    data[4..8].copy_from_slice(&source.octets());
    Some((libc::IP_PKTINFO, data))
}
