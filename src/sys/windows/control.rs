//! The control messages of Windows.

use std::net::Ipv4Addr;

use windows_sys::Win32::Networking::WinSock as winsock;

use crate::sys::ControlValue;

/// Decodes a control message. Returns `None` for another kind of message, and for too few bytes.
pub(crate) fn read_control(level: i32, kind: i32, data: &[u8]) -> Option<ControlValue<'_>> {
    if (level, kind) != (winsock::IPPROTO_IP, winsock::IP_PKTINFO) {
        return None;
    }
    let address: [u8; 4] = data.get(..4)?.try_into().ok()?;
    let interface: [u8; 4] = data.get(4..8)?.try_into().ok()?;
    // The system tells one address, to which the datagram was sent. It is also the one to answer from, unless it is that
    // of a group.
    let (destination, interface) = (Ipv4Addr::from(address), u32::from_ne_bytes(interface));
    Some(ControlValue::PacketInfoV4 { interface, local: destination, destination })
}

/// Returns the type and the data of the control message that chooses the source address and the interface of an IPv4
/// datagram.
pub(crate) fn packet_info_v4(source: Ipv4Addr, interface: u32) -> Option<(i32, [u8; 8])> {
    let mut data = [0; 8];
    data[..4].copy_from_slice(&source.octets());
    data[4..].copy_from_slice(&interface.to_ne_bytes());
    Some((winsock::IP_PKTINFO, data))
}
