//! Linux's own families: netlink, packets, virtual machines, CAN, TIPC, ciphers, Qualcomm's router and Bluetooth.
//!
//! Each structure has the parts of Python's tuple, in Python's order; interfaces are numbers
//! ([`crate::Socket::interface_index`]). Bytes beyond a short address count as zero, as in Python.

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

use super::{Address, RawAddress, ToAddress};
use crate::constants::{self, AddressFamily};
use crate::error::{Error, Result};

/// What every family's structure can do.
macro_rules! family {
    ($($type:ident: $variant:ident;)*) => {$(
        impl From<&$type> for RawAddress {
            fn from(address: &$type) -> Self {
                address.encode()
            }
        }

        impl From<$type> for Address {
            fn from(address: $type) -> Self {
                Address::$variant(address)
            }
        }

        impl ToAddress for $type {
            fn to_address(&self, family: AddressFamily) -> Result<RawAddress> {
                self.encode().to_address(family)
            }
        }
    )*};
}

family! {
    AlgAddress: Alg;
    BluetoothAddress: Bluetooth;
    CanAddress: Can;
    NetlinkAddress: Netlink;
    PacketAddress: Packet;
    QipcrtrAddress: Qipcrtr;
    TipcAddress: Tipc;
    VsockAddress: Vsock;
}

/// The address of one of these families; `None` for another family and for what its family cannot read.
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

fn check_family(raw: &RawAddress, family: AddressFamily, name: &str) -> Result<()> {
    if raw.family() == family {
        return Ok(());
    }
    Err(Error::type_error(format!("{raw:?} is not an {name} address")))
}
