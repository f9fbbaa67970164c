//! Look-ups of hosts, services and protocols with glibc's `_r` functions, which write into the caller's buffer.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr;

use crate::error::{Error, Result};
use crate::memory;
use crate::sys::HostEntry;
use crate::sys::unix::{port_of, text};

#[expect(unused_doc_comments, reason = "cbindgen reads it: these are not our exports")]
/// cbindgen:ignore
unsafe extern "C" {
    fn gethostbyname_r(
        name: *const c_char,
        entry: *mut libc::hostent,
        buffer: *mut c_char,
        size: usize,
        result: *mut *mut libc::hostent,
        h_errno: *mut c_int,
    ) -> c_int;
    fn gethostbyaddr_r(
        address: *const c_void,
        len: libc::socklen_t,
        family: c_int,
        entry: *mut libc::hostent,
        buffer: *mut c_char,
        size: usize,
        result: *mut *mut libc::hostent,
        h_errno: *mut c_int,
    ) -> c_int;
    fn getservbyname_r(
        name: *const c_char,
        proto: *const c_char,
        entry: *mut libc::servent,
        buffer: *mut c_char,
        size: usize,
        result: *mut *mut libc::servent,
    ) -> c_int;
    fn getservbyport_r(
        port: c_int,
        proto: *const c_char,
        entry: *mut libc::servent,
        buffer: *mut c_char,
        size: usize,
        result: *mut *mut libc::servent,
    ) -> c_int;
    fn getprotobyname_r(
        name: *const c_char,
        entry: *mut libc::protoent,
        buffer: *mut c_char,
        size: usize,
        result: *mut *mut libc::protoent,
    ) -> c_int;
}

/// The size of the first buffer, which is enough for nearly every entry, and the size above which the buffer does not
/// grow.
const BUFFER: usize = 2048;
const LARGEST_BUFFER: usize = 16 << 20;

/// Calls a function, with a larger buffer each time that the buffer was too small. Reads the entry that it found, and
/// returns `None` when there is no entry.
fn lookup<E, T>(
    mut call: impl FnMut(*mut E, *mut c_char, usize, *mut *mut E) -> c_int,
    read: impl FnOnce(&E) -> T,
) -> Result<Option<T>> {
    let mut buffer = memory::zeroed::<u8>(BUFFER)?;
    loop {
        let (mut entry, mut result) = (MaybeUninit::uninit(), ptr::null_mut());
        let errno = call(entry.as_mut_ptr(), buffer.as_mut_ptr().cast(), buffer.len(), &mut result);
        // SAFETY: the result is NULL or points to the entry, which the call has filled in. It points into the buffer.
        match (errno, unsafe { result.as_ref() }) {
            (_, Some(entry)) => return Ok(Some(read(entry))),
            (libc::ERANGE, None) if buffer.len() < LARGEST_BUFFER => {
                buffer = memory::zeroed(buffer.len() * 4)?;
            }
            (0 | libc::ENOENT, None) => return Ok(None),
            (errno, None) => return Err(Error::Os(errno)),
        }
    }
}

/// Calls a function that looks a host up and sets `h_errno` when it fails.
fn host(
    mut call: impl FnMut(*mut libc::hostent, *mut c_char, usize, *mut *mut libc::hostent, *mut c_int) -> c_int,
) -> Result<HostEntry> {
    let mut h_errno = 0;
    let found =
        lookup(|entry, buffer, size, result| call(entry, buffer, size, result, &mut h_errno), read_host);
    match found {
        Ok(Some(entry)) => entry,
        // Where there is no reason of the resolver's, it is the system's.
        Err(error) if h_errno <= 0 => Err(error),
        _ => Err(Error::Herror(h_errno)),
    }
}

/// Looks up the IPv4 addresses and the names of the host with this name.
pub(crate) fn host_by_name(name: &CStr) -> Result<HostEntry> {
    host(|entry, buffer, size, result, h_errno| {
        // SAFETY: the name is NUL-terminated, the buffer has `size` bytes, and the other pointers are writable.
        unsafe { gethostbyname_r(name.as_ptr(), entry, buffer, size, result, h_errno) }
    })
}

/// Looks up the names of the host with this address.
pub(crate) fn host_by_address(address: IpAddr) -> Result<HostEntry> {
    let (family, octets) = match address {
        IpAddr::V4(v4) => (libc::AF_INET, v4.octets().to_vec()),
        IpAddr::V6(v6) => (libc::AF_INET6, v6.octets().to_vec()),
    };
    host(|entry, buffer, size, result, h_errno| {
        let (data, len) = (octets.as_ptr().cast(), octets.len() as libc::socklen_t);
        // SAFETY: the address has `len` bytes, the buffer has `size` bytes, and the other pointers are writable.
        unsafe { gethostbyaddr_r(data, len, family, entry, buffer, size, result, h_errno) }
    })
}

/// Returns the port of a service, or `None` when there is no such service.
pub(crate) fn service_by_name(name: &CStr, proto: Option<&CStr>) -> Result<Option<u16>> {
    let proto = proto.map_or(ptr::null(), CStr::as_ptr);
    lookup(
        |entry, buffer, size, result| {
            // SAFETY: both names are NUL-terminated or NULL, the buffer has `size` bytes, and the other pointers are
            // writable.
            unsafe { getservbyname_r(name.as_ptr(), proto, entry, buffer, size, result) }
        },
        port_of,
    )
}

/// Returns the name of the service on a port, or `None` when there is none.
pub(crate) fn service_by_port(port: u16, proto: Option<&CStr>) -> Result<Option<String>> {
    let proto = proto.map_or(ptr::null(), CStr::as_ptr);
    lookup(
        |entry, buffer, size, result| {
            // SAFETY: the protocol is NUL-terminated or NULL, the buffer has `size` bytes, and the other pointers are
            // writable.
            unsafe { getservbyport_r(c_int::from(port.to_be()), proto, entry, buffer, size, result) }
        },
        // SAFETY: the entry's name is NUL-terminated.
        |entry| unsafe { text(entry.s_name) },
    )
}

/// Returns the number of a protocol, or `None` when there is no such protocol.
pub(crate) fn protocol_by_name(name: &CStr) -> Result<Option<i32>> {
    lookup(
        |entry, buffer, size, result| {
            // SAFETY: the name is NUL-terminated, the buffer has `size` bytes, and the other pointers are writable.
            unsafe { getprotobyname_r(name.as_ptr(), entry, buffer, size, result) }
        },
        |entry: &libc::protoent| entry.p_proto,
    )
}

fn read_host(entry: &libc::hostent) -> Result<HostEntry> {
    let read_address = |address: *mut c_char| {
        // SAFETY: an address has h_length bytes.
        let octets = unsafe { std::slice::from_raw_parts(address.cast::<u8>(), entry.h_length as usize) };
        let v4 = || Some(IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?)));
        let v6 = || Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?)));
        match entry.h_addrtype {
            libc::AF_INET => v4(),
            libc::AF_INET6 => v6(),
            _ => None,
        }
    };
    // SAFETY: both lists end with NULL, and every name in the entry is NUL-terminated.
    let (name, aliases, addresses) = unsafe {
        let aliases = pointers(entry.h_aliases).into_iter().map(|alias| text(alias)).collect();
        (text(entry.h_name), aliases, pointers(entry.h_addr_list).into_iter().map(read_address).collect())
    };
    let addresses: Option<Vec<IpAddr>> = addresses;
    Ok(HostEntry { name, aliases, addresses: addresses.ok_or(Error::Os(libc::EAFNOSUPPORT))? })
}

/// Returns the pointers of a list.
///
/// # Safety
///
/// `list` is NULL, or a list of pointers that ends with NULL.
unsafe fn pointers(list: *mut *mut c_char) -> Vec<*mut c_char> {
    let mut pointers = Vec::new();
    if list.is_null() {
        return pointers;
    }
    let mut next = list;
    // SAFETY: the list is not NULL, and the caller guarantees that it ends with NULL.
    unsafe {
        while !(*next).is_null() {
            pointers.push(*next);
            next = next.add(1);
        }
    }
    pointers
}
