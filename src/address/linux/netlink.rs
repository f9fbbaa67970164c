//! Addresses of `AF_NETLINK`, with which programs and the kernel exchange messages.

use std::fmt;

use super::fields::{Reader, Writer};
use super::{RawAddress, Result, check_family, constants};

/// An address of `AF_NETLINK` (`struct sockaddr_nl`).
///
/// ```
/// use tabi::constants::{AF_NETLINK, NETLINK_ROUTE, SOCK_RAW};
/// use tabi::{Address, NetlinkAddress, Socket};
///
/// let socket = Socket::new(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)?;
/// socket.bind(NetlinkAddress { pid: 0, groups: 0 })?;
/// assert!(matches!(socket.getsockname()?, Address::Netlink(own) if own.pid != 0));
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NetlinkAddress {
    /// The port, usually the number of a process. 0 is the kernel; in `bind`, 0 makes the system choose a free port.
    pub pid: u32,
    /// The multicast groups, one bit for each group.
    pub groups: u32,
}

impl NetlinkAddress {
    /// Returns the address as the system's `sockaddr`.
    pub fn encode(&self) -> RawAddress {
        Writer::new(constants::AF_NETLINK).u16(0).u32(self.pid).u32(self.groups).finish()
    }

    /// Decodes a `sockaddr`. Fails with [`crate::Error::Type`] for another family.
    pub fn decode(raw: &RawAddress) -> Result<Self> {
        check_family(raw, constants::AF_NETLINK, "AF_NETLINK")?;
        let mut fields = Reader::new(raw);
        fields.u16();
        Ok(NetlinkAddress { pid: fields.u32(), groups: fields.u32() })
    }
}

impl fmt::Display for NetlinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.pid, self.groups)
    }
}
