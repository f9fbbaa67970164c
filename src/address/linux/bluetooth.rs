//! Addresses of `AF_BLUETOOTH`, which have one form for each protocol.

use std::fmt;
use std::str::FromStr;

use super::fields::{Reader, Writer};
use super::{Error, RawAddress, Result, check_family, constants};

/// The address of a Bluetooth device, such as `00:1A:7D:DA:71:13`, with the bytes in the order of that text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bdaddr(pub [u8; 6]);

impl FromStr for Bdaddr {
    type Err = Error;

    /// Reads six hexadecimal bytes with colons between them. Fails with [`Error::OsMessage`] for any other text.
    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::OsMessage(format!("bad bluetooth address: '{text}'").into());
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.bytes().all(|digit| digit.is_ascii_hexdigit()));
            *byte = part.and_then(|part| u8::from_str_radix(part, 16).ok()).ok_or_else(bad)?;
        }
        if parts.next().is_some() { Err(bad()) } else { Ok(Bdaddr(bytes)) }
    }
}

impl fmt::Display for Bdaddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
    }
}

/// An address of `AF_BLUETOOTH`; its form depends on the socket's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BluetoothAddress {
    /// `BTPROTO_L2CAP` (`struct sockaddr_l2`).
    L2cap {
        /// The device.
        bdaddr: Bdaddr,
        /// The port, 0 for a free one.
        psm: u16,
        /// The channel, 0 for the protocol's choice.
        cid: u16,
        /// `BDADDR_BREDR`, `BDADDR_LE_PUBLIC` or `BDADDR_LE_RANDOM`.
        bdaddr_type: u8,
    },
    /// `BTPROTO_RFCOMM` (`struct sockaddr_rc`).
    Rfcomm {
        /// The device.
        bdaddr: Bdaddr,
        /// The channel, 1 to 30.
        channel: u8,
    },
    /// `BTPROTO_HCI` (`struct sockaddr_hci`).
    Hci {
        /// The number of this machine's adapter, `HCI_DEV_NONE` for none.
        device: u16,
        /// `HCI_CHANNEL_*`, 0 for `HCI_CHANNEL_RAW`.
        channel: u16,
    },
    /// `BTPROTO_SCO` (`struct sockaddr_sco`).
    Sco {
        /// The device.
        bdaddr: Bdaddr,
    },
}

impl BluetoothAddress {
    /// Returns the address as the system's `sockaddr`.
    pub fn encode(&self) -> RawAddress {
        let fields = Writer::new(constants::AF_BLUETOOTH);
        match *self {
            // Ports and channels are in little-endian order, because Bluetooth transmits them so.
            BluetoothAddress::L2cap { bdaddr, psm, cid, bdaddr_type } => fields
                .bytes(&psm.to_le_bytes())
                .bytes(&reversed(bdaddr.0))
                .bytes(&cid.to_le_bytes())
                .u8(bdaddr_type)
                .fill(14),
            BluetoothAddress::Rfcomm { bdaddr, channel } => {
                fields.bytes(&reversed(bdaddr.0)).u8(channel).fill(10)
            }
            BluetoothAddress::Hci { device, channel } => fields.u16(device).u16(channel),
            BluetoothAddress::Sco { bdaddr } => fields.bytes(&reversed(bdaddr.0)),
        }
        .finish()
    }

    /// Decodes a `sockaddr` of a socket with this protocol (`BTPROTO_*`).
    ///
    /// Fails with [`Error::Type`] for another family and [`Error::Value`] for another protocol.
    pub fn decode(raw: &RawAddress, proto: i32) -> Result<Self> {
        check_family(raw, constants::AF_BLUETOOTH, "AF_BLUETOOTH")?;
        let mut fields = Reader::new(raw);
        Ok(match proto {
            constants::BTPROTO_L2CAP => {
                let psm = u16::from_le_bytes(fields.array());
                let bdaddr = Bdaddr(reversed(fields.array()));
                let cid = u16::from_le_bytes(fields.array());
                BluetoothAddress::L2cap { bdaddr, psm, cid, bdaddr_type: fields.u8() }
            }
            constants::BTPROTO_RFCOMM => {
                BluetoothAddress::Rfcomm { bdaddr: Bdaddr(reversed(fields.array())), channel: fields.u8() }
            }
            constants::BTPROTO_HCI => BluetoothAddress::Hci { device: fields.u16(), channel: fields.u16() },
            constants::BTPROTO_SCO => BluetoothAddress::Sco { bdaddr: Bdaddr(reversed(fields.array())) },
            _ => return Err(Error::value(format_args!("unknown Bluetooth protocol: {proto}"))),
        })
    }
}

fn reversed(mut bytes: [u8; 6]) -> [u8; 6] {
    bytes.reverse();
    bytes
}

impl fmt::Display for BluetoothAddress {
    /// Writes Python's tuple. Parts of L2CAP and HCI that are 0 are left out where Python leaves them out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            BluetoothAddress::L2cap { bdaddr, psm, cid: 0, bdaddr_type: 0 } => {
                write!(f, "('{bdaddr}', {psm})")
            }
            BluetoothAddress::L2cap { bdaddr, psm, cid, bdaddr_type: 0 } => {
                write!(f, "('{bdaddr}', {psm}, {cid})")
            }
            BluetoothAddress::L2cap { bdaddr, psm, cid, bdaddr_type } => {
                write!(f, "('{bdaddr}', {psm}, {cid}, {bdaddr_type})")
            }
            BluetoothAddress::Rfcomm { bdaddr, channel } => write!(f, "('{bdaddr}', {channel})"),
            BluetoothAddress::Hci { device, channel: 0 } => write!(f, "{device}"),
            BluetoothAddress::Hci { device, channel } => write!(f, "({device}, {channel})"),
            BluetoothAddress::Sco { bdaddr } => write!(f, "'{bdaddr}'"),
        }
    }
}
