//! Addresses in C: `tabi_addr`.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::{MaybeUninit, offset_of};

use libc::ssize_t;

use super::boundary::{Outcome, bytes, copy_bytes, copy_text, count, some, status, string};
use crate::address::{Address, RawAddress, UnixAddress, check_port, inet};
use crate::error::Error;
use crate::resolve::ip_text;

/// The address of a socket, of any family: a value that is copied freely and needs no free.
///
/// Fill it with tabi_addr_from_host(), tabi_addr_from_unix() or tabi_addr_from_sockaddr(); read it
/// with the other tabi_addr_ functions. The first `len` bytes of `data` are a struct sockaddr.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tabi_addr {
    /// The bytes of the struct sockaddr, aligned for every family.
    pub data: [u64; 16],
    /// How many bytes of it there are; 0 for no address.
    pub len: u32,
}

impl From<RawAddress> for tabi_addr {
    fn from(raw: RawAddress) -> Self {
        let mut address = tabi_addr { data: [0; 16], len: raw.len() };
        // SAFETY: `data` has as many bytes as a RawAddress can.
        unsafe {
            std::ptr::copy_nonoverlapping(
                raw.as_ptr().cast::<u8>(),
                address.data.as_mut_ptr().cast(),
                RawAddress::CAPACITY,
            );
        }
        address
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
    /// The place of an address for the core to write to.
    pub(super) fn as_raw(place: &mut MaybeUninit<tabi_addr>) -> *mut RawAddress {
        place.as_mut_ptr().cast()
    }

    pub(super) fn raw(&self) -> Outcome<RawAddress> {
        // SAFETY: `data` is initialised and has all its bytes.
        let all =
            unsafe { std::slice::from_raw_parts(self.data.as_ptr().cast::<u8>(), size_of_val(&self.data)) };
        let len = self.len as usize;
        let bytes = all
            .get(..len)
            .ok_or_else(|| Error::value(format!("an address has at most {} bytes, got {len}", all.len())))?;
        Ok(RawAddress::from_bytes(bytes)?)
    }

    fn decode(&self) -> Outcome<Address> {
        Ok(self.raw()?.decode())
    }
}

/// Looks a host up, as bind and connect do for a socket of `family` (AF_INET or AF_INET6).
///
/// `host`: a name, an address, "" (any) or, of AF_INET, `"<broadcast>"` (else TABI_ERR_OS). `port`: 0 to 65535.
/// Returns 0; TABI_ERR_OVERFLOW for another port, TABI_ERR_TYPE for another family, TABI_GAI_* when the lookup
/// fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_host(
    family: c_int,
    host: *const c_char,
    port: c_int,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { tabi_addr_from_host6(family, host, port, 0, 0, addr) }
}

/// tabi_addr_from_host() with the other two parts of Python's AF_INET6 tuple, which AF_INET has no place for.
///
/// `flowinfo`: 0 to 1048575, in host byte order. `scope_id`: the number of an interface, 0 for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_host6(
    family: c_int,
    host: *const c_char,
    port: c_int,
    flowinfo: u32,
    scope_id: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let host = unsafe { string(host, "host") }?;
        let addr = some(addr, "addr")?;
        addr.write(inet(family.into(), host, check_port(port.into())?, flowinfo, scope_id)?.into());
        Ok(())
    })
}

/// Makes an AF_UNIX address of a path (1 to 107 bytes), of an abstract name (a NUL byte and 0 to 107 bytes of
/// any value, on Linux), or, with `len` 0, of no name.
///
/// Returns 0; TABI_ERR_OS when it is too long, TABI_ERR_VALUE for a path with a NUL byte in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_unix(
    path: *const c_void,
    len: usize,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes `len` readable bytes.
        let path = unsafe { bytes(path, len, "path") }?;
        let addr = some(addr, "addr")?;
        addr.write(RawAddress::try_from(&UnixAddress::from_bytes(path)?)?.into());
        Ok(())
    })
}

/// Copies a struct sockaddr of `len` bytes (at most 128).
///
/// Returns 0 or TABI_ERR_VALUE when it is too long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_sockaddr(
    sockaddr: *const libc::sockaddr,
    len: usize,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes `len` readable bytes.
        let bytes = unsafe { bytes(sockaddr.cast(), len, "sockaddr") }?;
        let addr = some(addr, "addr")?;
        addr.write(RawAddress::from_bytes(bytes)?.into());
        Ok(())
    })
}

/// The address as the system's own functions take it: `addr->len` bytes, valid as long as `addr` is. NULL for
/// NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_sockaddr(addr: Option<&tabi_addr>) -> *const libc::sockaddr {
    addr.map_or(std::ptr::null(), |addr| addr.data.as_ptr().cast())
}

/// The family: AF_INET, AF_INET6, AF_UNIX ..., AF_UNSPEC (0) for no address; negative for an error.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_family(addr: Option<&tabi_addr>) -> c_int {
    super::boundary::boundary(|| Ok(some(addr, "addr")?.raw()?.family().as_raw()))
}

/// The host of an AF_INET or AF_INET6 address as text, with its closing NUL, without a scope.
///
/// `size`: the bytes of `host`; 46 are enough. Returns the length without the NUL; TABI_ERR_TYPE for
/// another family, TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_host(addr: Option<&tabi_addr>, host: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let address = internet(addr)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&ip_text(address.ip()), host, size) }
    })
}

/// The port of an AF_INET or AF_INET6 address (0 to 65535), or TABI_ERR_TYPE for another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_port(addr: Option<&tabi_addr>) -> c_int {
    super::boundary::boundary(|| Ok(internet(addr)?.port().into()))
}

/// The flow information (host byte order) and the scope of an AF_INET6 address.
///
/// Returns 0 or TABI_ERR_TYPE for another family. Either output may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_scope(
    addr: Option<&tabi_addr>,
    flowinfo: Option<&mut MaybeUninit<u32>>,
    scope_id: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| match internet(addr)? {
        std::net::SocketAddr::V6(address) => {
            flowinfo.map(|out| out.write(address.flowinfo()));
            scope_id.map(|out| out.write(address.scope_id()));
            Ok(())
        }
        other => Err(Error::type_error(format!("{other} is not an AF_INET6 address")).into()),
    })
}

/// The path of an AF_UNIX address, or its abstract name with the leading NUL byte; no byte for an unnamed one.
///
/// `path` gets no closing NUL: names may hold NUL bytes. `size`: its bytes; 108 are enough.
/// Returns the length; TABI_ERR_TYPE for another family, TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_unix(addr: Option<&tabi_addr>, path: *mut c_void, size: usize) -> ssize_t {
    count(|| match some(addr, "addr")?.decode()? {
        // SAFETY: the caller passes `size` writable bytes.
        Address::Unix(name) => unsafe { copy_bytes(&name.to_bytes(), path, size) },
        other => Err(Error::type_error(format!("{other} is not an AF_UNIX address")).into()),
    })
}

/// The address as text for people, with its closing NUL: "('127.0.0.1', 80)", "'/run/s'".
///
/// Returns the length without the NUL, or TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_text(addr: Option<&tabi_addr>, text: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let address = some(addr, "addr")?.decode()?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&address.to_string(), text, size) }
    })
}

fn internet(addr: Option<&tabi_addr>) -> Outcome<std::net::SocketAddr> {
    Ok(some(addr, "addr")?.decode()?.try_into()?)
}
