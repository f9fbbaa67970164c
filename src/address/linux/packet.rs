//! Addresses of `AF_PACKET`, which sends and receives the frames of a network device.

use std::fmt;

use super::fields::{Reader, Writer};
use super::{Error, RawAddress, Result, check_family, constants};

/// The offset of the hardware address, and the size of the structure with a hardware address of at most 8 bytes.
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
    /// For whom a received frame is: `PACKET_HOST`, `PACKET_BROADCAST` ...
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
    /// Makes a hardware address of at most 8 bytes. Fails with [`Error::Value`] for more bytes.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > SIZE - HARDWARE_OFFSET {
            return Err(Error::value(format_args!(
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

    /// Returns the bytes of the address, which are more than 8 when the system reported more.
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
    /// Makes an address of an interface and a protocol, the only parts that `bind` needs.
    pub fn new(interface: u32, protocol: u16) -> Self {
        PacketAddress {
            interface,
            protocol,
            packet_type: 0,
            hardware_type: 0,
            hardware_address: HardwareAddress::default(),
        }
    }

    /// Returns the address as the system's `sockaddr`.
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

    /// Decodes a `sockaddr`. A hardware address that is cut off keeps the bytes that are there. Fails with
    /// [`Error::Type`] for another family.
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
    /// Writes Python's tuple, with the number of the interface instead of its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PacketAddress { interface, protocol, packet_type, hardware_type, hardware_address } = self;
        write!(f, "({interface}, {protocol}, {packet_type}, {hardware_type}, {hardware_address:?})")
    }
}
