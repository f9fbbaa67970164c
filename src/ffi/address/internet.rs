//! The C functions for addresses of AF_INET and AF_INET6.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use crate::sys::libc::ssize_t;

use super::tabi_addr;
use crate::address::{Address, RawAddress, ip_text};
use crate::constants::AF_UNSPEC;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::ffi::boundary::{Outcome, boundary, copy_text, count, not_null, status, string};
use crate::resolve::{check_port, inet, inet_any, numeric_address, numeric_address6};

/// Looks a host up and makes its address (what Python's `bind` and `connect` do with a host and a port).
///
/// `family` is AF_INET, AF_INET6, or AF_UNSPEC for the first address of the host, of either family, in the
/// order of the system (RFC 6724). `host` is a name, an IP address, or "" for every address of this
/// machine, which needs a family. Except with AF_INET6 it may also be `"<broadcast>"`. `port` is 0 to
/// 65535.
///
/// Returns 0. Errors:
/// - TABI_GAI_*: the host was not found.
/// - TABI_ERR_OVERFLOW: the port is not in its range.
/// - TABI_ERR_TYPE: the family is another one.
/// - TABI_ERR_VALUE: "" with AF_UNSPEC.
/// - TABI_ERR_OS: `"<broadcast>"` with AF_INET6.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_host(
    family: c_int,
    host: *const c_char,
    port: c_int,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string.
    unsafe { tabi_addr_from_host6(family, host, port, 0, 0, addr) }
}

/// Does what tabi_addr_from_host() does, with the other two parts of Python's AF_INET6 addresses. They have
/// no effect on an IPv4 address.
///
/// `flowinfo` is 0 to 1048575, in host byte order. `scope_id` is the number of an interface, or 0 for none. Errors: also
/// TABI_ERR_OVERFLOW when `flowinfo` is too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_host6(
    family: c_int,
    host: *const c_char,
    port: c_int,
    flowinfo: u32,
    scope_id: u32,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string.
    unsafe { tabi_addr_from_host_until(family, host, port, flowinfo, scope_id, i64::MAX, addr) }
}

/// Does what tabi_addr_from_host6() does, with a deadline for the look-up. See tabi_getaddrinfo_until().
///
/// Errors: those of tabi_addr_from_host(), and those of tabi_getaddrinfo_until() for the deadline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_host_until(
    family: c_int,
    host: *const c_char,
    port: c_int,
    flowinfo: u32,
    scope_id: u32,
    deadline: i64,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let host = unsafe { string(host, "host") }?;
        let addr = not_null(addr, "addr")?;
        let deadline = Deadline::from_monotonic(deadline);
        let port = check_port(port.into())?;
        let address = match family.into() {
            AF_UNSPEC => inet_any(host, port, flowinfo, scope_id, deadline),
            family => inet(family, host, port, flowinfo, scope_id, deadline),
        };
        addr.write(address?.into());
        Ok(())
    })
}

/// Makes an address of AF_INET or AF_INET6 from a numeric host, without a look-up. tabi_getnameinfo() takes
/// such an address.
///
/// `host` is an IPv4 or IPv6 address. An IPv6 address may have a scope: "fe80::1%lo". `port` is given to the
/// C library, which checks it; glibc takes it modulo 65536.
///
/// Returns 0. Errors: TABI_GAI_NONAME when `host` is a name; TABI_GAI_SERVICE when the C library refuses the port.
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

/// Does what tabi_addr_from_numeric() does for IPv6, with the other two parts of Python's AF_INET6 addresses.
///
/// `flowinfo` is 0 to 1048575, in host byte order. `scope_id` is the number of an interface. When it is 0, a
/// scope in `host` is used.
///
/// Returns 0. Errors: TABI_GAI_NONAME when `host` is a name; TABI_ERR_OS when it is an IPv4 address;
/// TABI_ERR_OVERFLOW when `flowinfo` is too large.
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

/// Writes the IP address of an AF_INET or AF_INET6 address to `host` as text, without a scope and with a NUL
/// at the end.
///
/// `size` is the size of `host` in bytes; 46 are always enough. Returns the length without the NUL. Errors:
/// TABI_ERR_TYPE for another family; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_host(addr: Option<&tabi_addr>, host: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let address = internet(addr)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&ip_text(address.ip()), host, size, "host") }
    })
}

/// Returns the port of an AF_INET or AF_INET6 address, 0 to 65535. Errors: TABI_ERR_TYPE for another family.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_port(addr: Option<&tabi_addr>) -> c_int {
    boundary(|| Ok(internet(addr)?.port().into()))
}

/// Changes the port of an AF_INET or AF_INET6 address.
///
/// `port` is 0 to 65535. Returns 0. Errors: TABI_ERR_TYPE for another family; TABI_ERR_OVERFLOW when the
/// port is not in its range. Then the address is unchanged.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_set_port(addr: Option<&mut tabi_addr>, port: c_int) -> c_int {
    status(|| {
        let addr = not_null(addr, "addr")?;
        let port = check_port(port.into())?;
        let mut address: Address = addr.decode()?;
        address.set_port(port)?;
        *addr = RawAddress::try_from(&address)?.into();
        Ok(())
    })
}

/// Writes the flow information (in host byte order) and the scope of an AF_INET6 address. Either output may
/// be NULL.
///
/// Returns 0. Errors: TABI_ERR_TYPE for another family.
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
        other => Err(Error::type_error(format_args!("{other} is not an AF_INET6 address")).into()),
    })
}

fn internet(addr: Option<&tabi_addr>) -> Outcome<std::net::SocketAddr> {
    Ok(not_null(addr, "addr")?.decode()?.try_into()?)
}
