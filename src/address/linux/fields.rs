//! The fields of a `sockaddr`, read and written one after the other in the order of the kernel's headers.

use super::super::RawAddress;
use crate::constants::AddressFamily;

/// Writes the fields of a `sockaddr`, beginning with its family.
pub(super) struct Writer {
    bytes: [u8; RawAddress::CAPACITY],
    len: usize,
}

impl Writer {
    pub(super) fn new(family: AddressFamily) -> Self {
        Writer { bytes: [0; RawAddress::CAPACITY], len: 0 }
            .bytes(&(family.as_raw() as libc::sa_family_t).to_ne_bytes())
    }

    /// Writes bytes unchanged. It is an error in the caller if they do not fit.
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

    /// Writes zeros up to a total length.
    pub(super) fn fill(mut self, len: usize) -> Self {
        self.len = self.len.max(len);
        self
    }

    pub(super) fn finish(self) -> RawAddress {
        // This cannot fail: the writer has no more bytes than an address may have.
        RawAddress::from_bytes(&self.bytes[..self.len]).unwrap_or_else(|_| RawAddress::empty())
    }
}

/// Reads the fields of a `sockaddr` that follow its family. Bytes after its end are read as zeros.
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
