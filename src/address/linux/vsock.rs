//! Addresses of `AF_VSOCK`, which connects a virtual machine with its host.

use std::fmt;

use super::fields::{Reader, Writer};
use super::{RawAddress, Result, check_family, constants};

/// An address of `AF_VSOCK` (`struct sockaddr_vm`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VsockAddress {
    /// The machine: `VMADDR_CID_HOST`, `VMADDR_CID_LOCAL`, `VMADDR_CID_ANY`, or the number of a virtual machine.
    pub cid: u32,
    /// The port. With `VMADDR_PORT_ANY`, `bind` chooses a free one.
    pub port: u32,
}

impl VsockAddress {
    /// Returns the address as the system's `sockaddr`.
    pub fn encode(&self) -> RawAddress {
        Writer::new(constants::AF_VSOCK).u16(0).u32(self.port).u32(self.cid).fill(16).finish()
    }

    /// Decodes a `sockaddr`. Fails with [`crate::Error::Type`] for another family.
    pub fn decode(raw: &RawAddress) -> Result<Self> {
        check_family(raw, constants::AF_VSOCK, "AF_VSOCK")?;
        let mut fields = Reader::new(raw);
        fields.u16();
        let port = fields.u32();
        Ok(VsockAddress { cid: fields.u32(), port })
    }
}

impl fmt::Display for VsockAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.cid, self.port)
    }
}
