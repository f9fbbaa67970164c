//! The C functions for addresses of AF_BLUETOOTH. Each protocol has its own.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use super::{decode, encode, give_out};
use crate::address::{Bdaddr, BluetoothAddress};
use crate::constants;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, copy_text, status, string};

/// Makes an AF_BLUETOOTH address for the protocol BTPROTO_L2CAP.
///
/// `bdaddr` is the address of a device, such as "00:1A:7D:DA:71:13". `cid` is 0 to let the protocol choose.
/// `bdaddr_type` is BDADDR_BREDR (0) or another BDADDR_* constant.
///
/// Returns 0. Errors: TABI_ERR_OS when `bdaddr` is not the address of a device.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_l2cap(
    bdaddr: *const c_char,
    psm: u16,
    cid: u16,
    bdaddr_type: u8,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || {
        // SAFETY: the caller passes a NUL-terminated string.
        let bdaddr = unsafe { device(bdaddr) }?;
        Ok(BluetoothAddress::L2cap { bdaddr, psm, cid, bdaddr_type }.encode())
    })
}

/// Reads the parts of the AF_BLUETOOTH address of a BTPROTO_L2CAP socket. `psm`, `cid` and `bdaddr_type` may
/// be NULL.
///
/// `bdaddr` gets the address of the device, with a NUL at the end. `size` is its size in bytes; 18 are always
/// enough. Returns 0. Errors: TABI_ERR_TYPE for another family; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_l2cap(
    addr: Option<&tabi_addr>,
    bdaddr: *mut c_char,
    size: usize,
    psm: Option<&mut MaybeUninit<u16>>,
    cid: Option<&mut MaybeUninit<u16>>,
    bdaddr_type: Option<&mut MaybeUninit<u8>>,
) -> c_int {
    status(|| {
        let address = bluetooth(addr, constants::BTPROTO_L2CAP)?;
        if let BluetoothAddress::L2cap { bdaddr: own, psm: port, cid: channel, bdaddr_type: kind } = address {
            // SAFETY: the caller passes `size` writable bytes.
            unsafe { copy_text(&own.to_string(), bdaddr, size, "bdaddr") }?;
            give_out!(psm = port, cid = channel, bdaddr_type = kind);
        }
        Ok(())
    })
}

/// Makes an AF_BLUETOOTH address for the protocol BTPROTO_RFCOMM. `bdaddr` and the results are those of
/// tabi_addr_from_l2cap().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_rfcomm(
    bdaddr: *const c_char,
    channel: u8,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || {
        // SAFETY: the caller passes a NUL-terminated string.
        let bdaddr = unsafe { device(bdaddr) }?;
        Ok(BluetoothAddress::Rfcomm { bdaddr, channel }.encode())
    })
}

/// Reads the parts of the AF_BLUETOOTH address of a BTPROTO_RFCOMM socket. `channel` may be NULL. `bdaddr`,
/// `size` and the results are those of tabi_addr_l2cap().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_rfcomm(
    addr: Option<&tabi_addr>,
    bdaddr: *mut c_char,
    size: usize,
    channel: Option<&mut MaybeUninit<u8>>,
) -> c_int {
    status(|| {
        let address = bluetooth(addr, constants::BTPROTO_RFCOMM)?;
        if let BluetoothAddress::Rfcomm { bdaddr: own, channel: number } = address {
            // SAFETY: the caller passes `size` writable bytes.
            unsafe { copy_text(&own.to_string(), bdaddr, size, "bdaddr") }?;
            give_out!(channel = number);
        }
        Ok(())
    })
}

/// Makes an AF_BLUETOOTH address for the protocol BTPROTO_HCI.
///
/// `device` is the number of an adapter, or HCI_DEV_NONE for none. `channel` is HCI_CHANNEL_RAW (0) or
/// another channel. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_hci(
    device: u16,
    channel: u16,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(BluetoothAddress::Hci { device, channel }.encode()))
}

/// Reads the parts of the AF_BLUETOOTH address of a BTPROTO_HCI socket. Any output may be NULL. Returns 0.
/// Errors: TABI_ERR_TYPE for another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_hci(
    addr: Option<&tabi_addr>,
    device: Option<&mut MaybeUninit<u16>>,
    channel: Option<&mut MaybeUninit<u16>>,
) -> c_int {
    status(|| {
        let address = bluetooth(addr, constants::BTPROTO_HCI)?;
        if let BluetoothAddress::Hci { device: number, channel: own } = address {
            give_out!(device = number, channel = own);
        }
        Ok(())
    })
}

/// Makes an AF_BLUETOOTH address for the protocol BTPROTO_SCO. `bdaddr` and the results are those of
/// tabi_addr_from_l2cap().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_sco(
    bdaddr: *const c_char,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || {
        // SAFETY: the caller passes a NUL-terminated string.
        let bdaddr = unsafe { device(bdaddr) }?;
        Ok(BluetoothAddress::Sco { bdaddr }.encode())
    })
}

/// Reads the device of the AF_BLUETOOTH address of a BTPROTO_SCO socket. The arguments and the results are
/// those of tabi_addr_l2cap().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_sco(addr: Option<&tabi_addr>, bdaddr: *mut c_char, size: usize) -> c_int {
    status(|| {
        let address = bluetooth(addr, constants::BTPROTO_SCO)?;
        if let BluetoothAddress::Sco { bdaddr: own } = address {
            // SAFETY: the caller passes `size` writable bytes.
            unsafe { copy_text(&own.to_string(), bdaddr, size, "bdaddr") }?;
        }
        Ok(())
    })
}

fn bluetooth(addr: Option<&tabi_addr>, proto: i32) -> Outcome<BluetoothAddress> {
    decode(addr, |raw| BluetoothAddress::decode(raw, proto))
}

/// # Safety
///
/// `bdaddr` is NULL or NUL-terminated.
unsafe fn device(bdaddr: *const c_char) -> Outcome<Bdaddr> {
    // SAFETY: `bdaddr` is NULL or NUL-terminated.
    let bdaddr = unsafe { string(bdaddr, "bdaddr") }?;
    Ok(String::from_utf8_lossy(bdaddr).parse()?)
}
