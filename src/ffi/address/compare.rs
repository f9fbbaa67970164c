//! The C functions that compare addresses.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::MaybeUninit;

use super::tabi_addr;
use crate::ffi::boundary::{boundary, not_null, status};

/// Returns 1 when both addresses mean the same, and 0 when they do not.
///
/// Padding does not matter, nor what comes after the structure of an internet address or after the NUL of a
/// path. Of an AF_INET6 address, the scope matters, and the flow information does not: it labels packets,
/// and those of one peer can have different labels. An AF_INET address is not equal to the same address
/// written for AF_INET6 (::ffff:192.0.2.1). Two empty addresses are equal.
///
/// Addresses whose form depends on the protocol of their socket (AF_CAN, AF_BLUETOOTH), and those of
/// families that the library does not know, are equal when all their bytes are.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_equal(one: Option<&tabi_addr>, other: Option<&tabi_addr>) -> c_int {
    boundary(|| Ok((not_null(one, "one")?.raw()? == not_null(other, "other")?.raw()?).into()))
}

/// Computes a number that is the same for equal addresses (tabi_addr_equal()), for tables whose keys are
/// addresses.
///
/// `seed` is any number, the same for all keys of a table. When peers choose their addresses, take a random
/// seed: then they cannot know which addresses have the same hash. Other versions of the library may
/// compute other numbers.
///
/// Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_hash(
    addr: Option<&tabi_addr>,
    seed: u64,
    hash: Option<&mut MaybeUninit<u64>>,
) -> c_int {
    status(|| {
        let address = not_null(addr, "addr")?.raw()?;
        let hash = not_null(hash, "hash")?;
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        address.hash(&mut hasher);
        hash.write(hasher.finish());
        Ok(())
    })
}
