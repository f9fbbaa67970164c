//! The address families that only Linux has: netlink, packets, virtual machines, CAN, TIPC, cryptographic algorithms,
//! Qualcomm's router and Bluetooth.
//!
//! Each structure has the parts of Python's tuple, in Python's order, but an interface is given by its number
//! ([`crate::Socket::interface_index`]). The missing bytes of a short address count as zero, as in Python.

mod alg;
mod bluetooth;
mod can;
mod fields;
mod netlink;
mod packet;
mod qipcrtr;
mod tipc;
mod vsock;

pub use alg::AlgAddress;
pub use bluetooth::{Bdaddr, BluetoothAddress};
pub use can::CanAddress;
pub use netlink::NetlinkAddress;
pub use packet::{HardwareAddress, PacketAddress};
pub use qipcrtr::QipcrtrAddress;
pub use tipc::{TipcAddress, TipcName};
pub use vsock::VsockAddress;

use super::{Address, RawAddress};
use crate::constants::{self, AddressFamily};
use crate::error::{Error, Result};

/// Adds the families that only Linux has: a variant of [`Address`] and a structure for each.
macro_rules! families {
    ($make:ident) => {
        $make! {
            /// `AF_ALG`: a cryptographic algorithm of the kernel.
            Alg: AlgAddress;
            /// `AF_BLUETOOTH`, in the form that belongs to the protocol of the socket.
            Bluetooth: BluetoothAddress;
            /// `AF_CAN`, in the form that belongs to the protocol of the socket.
            Can: CanAddress;
            /// `AF_NETLINK`: port and groups.
            Netlink: NetlinkAddress;
            /// `AF_PACKET`: interface, protocol, and parts of the header of a received frame.
            Packet: PacketAddress;
            /// `AF_QIPCRTR`: node and port.
            Qipcrtr: QipcrtrAddress;
            /// `AF_TIPC`: a service or a socket.
            Tipc: TipcAddress;
            /// `AF_VSOCK`: machine and port.
            Vsock: VsockAddress;
        }
    };
}
pub(crate) use families;

/// Implements the traits that the structure of every family has.
macro_rules! conversions {
    ($($(#[$text:meta])+ $family:ident: $structure:ident;)*) => {$(
        impl From<&$structure> for RawAddress {
            fn from(address: &$structure) -> Self {
                address.encode()
            }
        }

        impl From<$structure> for Address {
            fn from(address: $structure) -> Self {
                Address::$family(address)
            }
        }
    )*};
}

families!(conversions);

/// Decodes an address of one of these families. Returns `None` for another family, and for bytes that are no address of
/// their family.
pub(super) fn decode(raw: &RawAddress, proto: Option<i32>) -> Option<Address> {
    match raw.family() {
        constants::AF_ALG => AlgAddress::decode(raw).ok().map(Address::Alg),
        constants::AF_BLUETOOTH => BluetoothAddress::decode(raw, proto?).ok().map(Address::Bluetooth),
        constants::AF_CAN => {
            CanAddress::decode(raw, proto.unwrap_or(constants::CAN_RAW)).ok().map(Address::Can)
        }
        constants::AF_NETLINK => NetlinkAddress::decode(raw).ok().map(Address::Netlink),
        constants::AF_PACKET => PacketAddress::decode(raw).ok().map(Address::Packet),
        constants::AF_QIPCRTR => QipcrtrAddress::decode(raw).ok().map(Address::Qipcrtr),
        constants::AF_TIPC => TipcAddress::decode(raw).ok().map(Address::Tipc),
        constants::AF_VSOCK => VsockAddress::decode(raw).ok().map(Address::Vsock),
        _ => None,
    }
}

/// Decodes an address of one of these families whose form does not depend on the protocol of its socket.
pub(super) fn decode_without_protocol(raw: &RawAddress) -> Option<Address> {
    if raw.family() == constants::AF_CAN { None } else { decode(raw, None) }
}

fn check_family(raw: &RawAddress, family: AddressFamily, name: &str) -> Result<()> {
    if raw.family() == family {
        return Ok(());
    }
    Err(Error::type_error(format_args!("{} is not an {name} address", raw.decode().repr())))
}
