//! `AF_PACKET`: frames as a device has them.

use std::fmt;

use super::fields::{Reader, Writer};
use super::{Error, RawAddress, Result, check_family, constants};

/// How many bytes precede the hardware address, and how long the structure is without a longer one.
const HARDWARE_OFFSET: usize = 12;
const SIZE: usize = 20;
/// The longest address that the kernel reports (`MAX_ADDR_LEN`).
const LONGEST: usize = 32;

/// An address of `AF_PACKET` (`struct sockaddr_ll`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PacketAddress {
    /// The number of the interface, 0 for all.
    pub interface: u32,
    /// The protocol in a frame's header, such as `ETH_P_ALL`, in host byte order.
    pub protocol: u16,
    /// Whom the frame is for, as received: `PACKET_HOST`, `PACKET_BROADCAST` ...
    pub packet_type: u8,
    /// The device's type, `ARPHRD_*`.
    pub hardware_type: u16,
    /// The device's address.
    pub hardware_address: HardwareAddress,
}

/// The address of a device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct HardwareAddress {
    bytes: [u8; LONGEST],
    len: u8,
}

impl HardwareAddress {
    /// At most 8 bytes. Fails with [`Error::Value`] for more.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > SIZE - HARDWARE_OFFSET {
            return Err(Error::value(format!(
                "hardware address must be at most 8 bytes, got {}",
                bytes.len()
            )));
        }
        Ok(Self::cut(bytes))
    }

    fn cut(bytes: &[u8]) -> Self {
        let len = bytes.len().min(LONGEST);
        let mut address = HardwareAddress { bytes: [0; LONGEST], len: len as u8 };
        address.bytes[..len].copy_from_slice(&bytes[..len]);
        address
    }

    /// Its bytes: more than 8 where the system reported more.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len.into()]
    }
}

impl fmt::Debug for HardwareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b'{}'", self.as_bytes().escape_ascii())
    }
}

impl PacketAddress {
    /// An interface and a protocol, all that `bind` looks at.
    pub fn new(interface: u32, protocol: u16) -> Self {
        PacketAddress {
            interface,
            protocol,
            packet_type: 0,
            hardware_type: 0,
            hardware_address: HardwareAddress::default(),
        }
    }

    /// The address in the system's form.
    pub fn encode(&self) -> RawAddress {
        Writer::new(constants::AF_PACKET)
            .bytes(&self.protocol.to_be_bytes())
            .u32(self.interface)
            .u16(self.hardware_type)
            .u8(self.packet_type)
            .u8(self.hardware_address.len)
            .bytes(self.hardware_address.as_bytes())
            .fill(SIZE)
            .finish()
    }

    /// Reads the system's form; of the hardware address only what is there. Fails with [`Error::Type`] for another family.
    pub fn decode(raw: &RawAddress) -> Result<Self> {
        check_family(raw, constants::AF_PACKET, "AF_PACKET")?;
        let mut fields = Reader::new(raw);
        let protocol = u16::from_be_bytes(fields.array());
        let (interface, hardware_type) = (fields.u32(), fields.u16());
        let (packet_type, len) = (fields.u8(), fields.u8());
        let there = raw.bytes().get(HARDWARE_OFFSET..).unwrap_or(&[]);
        let hardware_address = HardwareAddress::cut(&there[..there.len().min(len.into())]);
        Ok(PacketAddress { interface, protocol, packet_type, hardware_type, hardware_address })
    }
}

impl fmt::Display for PacketAddress {
    /// Python's tuple, with the interface's number in the place of its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PacketAddress { interface, protocol, packet_type, hardware_type, hardware_address } = self;
        write!(f, "({interface}, {protocol}, {packet_type}, {hardware_type}, {hardware_address:?})")
    }
}
