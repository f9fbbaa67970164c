//! The C functions for addresses of AF_VSOCK.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use super::{decode, encode, give_out};
use crate::address::VsockAddress;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::status;

/// Makes an AF_VSOCK address. `cid` is the number of a virtual machine: VMADDR_CID_HOST and so on. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_vsock(
    cid: u32,
    port: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(VsockAddress { cid, port }.encode()))
}

/// Reads the parts of an AF_VSOCK address. Any output may be NULL. Returns 0. Errors: TABI_ERR_TYPE for
/// another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_vsock(
    addr: Option<&tabi_addr>,
    cid: Option<&mut MaybeUninit<u32>>,
    port: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let address = decode(addr, VsockAddress::decode)?;
        give_out!(cid = address.cid, port = address.port);
        Ok(())
    })
}
