//! A host as `bind` and `connect` take it: one name, one address.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;

use crate::address::{Address, RawAddress};
use crate::error::{Error, Result, last_errno};

/// The first address of `host` for a socket of `family`; the port in the result is 0.
///
/// `""` is any address, `"<broadcast>"` is 255.255.255.255; numeric addresses are not looked up.
pub(crate) fn host(host: &[u8], family: i32) -> Result<SocketAddr> {
    match host {
        b"" => return Ok(any(family)),
        b"<broadcast>" | b"255.255.255.255" if family == libc::AF_INET6 => {
            return Err(Error::OsMessage("address family mismatched".into()));
        }
        b"<broadcast>" => return Ok((Ipv4Addr::BROADCAST, 0).into()),
        _ => {}
    }
    if let Some(address) = numeric(host, family) {
        return Ok(SocketAddr::new(address, 0));
    }
    first_answer(host, family)
}

fn any(family: i32) -> SocketAddr {
    match family {
        libc::AF_INET6 => (Ipv6Addr::UNSPECIFIED, 0).into(),
        _ => (Ipv4Addr::UNSPECIFIED, 0).into(),
    }
}

/// Plain addresses of the socket's own family; everything else is the C library's to read.
fn numeric(host: &[u8], family: i32) -> Option<IpAddr> {
    let text = std::str::from_utf8(host).ok()?;
    match family {
        libc::AF_INET => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        libc::AF_INET6 => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        _ => text.parse().ok(),
    }
}

fn first_answer(host: &[u8], family: i32) -> Result<SocketAddr> {
    let name = CString::new(host).map_err(|_| Error::value("a host name must not contain a NUL byte"))?;
    // SAFETY: addrinfo is plain integers and pointers, for which all zeros is a value.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = family;
    let mut list: *mut libc::addrinfo = ptr::null_mut();
    // SAFETY: the name is NUL-terminated, the hints are zeroed, and `list` is freed below.
    let code = unsafe { libc::getaddrinfo(name.as_ptr(), ptr::null(), &hints, &mut list) };
    if code == libc::EAI_SYSTEM {
        return Err(Error::Os(last_errno()));
    }
    if code != 0 {
        return Err(Error::Gai(code));
    }
    // SAFETY: getaddrinfo succeeded, so the first entry and its address exist.
    let first = unsafe {
        let entry = &*list;
        let bytes = std::slice::from_raw_parts(entry.ai_addr.cast(), entry.ai_addrlen as usize);
        let first = RawAddress::from_bytes(bytes);
        libc::freeaddrinfo(list);
        first
    };
    match first?.decode() {
        Address::Inet(v4) => Ok(v4.into()),
        Address::Inet6(v6) => Ok(v6.into()),
        _ => Err(Error::OsMessage("unsupported address family".into())),
    }
}
