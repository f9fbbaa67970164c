//! Control messages on systems where this crate decodes only the time.

use std::net::Ipv4Addr;

use crate::sys::ControlValue;
use crate::sys::unix::control::timeval;

/// Decodes a control message. Returns `None` for another kind of message, and for too few bytes.
pub(crate) fn read_control(level: i32, kind: i32, data: &[u8]) -> Option<ControlValue<'_>> {
    let stamped = (level, kind) == (libc::SOL_SOCKET, libc::SCM_TIMESTAMP);
    timeval(data).filter(|_| stamped).map(ControlValue::Timestamp)
}

/// Returns `None`: there is no message that chooses the source address and the interface of an IPv4 datagram.
pub(crate) fn packet_info_v4(_source: Ipv4Addr, _interface: u32) -> Option<(i32, [u8; 12])> {
    None
}
