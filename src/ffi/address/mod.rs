//! Addresses in C: `tabi_addr`.
#![allow(unsafe_code)]

mod any;
mod compare;
mod internet;
#[cfg(target_os = "linux")]
mod linux;
mod network;
mod unix;

use std::mem::{MaybeUninit, offset_of};

use crate::address::{Address, RawAddress};
use crate::error::Error;
use crate::ffi::boundary::{Outcome, Reported};

pub use any::*;
pub use compare::*;
pub use internet::*;
pub use network::*;
pub use unix::*;

crate::sys::linux_only! {
    pub use linux::*;
}

/// The address of a socket, of any family.
///
/// An address is a value: it may be copied, and it need not be freed. tabi_addr_from_host(),
/// tabi_addr_from_text(), tabi_addr_from_unix() and tabi_addr_from_sockaddr() make addresses; the other
/// tabi_addr_ functions read them. tabi_addr_equal() compares them: memcmp() cannot, because of bytes that do
/// not matter. The first `len` bytes of `data` are a struct sockaddr.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_addr {
    /// The bytes of the struct sockaddr, aligned for every family.
    pub data: [u64; 16],
    /// The number of bytes that are used. 0 means that there is no address.
    pub len: u32,
}

impl From<RawAddress> for tabi_addr {
    fn from(raw: RawAddress) -> Self {
        // SAFETY: both have the same size, alignment and place of the length. No byte of the storage is padding, so every
        // value of it is numbers.
        unsafe { std::mem::transmute(raw) }
    }
}

// An address in C is laid out as the core's.
const _: () = {
    assert!(size_of::<[u64; 16]>() == RawAddress::CAPACITY);
    assert!(size_of::<tabi_addr>() == size_of::<RawAddress>());
    assert!(align_of::<tabi_addr>() == align_of::<RawAddress>());
    assert!(offset_of!(tabi_addr, len) == RawAddress::LEN_OFFSET);
};

impl tabi_addr {
    /// The place where the core writes an address.
    pub(crate) fn as_raw(place: &mut MaybeUninit<tabi_addr>) -> &mut MaybeUninit<RawAddress> {
        // SAFETY: a tabi_addr has the layout of a RawAddress, and both may be uninitialised here.
        unsafe { &mut *std::ptr::from_mut(place).cast() }
    }

    /// The place where the core writes another address.
    pub(crate) fn place(&mut self) -> *mut RawAddress {
        std::ptr::from_mut(self).cast()
    }

    /// The address where it is, for calls that only read it.
    pub(crate) fn borrow_raw(&self) -> Outcome<&RawAddress> {
        if self.len as usize > RawAddress::CAPACITY {
            return Err(self.too_long());
        }
        // SAFETY: a tabi_addr has the layout of a RawAddress, and its length was checked.
        Ok(unsafe { &*std::ptr::from_ref(self).cast() })
    }

    pub(crate) fn raw(&self) -> Outcome<RawAddress> {
        Ok(RawAddress::from_bytes(self.borrow_raw()?.bytes())?)
    }

    #[cold]
    fn too_long(&self) -> Reported {
        Error::value(format_args!("an address has at most {} bytes, got {}", RawAddress::CAPACITY, self.len))
            .into()
    }

    fn decode(&self) -> Outcome<Address> {
        Ok(self.raw()?.decode())
    }
}
