//! Addresses of AF_INET and AF_INET6 in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::tabi_addr;
use crate::address::ip_text;
use crate::error::Error;
use crate::ffi::boundary::{Outcome, boundary, copy_text, count, not_null, status, string};
use crate::resolve::{check_port, inet, numeric_address, numeric_address6};

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
        let addr = not_null(addr, "addr")?;
        addr.write(inet(family.into(), host, check_port(port.into())?, flowinfo, scope_id)?.into());
        Ok(())
    })
}

/// Reads a numeric host, which is not looked up, of either internet family: what tabi_getnameinfo() takes.
///
/// `host`: an IPv4 or IPv6 address, the latter perhaps with a scope ("fe80::1%lo"). `port`: judged by the C
/// library; glibc takes it modulo 65536. Returns 0, or TABI_GAI_NONAME for a name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_numeric(
    host: *const c_char,
    port: c_int,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let host = unsafe { string(host, "host") }?;
        let addr = not_null(addr, "addr")?;
        addr.write(numeric_address(host, port.into())?.into());
        Ok(())
    })
}

/// tabi_addr_from_numeric() with the other two parts of Python's AF_INET6 tuple, for IPv6 only.
///
/// `flowinfo`: 0 to 1048575, in host byte order. `scope_id`: the number of an interface; with 0 a scope in
/// `host` counts.
/// Returns 0; TABI_GAI_NONAME for a name, TABI_ERR_OS for an IPv4 address, TABI_ERR_OVERFLOW for another
/// `flowinfo`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_numeric6(
    host: *const c_char,
    port: c_int,
    flowinfo: u32,
    scope_id: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let host = unsafe { string(host, "host") }?;
        let addr = not_null(addr, "addr")?;
        addr.write(numeric_address6(host, port.into(), flowinfo, scope_id)?.into());
        Ok(())
    })
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
    boundary(|| Ok(internet(addr)?.port().into()))
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

fn internet(addr: Option<&tabi_addr>) -> Outcome<std::net::SocketAddr> {
    Ok(not_null(addr, "addr")?.decode()?.try_into()?)
}
