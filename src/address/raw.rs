//! The system's `sockaddr`.
#![allow(unsafe_code)]

use std::fmt;
use std::mem::{MaybeUninit, offset_of};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::{Address, UnixAddress};
use crate::constants::{AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, AddressFamily};
use crate::error::{Error, Result};
use crate::sys::{self, libc};

const UNIX_PATH_OFFSET: usize = offset_of!(libc::sockaddr_un, sun_path);
const DATA_OFFSET: usize = offset_of!(libc::sockaddr, sa_data);

/// The address structure of one family.
///
/// # Safety
///
/// The structure consists of integers only, without padding between them.
pub(crate) unsafe trait Structure: Copy {}

// SAFETY: the family, the port, the address and zeros fill the structure without padding.
unsafe impl Structure for libc::sockaddr_in {}
// SAFETY: every member is an integer or bytes that begin where the member before ends, so there is no padding.
unsafe impl Structure for libc::sockaddr_in6 {}
// SAFETY: the structure is the family and an array of bytes, so there is no padding.
unsafe impl Structure for libc::sockaddr_un {}
// SAFETY: arrays of bytes fill the space between the family and an aligned integer, so there is no padding.
unsafe impl Structure for libc::sockaddr_storage {}

/// A `struct sockaddr` of any family and its length. It is a plain value.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RawAddress {
    storage: libc::sockaddr_storage,
    len: libc::socklen_t,
    /// Some families have numbers of 64 bits, for which the storage of 32-bit systems is not aligned.
    aligned: [u64; 0],
}

impl RawAddress {
    /// The offset of the length, for callers that know the layout of this structure.
    #[cfg(feature = "capi")]
    pub(crate) const LEN_OFFSET: usize = offset_of!(RawAddress, len);

    /// The most bytes that an address can have.
    pub const CAPACITY: usize = size_of::<libc::sockaddr_storage>();

    /// Returns an empty address, which a system call can fill.
    pub fn empty() -> Self {
        // SAFETY: sockaddr_storage is plain integers, for which all zeros is a value.
        let storage = unsafe { MaybeUninit::zeroed().assume_init() };
        RawAddress { storage, len: 0, aligned: [] }
    }

    /// Copies the bytes of a `struct sockaddr`.
    ///
    /// Fails with [`Error::Value`] when there are more than [`RawAddress::CAPACITY`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > Self::CAPACITY {
            return Err(Error::value(format_args!(
                "a socket address has at most {} bytes, got {}",
                Self::CAPACITY,
                bytes.len()
            )));
        }
        let mut raw = Self::empty();
        // SAFETY: the storage has CAPACITY bytes, and `bytes` was checked to fit.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), raw.as_mut_ptr().cast(), bytes.len());
        }
        raw.len = bytes.len() as libc::socklen_t;
        Ok(raw)
    }

    /// Copies the address structure of a family. Its first `len` bytes are the address.
    fn from_struct<T: Structure>(address: T, len: usize) -> Self {
        const { assert!(size_of::<T>() <= Self::CAPACITY) };
        debug_assert!(len <= size_of::<T>());
        let mut raw = Self::empty();
        // SAFETY: T fits into the storage (asserted above) and has no padding, so that every byte stays initialised.
        unsafe { raw.as_mut_ptr().cast::<T>().write_unaligned(address) };
        raw.len = len as libc::socklen_t;
        if sys::LENGTH_IN_ADDRESS {
            // SAFETY: the storage has more than one byte.
            unsafe { raw.as_mut_ptr().cast::<u8>().write(len as u8) };
        }
        raw
    }

    /// Returns the address as the structure of a family. The bytes after the length are zero.
    pub(crate) fn to_struct<T: Structure>(self) -> T {
        const { assert!(size_of::<T>() <= Self::CAPACITY) };
        // SAFETY: the storage has T's size in initialised bytes (asserted above), and any bytes are a valid T.
        unsafe { self.as_ptr().cast::<T>().read_unaligned() }
    }

    /// Returns the family (`AF_*`), and `AF_UNSPEC` for an empty address.
    pub fn family(&self) -> AddressFamily {
        if (self.len as usize) < DATA_OFFSET {
            return AF_UNSPEC;
        }
        AddressFamily::from_raw(self.storage.ss_family.into())
    }

    /// Returns an internet address with another port, and any other address as it is.
    pub(crate) fn with_port(self, port: u16) -> Self {
        match self.decode() {
            Address::Inet(address) => SocketAddrV4::new(*address.ip(), port).into(),
            Address::Inet6(address) => {
                SocketAddrV6::new(*address.ip(), port, address.flowinfo(), address.scope_id()).into()
            }
            _ => self,
        }
    }

    /// Returns the bytes of the `struct sockaddr`.
    pub fn bytes(&self) -> &[u8] {
        let len = (self.len as usize).min(Self::CAPACITY);
        // SAFETY: the storage is initialised and has at least `len` bytes.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast(), len) }
    }

    /// Returns the bytes that follow the family.
    pub fn data(&self) -> &[u8] {
        self.bytes().get(DATA_OFFSET..).unwrap_or(&[])
    }

    /// Returns the length in bytes, as `bind(2)` needs it.
    pub fn len(&self) -> libc::socklen_t {
        self.len
    }

    /// Returns whether the address is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the pointer to the address, as `bind(2)` needs it.
    pub fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }

    /// Completes an address of which a system call has written the first `len` bytes. The other bytes become zero.
    ///
    /// # Safety
    ///
    /// `place` must be writable. Its first `len` bytes must be initialised, or all its bytes if it has fewer.
    #[inline(always)]
    pub(crate) unsafe fn complete(place: *mut Self, len: libc::socklen_t) {
        const INET: usize = size_of::<libc::sockaddr_in>();
        const INET6: usize = size_of::<libc::sockaddr_in6>();
        let len = (len as usize).min(Self::CAPACITY);
        // SAFETY: the caller guarantees that the place is writable.
        unsafe { (&raw mut (*place).len).write(len as libc::socklen_t) };
        // SAFETY: all three write to the storage, from `len` to its end. With a number that the compiler knows, it needs no
        // loop, and these two lengths are the usual ones.
        unsafe {
            let storage = place.cast::<u8>();
            match len {
                INET => storage.add(INET).write_bytes(0, Self::CAPACITY - INET),
                INET6 => storage.add(INET6).write_bytes(0, Self::CAPACITY - INET6),
                _ => storage.add(len).write_bytes(0, Self::CAPACITY - len),
            }
        }
    }

    /// Sets the length that a system call reported. For an address that was cut off, Linux reports more bytes than
    /// there are.
    pub(crate) fn set_len(&mut self, len: libc::socklen_t) {
        self.len = len.min(Self::CAPACITY as libc::socklen_t);
    }

    fn holds<T>(&self) -> bool {
        self.len as usize >= size_of::<T>()
    }

    /// Decodes the address. For addresses of `AF_CAN` and `AF_BLUETOOTH`, which depend on the protocol of the socket,
    /// use [`RawAddress::decode_for`].
    pub fn decode(&self) -> Address {
        self.decode_with(None)
    }

    /// Decodes the address of a socket with this protocol.
    pub fn decode_for(&self, proto: i32) -> Address {
        self.decode_with(Some(proto))
    }

    fn decode_with(&self, proto: Option<i32>) -> Address {
        if let Some(address) = self.internet() {
            return address.into();
        }
        match self.unix_name() {
            Some(name) => Address::Unix(decode_unix(name)),
            None if self.is_empty() => Address::None,
            None => super::families::decode(self, proto).unwrap_or(Address::Other(*self)),
        }
    }

    /// Returns an internet address, and `None` for an address of another family.
    pub(super) fn internet(&self) -> Option<SocketAddr> {
        match self.family() {
            AF_INET if self.holds::<libc::sockaddr_in>() => {
                let a: libc::sockaddr_in = self.to_struct();
                let ip = Ipv4Addr::from(u32::from_be(a.sin_addr.s_addr));
                Some(SocketAddrV4::new(ip, u16::from_be(a.sin_port)).into())
            }
            AF_INET6 if self.holds::<libc::sockaddr_in6>() => {
                let a: libc::sockaddr_in6 = self.to_struct();
                let ip = Ipv6Addr::from(a.sin6_addr.s6_addr);
                let flowinfo = u32::from_be(a.sin6_flowinfo);
                Some(SocketAddrV6::new(ip, u16::from_be(a.sin6_port), flowinfo, a.sin6_scope_id).into())
            }
            _ => None,
        }
    }

    /// Returns the name of an `AF_UNIX` address in Python's form: a path without its closing NUL, or an abstract name
    /// with its leading NUL. It is empty if the address has no name, and `None` for another family, and for a name that
    /// is longer than the system's structure: no socket has it.
    pub(super) fn unix_name(&self) -> Option<&[u8]> {
        if self.family() != AF_UNIX {
            return None;
        }
        let name = self.bytes().get(UNIX_PATH_OFFSET..).unwrap_or(&[]);
        let name = match name {
            [0, ..] if sys::ABSTRACT_NAMES => name,
            _ => name.split(|&byte| byte == 0).next()?,
        };
        (name.len() <= sys::UNIX_PATH_SIZE).then_some(name)
    }
}

fn decode_unix(name: &[u8]) -> UnixAddress {
    UnixAddress::from_bytes(name).unwrap_or_else(|_| {
        // The system allows a path of 108 bytes without a closing NUL. This crate does not bind such a path, but reads
        // it.
        UnixAddress::Path(sys::path_of(name))
    })
}

impl RawAddress {
    /// Returns the address in the type of socket2.
    pub(crate) fn to_socket2(self) -> socket2::SockAddr {
        let mut storage = socket2::SockAddrStorage::zeroed();
        // SAFETY: the storage is a sockaddr_storage, of which `len` bytes at most are the address.
        unsafe {
            *storage.view_as() = self.storage;
            socket2::SockAddr::new(storage, self.len)
        }
    }

    /// Makes an address from one of socket2.
    pub(crate) fn from_socket2(address: socket2::SockAddr) -> Self {
        let len = address.len().min(Self::CAPACITY as libc::socklen_t);
        // SAFETY: socket2 stores every address in a sockaddr_storage.
        RawAddress { storage: unsafe { *address.as_storage().view_as() }, len, aligned: [] }
    }
}

impl From<SocketAddrV4> for RawAddress {
    fn from(address: SocketAddrV4) -> Self {
        let mut raw: libc::sockaddr_in = Self::empty().to_struct();
        raw.sin_family = libc::AF_INET as libc::sa_family_t;
        raw.sin_port = address.port().to_be();
        raw.sin_addr.s_addr = u32::from(*address.ip()).to_be();
        Self::from_struct(raw, size_of::<libc::sockaddr_in>())
    }
}

impl From<SocketAddrV6> for RawAddress {
    fn from(address: SocketAddrV6) -> Self {
        let mut raw: libc::sockaddr_in6 = Self::empty().to_struct();
        raw.sin6_family = libc::AF_INET6 as libc::sa_family_t;
        raw.sin6_port = address.port().to_be();
        raw.sin6_flowinfo = address.flowinfo().to_be();
        raw.sin6_addr.s6_addr = address.ip().octets();
        raw.sin6_scope_id = address.scope_id();
        Self::from_struct(raw, size_of::<libc::sockaddr_in6>())
    }
}

impl TryFrom<&UnixAddress> for RawAddress {
    type Error = Error;

    /// Fails as [`UnixAddress::from_bytes`] does, because a program can build the variants with any bytes.
    fn try_from(address: &UnixAddress) -> Result<Self> {
        let name = address.to_bytes();
        let checked = UnixAddress::from_bytes(&name)?;
        let mut raw: libc::sockaddr_un = Self::empty().to_struct();
        raw.sun_family = libc::AF_UNIX as libc::sa_family_t;
        for (to, from) in raw.sun_path.iter_mut().zip(&name) {
            *to = *from as libc::c_char;
        }
        // The length of a path includes its closing NUL. An abstract name has no closing NUL.
        let closing = usize::from(checked.path().is_some());
        Ok(Self::from_struct(raw, UNIX_PATH_OFFSET + name.len() + closing))
    }
}

impl From<RawAddress> for Address {
    fn from(raw: RawAddress) -> Self {
        raw.decode()
    }
}

impl fmt::Debug for RawAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawAddress({}, {:?})", self.family(), self.data())
    }
}
