//! The address of a host for `bind` and `connect`, which need exactly one.

use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::addrinfo::{address_of, host_name};
use super::pool;
use crate::constants::{AF_INET, AF_INET6, AF_UNSPEC, AddressFamily, SOCK_STREAM};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::sys::{Answers, Hints, libc};

/// Returns the first address of `host` for a socket of `family`, which may be `AF_UNSPEC`. The port in the result is 0.
///
/// `""` is any address of this machine, and `"<broadcast>"` is 255.255.255.255. Numeric addresses
/// are not looked up. Fails with [`Error::Timeout`] when the deadline passes.
pub(crate) fn host(host: &[u8], family: AddressFamily, deadline: Deadline) -> Result<SocketAddr> {
    match host {
        b"" => return any(family),
        b"<broadcast>" | b"255.255.255.255" if family == AF_INET6 => {
            return Err(Error::OsMessage("address family mismatched".into()));
        }
        b"<broadcast>" => return Ok((Ipv4Addr::BROADCAST, 0).into()),
        _ => {}
    }
    if let Some(address) = numeric(host, family) {
        return Ok(SocketAddr::new(address, 0));
    }
    let name = host_name(host)?;
    pool::until(deadline, move || first_answer(&name, family))
}

/// Returns all addresses of `host`, each once: those of IPv4, then those of IPv6. The port in the results is 0.
///
/// `""` is any address of this machine, of both versions. Fails with [`Error::Timeout`] when the deadline passes.
pub(crate) fn hosts(host: &[u8], deadline: Deadline) -> Result<Vec<SocketAddr>> {
    if host.is_empty() {
        return memory::collected([AF_INET, AF_INET6].into_iter().map(any));
    }
    if host == b"<broadcast>" || numeric(host, AF_UNSPEC).is_some() {
        return memory::collected([self::host(host, AF_UNSPEC, deadline)].into_iter());
    }
    let name = host_name(host)?;
    pool::until(deadline, move || all_answers(&name))
}

fn any(family: AddressFamily) -> Result<SocketAddr> {
    match family {
        AF_INET => Ok((Ipv4Addr::UNSPECIFIED, 0).into()),
        AF_INET6 => Ok((Ipv6Addr::UNSPECIFIED, 0).into()),
        _ => Err(Error::OsMessage("wildcard resolved to multiple address".into())),
    }
}

/// Reads a plain numeric address of the socket's family. The C library reads all others.
pub(super) fn numeric(host: &[u8], family: AddressFamily) -> Option<IpAddr> {
    let text = std::str::from_utf8(host).ok()?;
    match family {
        AF_INET => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        AF_INET6 => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        _ => text.parse().ok(),
    }
}

fn all_answers(host: &CStr) -> Result<Vec<SocketAddr>> {
    // Without a type of socket, each address would come once for each type.
    let hints = Hints { family: AF_UNSPEC.as_raw(), kind: SOCK_STREAM.as_raw(), ..Hints::default() };
    let answers = Answers::of(Some(host), None, hints)?;
    let mut found: Vec<SocketAddr> = Vec::new();
    let mut ipv4 = 0;
    for address in answers.iter().filter_map(|answer| address_of(&answer).decode().as_inet()) {
        if !found.contains(&address) {
            memory::reserve(&mut found, 1)?;
            // The addresses of version 4 first, otherwise in the order of the answers.
            let place = if address.is_ipv4() { ipv4 } else { found.len() };
            found.insert(place, address);
            ipv4 += usize::from(address.is_ipv4());
        }
    }
    if found.is_empty() {
        return Err(Error::Gai(libc::EAI_NONAME));
    }
    Ok(found)
}

fn first_answer(host: &CStr, family: AddressFamily) -> Result<SocketAddr> {
    let hints = Hints { family: family.as_raw(), ..Hints::default() };
    let answers = Answers::of(Some(host), None, hints)?;
    let first = answers.iter().next().ok_or(Error::Gai(libc::EAI_NONAME))?;
    let address = address_of(&first).decode();
    address.as_inet().ok_or_else(|| Error::OsMessage("unsupported address family".into()))
}
