//! Addresses of AF_TIPC in C.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use super::{decode, encode, give_out};
use crate::address::TipcAddress;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::status;

/// Makes an AF_TIPC address of the parts of Python's tuple: TIPC_ADDR_NAMESEQ with type, lower and upper;
/// TIPC_ADDR_NAME with type and instance; TIPC_ADDR_ID with node and reference.
///
/// `scope`: TIPC_CLUSTER_SCOPE is Python's choice. Returns 0; TABI_ERR_TYPE for another `addr_type`;
/// TABI_ERR_OVERFLOW for a scope beyond -128 to 127.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_from_tipc(
    addr_type: u32,
    v1: u32,
    v2: u32,
    v3: u32,
    scope: c_int,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    encode(addr, || {
        let scope = i8::try_from(scope)
            .map_err(|_| Error::overflow(format!("scope must be -128 to 127, got {scope}")))?;
        Ok(TipcAddress::from_parts(addr_type, v1, v2, v3, scope)?.encode())
    })
}

/// The parts of an AF_TIPC address, as tabi_addr_from_tipc() takes them; what a type lacks is as in Python's
/// tuple.
///
/// Any output may be NULL. Returns 0; TABI_ERR_TYPE for another family; TABI_ERR_VALUE for another type of
/// address.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_tipc(
    addr: Option<&tabi_addr>,
    addr_type: Option<&mut MaybeUninit<u32>>,
    v1: Option<&mut MaybeUninit<u32>>,
    v2: Option<&mut MaybeUninit<u32>>,
    v3: Option<&mut MaybeUninit<u32>>,
    scope: Option<&mut MaybeUninit<c_int>>,
) -> c_int {
    status(|| {
        let address = decode(addr, TipcAddress::decode)?;
        let parts = address.parts();
        give_out!(addr_type = parts.0, v1 = parts.1, v2 = parts.2, v3 = parts.3);
        give_out!(scope = address.scope.into());
        Ok(())
    })
}
