//! Addresses of `AF_QIPCRTR`, which connects the processors of a Qualcomm system.

use std::fmt;

use super::fields::{Reader, Writer};
use super::{RawAddress, Result, check_family, constants};

/// An address of `AF_QIPCRTR` (`struct sockaddr_qrtr`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QipcrtrAddress {
    /// The number of the processor.
    pub node: u32,
    /// The port on that processor.
    pub port: u32,
}

impl QipcrtrAddress {
    /// Returns the address as the system's `sockaddr`.
    pub fn encode(&self) -> RawAddress {
        Writer::new(constants::AF_QIPCRTR).u16(0).u32(self.node).u32(self.port).finish()
    }

    /// Decodes a `sockaddr`. Fails with [`crate::Error::Type`] for another family.
    pub fn decode(raw: &RawAddress) -> Result<Self> {
        check_family(raw, constants::AF_QIPCRTR, "AF_QIPCRTR")?;
        let mut fields = Reader::new(raw);
        fields.u16();
        Ok(QipcrtrAddress { node: fields.u32(), port: fields.u32() })
    }
}

impl fmt::Display for QipcrtrAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.node, self.port)
    }
}
