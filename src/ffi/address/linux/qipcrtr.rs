//! The C functions for addresses of AF_QIPCRTR.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use super::{decode, encode, give_out};
use crate::address::QipcrtrAddress;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::status;

/// Makes an AF_QIPCRTR address. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_qipcrtr(
    node: u32,
    port: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || Ok(QipcrtrAddress { node, port }.encode()))
}

/// Reads the parts of an AF_QIPCRTR address. Any output may be NULL. Returns 0. Errors: TABI_ERR_TYPE for
/// another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_qipcrtr(
    addr: Option<&tabi_addr>,
    node: Option<&mut MaybeUninit<u32>>,
    port: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let address = decode(addr, QipcrtrAddress::decode)?;
        give_out!(node = address.node, port = address.port);
        Ok(())
    })
}
