//! The C functions for addresses of AF_CAN. Each protocol has its own.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use super::{decode, encode, give_out};
use crate::address::CanAddress;
use crate::constants;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::status;

/// Makes an AF_CAN address for the protocols CAN_RAW and CAN_BCM. `interface` is the number of an interface,
/// or 0 for all. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_can(interface: u32, addr: Option<&mut MaybeUninit<tabi_addr>>) -> c_int {
    encode(addr, || Ok(CanAddress::Interface { interface }.encode()))
}

/// Reads the interface of an AF_CAN address of any protocol. Returns 0. Errors: TABI_ERR_TYPE for another
/// family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_can(addr: Option<&tabi_addr>, interface: Option<&mut MaybeUninit<u32>>) -> c_int {
    status(|| {
        let address = decode(addr, |raw| CanAddress::decode(raw, constants::CAN_RAW))?;
        give_out!(interface = address.interface());
        Ok(())
    })
}

/// Makes an AF_CAN address for the protocol CAN_ISOTP. `rx_id` is the identifier of received frames, `tx_id`
/// that of sent frames. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_can_isotp(
    interface: u32,
    rx_id: u32,
    tx_id: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(CanAddress::Isotp { interface, rx_id, tx_id }.encode()))
}

/// Reads the parts of the AF_CAN address of a CAN_ISOTP socket. Any output may be NULL. Returns 0. Errors:
/// TABI_ERR_TYPE for another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_can_isotp(
    addr: Option<&tabi_addr>,
    interface: Option<&mut MaybeUninit<u32>>,
    rx_id: Option<&mut MaybeUninit<u32>>,
    tx_id: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let address = decode(addr, |raw| CanAddress::decode(raw, constants::CAN_ISOTP))?;
        if let CanAddress::Isotp { interface: number, rx_id: rx, tx_id: tx } = address {
            give_out!(interface = number, rx_id = rx, tx_id = tx);
        }
        Ok(())
    })
}

/// Makes an AF_CAN address for the protocol CAN_J1939.
///
/// `name`, `pgn` and `address` are the name of a controller, its parameter group number and its address.
/// J1939_NO_NAME, J1939_NO_PGN and J1939_NO_ADDR stand for none. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_can_j1939(
    interface: u32,
    name: u64,
    pgn: u32,
    address: u8,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(CanAddress::J1939 { interface, name, pgn, address }.encode()))
}

/// Reads the parts of the AF_CAN address of a CAN_J1939 socket. Any output may be NULL. Returns 0. Errors:
/// TABI_ERR_TYPE for another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_can_j1939(
    addr: Option<&tabi_addr>,
    interface: Option<&mut MaybeUninit<u32>>,
    name: Option<&mut MaybeUninit<u64>>,
    pgn: Option<&mut MaybeUninit<u32>>,
    address: Option<&mut MaybeUninit<u8>>,
) -> c_int {
    status(|| {
        let decoded = decode(addr, |raw| CanAddress::decode(raw, constants::CAN_J1939))?;
        if let CanAddress::J1939 { interface: number, name: own, pgn: group, address: byte } = decoded {
            give_out!(interface = number, name = own, pgn = group, address = byte);
        }
        Ok(())
    })
}
