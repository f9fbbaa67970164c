//! The C functions for addresses of AF_NETLINK.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use super::{decode, encode, give_out};
use crate::address::NetlinkAddress;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::status;

/// Makes an AF_NETLINK address.
///
/// `pid` is 0 for the kernel. `groups` has one bit for each multicast group. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_netlink(
    pid: u32,
    groups: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(NetlinkAddress { pid, groups }.encode()))
}

/// Reads the parts of an AF_NETLINK address. Any output may be NULL. Returns 0. Errors: TABI_ERR_TYPE for
/// another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_netlink(
    addr: Option<&tabi_addr>,
    pid: Option<&mut MaybeUninit<u32>>,
    groups: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let address = decode(addr, NetlinkAddress::decode)?;
        give_out!(pid = address.pid, groups = address.groups);
        Ok(())
    })
}
