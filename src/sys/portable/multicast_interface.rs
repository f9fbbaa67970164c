//! The interface that sends to IPv4 multicast groups, on systems where it can be given by its number (`struct ip_mreqn`).

/// Returns the value of `IP_MULTICAST_IF` for the interface with this number. socket2 cannot set the option by a
/// number.
pub(crate) fn multicast_interface_v4(index: u32) -> [u8; 12] {
    // The group and the address, which do not count here, come before the number.
    let mut request = [0; 12];
    request[8..].copy_from_slice(&index.to_ne_bytes());
    request
}
