//! The system's `sockaddr`, in and out.
#![allow(unsafe_code)]

use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::{MaybeUninit, offset_of};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use super::{Address, UnixAddress};
use crate::constants::{AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, AddressFamily};
use crate::error::{Error, Result};
use crate::sys;

const UNIX_PATH_OFFSET: usize = offset_of!(libc::sockaddr_un, sun_path);
const DATA_OFFSET: usize = offset_of!(libc::sockaddr, sa_data);

/// A family's own address structure.
///
/// # Safety
///
/// It is made of integers alone, without padding between them.
pub(crate) unsafe trait Structure: Copy {}

// SAFETY: port, address and zeros fill the structure.
unsafe impl Structure for libc::sockaddr_in {}
// SAFETY: port, flow information, address and scope lie on their own alignment, one behind the other.
unsafe impl Structure for libc::sockaddr_in6 {}
// SAFETY: an array of bytes follows the family.
unsafe impl Structure for libc::sockaddr_un {}
// SAFETY: arrays of bytes fill the place between the family and an aligned integer.
unsafe impl Structure for libc::sockaddr_storage {}

/// A `struct sockaddr` of any family with its length, held by value.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RawAddress {
    storage: libc::sockaddr_storage,
    len: libc::socklen_t,
}

impl RawAddress {
    /// Where the length is, for those who know an address by its layout.
    #[cfg(feature = "capi")]
    pub(crate) const LEN_OFFSET: usize = offset_of!(RawAddress, len);

    /// How many bytes an address may have.
    pub const CAPACITY: usize = size_of::<libc::sockaddr_storage>();

    /// An address of no bytes, to be filled by the system.
    pub fn empty() -> Self {
        // SAFETY: sockaddr_storage is plain integers, for which all zeros is a value.
        let storage = unsafe { MaybeUninit::zeroed().assume_init() };
        RawAddress { storage, len: 0 }
    }

    /// Copies the bytes of a `struct sockaddr`.
    ///
    /// Fails with [`Error::Value`] when there are more than [`RawAddress::CAPACITY`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > Self::CAPACITY {
            return Err(Error::value(format!(
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

    /// Copies a family's own address structure, of which the first `len` bytes count.
    fn from_struct<T: Structure>(address: T, len: usize) -> Self {
        const { assert!(size_of::<T>() <= Self::CAPACITY) };
        debug_assert!(len <= size_of::<T>());
        let mut raw = Self::empty();
        // SAFETY: T fits into the storage (asserted above) and has no padding, so that every byte stays initialised.
        unsafe { raw.as_mut_ptr().cast::<T>().write_unaligned(address) };
        raw.len = len as libc::socklen_t;
        raw
    }

    /// Reads it as a family's own address structure; bytes beyond the length are zero.
    pub(crate) fn to_struct<T: Structure>(self) -> T {
        const { assert!(size_of::<T>() <= Self::CAPACITY) };
        // SAFETY: the storage has T's size in initialised bytes (asserted above), and any bytes are a valid T.
        unsafe { self.as_ptr().cast::<T>().read_unaligned() }
    }

    /// The family (`AF_*`), or `AF_UNSPEC` for an empty address.
    pub fn family(&self) -> AddressFamily {
        if (self.len as usize) < DATA_OFFSET {
            return AF_UNSPEC;
        }
        AddressFamily::from_raw(self.storage.ss_family.into())
    }

    /// The bytes of the `struct sockaddr`.
    pub fn bytes(&self) -> &[u8] {
        let len = (self.len as usize).min(Self::CAPACITY);
        // SAFETY: the storage is initialised and has at least `len` bytes.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast(), len) }
    }

    /// The bytes behind the family.
    pub fn data(&self) -> &[u8] {
        self.bytes().get(DATA_OFFSET..).unwrap_or(&[])
    }

    /// The length in bytes, as `bind(2)` wants it.
    pub fn len(&self) -> libc::socklen_t {
        self.len
    }

    /// True when there is no address.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The address as `bind(2)` wants it.
    pub fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }

    /// Completes an address whose bytes a system call has written: the rest is zero.
    ///
    /// # Safety
    ///
    /// `place` must be writable, and its first `len` bytes initialised, as far as it has so many.
    pub(crate) unsafe fn complete(place: *mut Self, len: libc::socklen_t) {
        let len = len.min(Self::CAPACITY as libc::socklen_t);
        // SAFETY: the caller vouches for the place, and `len` lies within the storage.
        unsafe {
            (&raw mut (*place).len).write(len);
            place.cast::<u8>().add(len as usize).write_bytes(0, Self::CAPACITY - len as usize);
        }
    }

    /// Sets the length that a system call reported; Linux reports more than fits for a cut address.
    pub(crate) fn set_len(&mut self, len: libc::socklen_t) {
        self.len = len.min(Self::CAPACITY as libc::socklen_t);
    }

    fn holds<T>(&self) -> bool {
        self.len as usize >= size_of::<T>()
    }

    /// Decodes the address. Those of `AF_CAN` and `AF_BLUETOOTH` have one form for each protocol: see [`RawAddress::decode_for`].
    pub fn decode(&self) -> Address {
        self.decode_with(None)
    }

    /// [`RawAddress::decode`] for an address of a socket of this protocol.
    pub fn decode_for(&self, proto: i32) -> Address {
        self.decode_with(Some(proto))
    }

    fn decode_with(&self, proto: Option<i32>) -> Address {
        match self.family() {
            _ if self.is_empty() => Address::None,
            AF_INET if self.holds::<libc::sockaddr_in>() => {
                let a: libc::sockaddr_in = self.to_struct();
                let ip = Ipv4Addr::from(u32::from_be(a.sin_addr.s_addr));
                Address::Inet(SocketAddrV4::new(ip, u16::from_be(a.sin_port)))
            }
            AF_INET6 if self.holds::<libc::sockaddr_in6>() => {
                let a: libc::sockaddr_in6 = self.to_struct();
                Address::Inet6(SocketAddrV6::new(
                    Ipv6Addr::from(a.sin6_addr.s6_addr),
                    u16::from_be(a.sin6_port),
                    u32::from_be(a.sin6_flowinfo),
                    a.sin6_scope_id,
                ))
            }
            AF_UNIX => Address::Unix(self.decode_unix()),
            _ => super::families::decode(self, proto).unwrap_or(Address::Other(*self)),
        }
    }

    fn decode_unix(&self) -> UnixAddress {
        let name = self.bytes().get(UNIX_PATH_OFFSET..).unwrap_or(&[]);
        let path_end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
        match name {
            [] => UnixAddress::Unnamed,
            [0, rest @ ..] if sys::ABSTRACT_NAMES => UnixAddress::Abstract(rest.to_vec()),
            _ => match UnixAddress::from_bytes(&name[..path_end]) {
                Ok(address) => address,
                // A path of 108 bytes without a closing NUL: longer than may be bound through this crate, yet real.
                Err(_) => UnixAddress::Path(std::ffi::OsString::from_vec(name[..path_end].to_vec()).into()),
            },
        }
    }
}

use std::os::unix::ffi::OsStringExt;

impl RawAddress {
    /// The address as socket2 takes it.
    pub(crate) fn to_socket2(self) -> socket2::SockAddr {
        let mut storage = socket2::SockAddrStorage::zeroed();
        // SAFETY: the storage is a sockaddr_storage, of which `len` bytes at most are the address.
        unsafe {
            *storage.view_as() = self.storage;
            socket2::SockAddr::new(storage, self.len)
        }
    }

    /// An address that socket2 has got.
    pub(crate) fn from_socket2(address: socket2::SockAddr) -> Self {
        let len = address.len().min(Self::CAPACITY as libc::socklen_t);
        // SAFETY: socket2 stores every address in a sockaddr_storage.
        RawAddress { storage: unsafe { *address.as_storage().view_as() }, len }
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

    /// Fails as [`UnixAddress::from_bytes`] does, since the variants can be built with anything in them.
    fn try_from(address: &UnixAddress) -> Result<Self> {
        let name = address.to_bytes();
        let checked = UnixAddress::from_bytes(&name)?;
        let mut raw: libc::sockaddr_un = Self::empty().to_struct();
        raw.sun_family = libc::AF_UNIX as libc::sa_family_t;
        for (to, from) in raw.sun_path.iter_mut().zip(&name) {
            *to = *from as libc::c_char;
        }
        // A path's closing NUL is part of its length; an abstract name has none.
        let closing = usize::from(checked.path().is_some());
        Ok(Self::from_struct(raw, UNIX_PATH_OFFSET + name.len() + closing))
    }
}

impl From<RawAddress> for Address {
    fn from(raw: RawAddress) -> Self {
        raw.decode()
    }
}

impl PartialEq for RawAddress {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for RawAddress {}

impl Hash for RawAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

impl fmt::Debug for RawAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawAddress(family {}, {:?})", self.family().as_raw(), self.data())
    }
}
