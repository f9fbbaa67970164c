//! The fields of a `sockaddr`, one after the other as the kernel's headers lay them out.

use super::super::RawAddress;
use crate::constants::AddressFamily;

/// Writes a `sockaddr`, from its family on.
pub(super) struct Writer {
    bytes: [u8; RawAddress::CAPACITY],
    len: usize,
}

impl Writer {
    pub(super) fn new(family: AddressFamily) -> Self {
        Writer { bytes: [0; RawAddress::CAPACITY], len: 0 }
            .bytes(&(family.as_raw() as libc::sa_family_t).to_ne_bytes())
    }

    /// Bytes as they are; what does not fit is a mistake of the caller's.
    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
        self
    }

    pub(super) fn u8(self, value: u8) -> Self {
        self.bytes(&[value])
    }

    pub(super) fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_ne_bytes())
    }

    pub(super) fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_ne_bytes())
    }

    pub(super) fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_ne_bytes())
    }

    /// Zeros up to a total length.
    pub(super) fn fill(mut self, len: usize) -> Self {
        self.len = self.len.max(len);
        self
    }

    pub(super) fn finish(self) -> RawAddress {
        // The writer holds no more than an address can.
        RawAddress::from_bytes(&self.bytes[..self.len]).unwrap_or_else(|_| RawAddress::empty())
    }
}

/// Reads a `sockaddr` behind its family; beyond its end there are zeros.
pub(super) struct Reader {
    bytes: [u8; RawAddress::CAPACITY],
    at: usize,
}

impl Reader {
    pub(super) fn new(raw: &RawAddress) -> Self {
        let mut bytes = [0; RawAddress::CAPACITY];
        bytes[..raw.bytes().len()].copy_from_slice(raw.bytes());
        Reader { bytes, at: size_of::<libc::sa_family_t>() }
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(&self.bytes[self.at..self.at + N]);
        self.at += N;
        array
    }

    pub(super) fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub(super) fn u16(&mut self) -> u16 {
        u16::from_ne_bytes(self.array())
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_ne_bytes(self.array())
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from_ne_bytes(self.array())
    }
}
