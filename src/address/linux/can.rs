//! Addresses of `AF_CAN`, the controller area network of vehicles and machines.

use std::fmt;

use super::fields::{Reader, Writer};
use super::{RawAddress, Result, check_family, constants};

const SIZE: usize = 24;

/// An address of `AF_CAN` (`struct sockaddr_can`); its form depends on the socket's protocol.
///
/// ```
/// use tabi::constants::CAN_ISOTP;
/// use tabi::{Address, CanAddress};
///
/// let address = CanAddress::Isotp { interface: 3, rx_id: 0x123, tx_id: 0x456 };
/// assert_eq!(address.encode().decode_for(CAN_ISOTP), Address::Can(address));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CanAddress {
    /// An address of `CAN_RAW` and `CAN_BCM`, which is only an interface.
    Interface {
        /// The number of the interface, 0 for all.
        interface: u32,
    },
    /// An address of `CAN_ISOTP`, which transports long messages.
    Isotp {
        /// The number of the interface.
        interface: u32,
        /// The identifier of received frames.
        rx_id: u32,
        /// The identifier of sent frames.
        tx_id: u32,
    },
    /// An address of `CAN_J1939`, the network of trucks and tractors.
    J1939 {
        /// The number of the interface.
        interface: u32,
        /// The controller's name, `J1939_NO_NAME` for none.
        name: u64,
        /// The parameter group number, `J1939_NO_PGN` for none.
        pgn: u32,
        /// The controller's address, `J1939_NO_ADDR` for none.
        address: u8,
    },
}

impl CanAddress {
    /// The number of the interface.
    pub fn interface(&self) -> u32 {
        match *self {
            CanAddress::Interface { interface }
            | CanAddress::Isotp { interface, .. }
            | CanAddress::J1939 { interface, .. } => interface,
        }
    }

    /// Returns the address as the system's `sockaddr`.
    pub fn encode(&self) -> RawAddress {
        let fields = Writer::new(constants::AF_CAN).u16(0).u32(self.interface());
        let fields = match *self {
            CanAddress::Interface { .. } => fields,
            CanAddress::Isotp { rx_id, tx_id, .. } => fields.u32(rx_id).u32(tx_id),
            CanAddress::J1939 { name, pgn, address, .. } => fields.u64(name).u32(pgn).u8(address),
        };
        fields.fill(SIZE).finish()
    }

    /// Decodes a `sockaddr` of a socket with this protocol (`CAN_*`). Fails with [`crate::Error::Type`] for another
    /// family.
    pub fn decode(raw: &RawAddress, proto: i32) -> Result<Self> {
        check_family(raw, constants::AF_CAN, "AF_CAN")?;
        let mut fields = Reader::new(raw);
        fields.u16();
        let interface = fields.u32();
        Ok(match proto {
            constants::CAN_ISOTP => CanAddress::Isotp { interface, rx_id: fields.u32(), tx_id: fields.u32() },
            constants::CAN_J1939 => {
                CanAddress::J1939 { interface, name: fields.u64(), pgn: fields.u32(), address: fields.u8() }
            }
            _ => CanAddress::Interface { interface },
        })
    }
}

impl fmt::Display for CanAddress {
    /// Writes Python's tuple, with the number of the interface instead of its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CanAddress::Interface { interface } => write!(f, "({interface},)"),
            CanAddress::Isotp { interface, rx_id, tx_id } => write!(f, "({interface}, {rx_id}, {tx_id})"),
            CanAddress::J1939 { interface, name, pgn, address } => {
                write!(f, "({interface}, {name}, {pgn}, {address})")
            }
        }
    }
}
