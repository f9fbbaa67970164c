//! Addresses of families that only Linux has, in C. One function makes an address, one reads its parts.
#![allow(unsafe_code)]

mod alg;
mod bluetooth;
mod can;
mod netlink;
mod packet;
mod qipcrtr;
mod tipc;
mod vsock;

use std::ffi::c_int;
use std::mem::MaybeUninit;

use crate::address::RawAddress;
use crate::error::Result;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, not_null, status};

pub use alg::*;
pub use bluetooth::*;
pub use can::*;
pub use netlink::*;
pub use packet::*;
pub use qipcrtr::*;
pub use tipc::*;
pub use vsock::*;

pub(crate) fn encode(
    addr: Option<&mut MaybeUninit<tabi_addr>>,
    address: impl FnOnce() -> Outcome<RawAddress>,
) -> c_int {
    status(|| {
        let addr = not_null(addr, "addr")?;
        addr.write(address()?.into());
        Ok(())
    })
}

pub(crate) fn decode<T>(addr: Option<&tabi_addr>, read: impl FnOnce(&RawAddress) -> Result<T>) -> Outcome<T> {
    Ok(read(&not_null(addr, "addr")?.raw()?)?)
}

/// Writes each output that the caller asked for.
macro_rules! give_out {
    ($($out:ident = $value:expr),+ $(,)?) => {
        $($out.map(|out| out.write($value));)+
    };
}
pub(crate) use give_out;
