//! The C functions for addresses of AF_PACKET.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::{decode, encode, give_out};
use crate::address::{HardwareAddress, PacketAddress};
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{bytes, copy_bytes, count};

/// Makes an AF_PACKET address.
///
/// `interface` is the number of an interface, or 0 for all. `protocol` is 0 to 65535 in host byte order, such
/// as ETH_P_ALL. `packet_type` is PACKET_HOST or another PACKET_* constant. `hardware_type` is an ARPHRD_*
/// number. `hardware_address` has `len` bytes, at most 8.
///
/// Returns 0. Errors: TABI_ERR_OVERFLOW when the protocol is not in its range; TABI_ERR_VALUE when the
/// hardware address is too long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_packet(
    interface: u32,
    protocol: c_int,
    packet_type: u8,
    hardware_type: u16,
    hardware_address: *const c_void,
    len: usize,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || {
        // SAFETY: the caller passes `len` readable bytes.
        let hardware_address = unsafe { bytes(hardware_address, len, "hardware_address") }?;
        let hardware_address = HardwareAddress::new(hardware_address)?;
        let protocol = u16::try_from(protocol)
            .map_err(|_| Error::overflow(format_args!("protocol must be 0-65535, got {protocol}")))?;
        Ok(PacketAddress { interface, protocol, packet_type, hardware_type, hardware_address }.encode())
    })
}

/// Reads the parts of an AF_PACKET address. Any output may be NULL. For `hardware_address`, NULL with a
/// `size` of 0 is allowed only when the address has no hardware address.
///
/// `size` is the size of `hardware_address` in bytes; 32 are always enough. Returns the length of the
/// hardware address. Errors: TABI_ERR_TYPE for another family; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_packet(
    addr: Option<&tabi_addr>,
    interface: Option<&mut MaybeUninit<u32>>,
    protocol: Option<&mut MaybeUninit<u16>>,
    packet_type: Option<&mut MaybeUninit<u8>>,
    hardware_type: Option<&mut MaybeUninit<u16>>,
    hardware_address: *mut c_void,
    size: usize,
) -> ssize_t {
    count(|| {
        let address = decode(addr, PacketAddress::decode)?;
        // SAFETY: the caller passes `size` writable bytes.
        let len = unsafe {
            copy_bytes(address.hardware_address.as_bytes(), hardware_address, size, "hardware_address")
        }?;
        give_out!(
            interface = address.interface,
            protocol = address.protocol,
            packet_type = address.packet_type,
            hardware_type = address.hardware_type,
        );
        Ok(len)
    })
}
