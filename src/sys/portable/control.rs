//! The control messages of systems that report no more than the time.

use std::net::Ipv4Addr;

use crate::sys::unix::ControlValue;
use crate::sys::unix::control::timeval;

/// Reads a control message; `None` for another kind of message, and for too few bytes.
pub(crate) fn read_control(level: i32, kind: i32, data: &[u8]) -> Option<ControlValue<'_>> {
    let stamped = (level, kind) == (libc::SOL_SOCKET, libc::SCM_TIMESTAMP);
    timeval(data).filter(|_| stamped).map(ControlValue::Timestamp)
}

/// Nothing chooses the source address and the interface of an IPv4 datagram here.
pub(crate) fn packet_info_v4(_source: Ipv4Addr, _interface: u32) -> Option<(i32, [u8; 12])> {
    None
}
