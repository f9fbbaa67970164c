//! The C functions for addresses of AF_TIPC.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use super::{decode, encode, give_out};
use crate::address::TipcAddress;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::status;

/// Makes an AF_TIPC address from the parts of Python's tuple.
///
/// `addr_type` says what `v1`, `v2` and `v3` are. For TIPC_ADDR_NAMESEQ they are type, lower and upper; for
/// TIPC_ADDR_NAME, type and instance; for TIPC_ADDR_ID, node and reference. `scope` is TIPC_CLUSTER_SCOPE
/// when Python is given none.
///
/// Returns 0. Errors: TABI_ERR_TYPE for another `addr_type`; TABI_ERR_OVERFLOW when the scope is not -128 to
/// 127.
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
            .map_err(|_| Error::overflow(format_args!("scope must be -128 to 127, got {scope}")))?;
        Ok(TipcAddress::from_parts(addr_type, v1, v2, v3, scope)?.encode())
    })
}

/// Reads the parts of an AF_TIPC address, as tabi_addr_from_tipc() takes them. A part that a type does not
/// have is what Python's tuple has in its place. Any output may be NULL.
///
/// Returns 0. Errors: TABI_ERR_TYPE for another family; TABI_ERR_VALUE when the address is of an unknown
/// type.
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
