//! `getaddrinfo`: a host and a service to the addresses that a socket can use.

use std::borrow::Cow;
use std::ffi::CString;

use super::idna;
use crate::address::{Address, RawAddress};
use crate::c_string::c_string;
use crate::constants::{AddressFamily, SocketKind};
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::sys::{Answer, Answers, Hints};

/// One answer of [`getaddrinfo`]: what to make a socket with and where to connect or bind it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddrInfo {
    /// The address family, `AF_*`.
    pub family: AddressFamily,
    /// The type, `SOCK_*`.
    pub kind: SocketKind,
    /// The protocol, `IPPROTO_*`.
    pub proto: i32,
    /// The host's canonical name: in the first answer when `AI_CANONNAME` was asked for, else empty.
    pub canonname: String,
    /// The address.
    pub address: Address,
}

/// The host that [`getaddrinfo`] looks up: a name, an address, or `None` for this machine.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a>(Option<&'a [u8]>);

impl<'a> From<&'a str> for Host<'a> {
    fn from(name: &'a str) -> Self {
        Host(Some(name.as_bytes()))
    }
}

impl<'a> From<&'a String> for Host<'a> {
    fn from(name: &'a String) -> Self {
        Host(Some(name.as_bytes()))
    }
}

impl<'a> From<&'a [u8]> for Host<'a> {
    fn from(name: &'a [u8]) -> Self {
        Host(Some(name))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Host<'a> {
    fn from(name: &'a [u8; N]) -> Self {
        Host(Some(name))
    }
}

impl<'a> From<Option<&'a str>> for Host<'a> {
    fn from(name: Option<&'a str>) -> Self {
        Host(name.map(str::as_bytes))
    }
}

/// The service that [`getaddrinfo`] looks up: a name such as `"http"`, a port, or `None` for port 0.
#[derive(Debug, Clone)]
pub struct Service<'a>(Option<Cow<'a, [u8]>>);

impl<'a> From<&'a str> for Service<'a> {
    fn from(name: &'a str) -> Self {
        Service(Some(name.as_bytes().into()))
    }
}

impl<'a> From<&'a String> for Service<'a> {
    fn from(name: &'a String) -> Self {
        Service(Some(name.as_bytes().into()))
    }
}

impl<'a> From<&'a [u8]> for Service<'a> {
    fn from(name: &'a [u8]) -> Self {
        Service(Some(name.into()))
    }
}

impl<'a> From<Option<&'a str>> for Service<'a> {
    fn from(name: Option<&'a str>) -> Self {
        Service(name.map(|name| name.as_bytes().into()))
    }
}

impl From<u16> for Service<'_> {
    fn from(port: u16) -> Self {
        Service(Some(port.to_string().into_bytes().into()))
    }
}

/// Looks up the addresses of a host and a service (`socket.getaddrinfo`, `getaddrinfo(3)`).
///
/// `family` (`AF_*`), `kind` (`SOCK_*`) and `proto` (`IPPROTO_*`) limit the answers, 0 does not; `flags` are
/// `AI_*`. The answers are in the order in which they should be tried. A port number is the C library's to
/// judge: glibc takes it modulo 65536.
///
/// Fails with [`Error::Gai`], with [`Error::Os`] where the resolver met an error of the system, and with
/// [`Error::Value`] for a name with a NUL byte in it.
///
/// ```
/// use tabi::{AF_INET, SOCK_STREAM};
///
/// let answers = tabi::getaddrinfo("127.0.0.1", 80, AF_INET, SOCK_STREAM, 0, 0)?;
/// assert_eq!(answers[0].address.to_string(), "127.0.0.1:80");
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn getaddrinfo<'h, 's>(
    host: impl Into<Host<'h>>,
    service: impl Into<Service<'s>>,
    family: AddressFamily,
    kind: SocketKind,
    proto: i32,
    flags: i32,
) -> Result<Vec<AddrInfo>> {
    let host = host.into().0.map(host_name).transpose()?;
    let service = service.into().0.map(|name| c_string(&name, "a service")).transpose()?;
    let hints = Hints { family: family.as_raw(), kind: kind.as_raw(), proto, flags };
    let answers = Answers::of(host.as_deref(), service.as_deref(), hints)?;
    Ok(answers.iter().map(|answer| info(&answer)).collect())
}

/// The host as the C library takes it, encoded where that is asked for.
pub(super) fn host_name(host: &[u8]) -> Result<CString> {
    c_string(&idna::encode(host)?, "a host name")
}

/// The address of an answer, empty where there is none.
pub(super) fn address_of(answer: &Answer<'_>) -> RawAddress {
    answer.address().map_or_else(RawAddress::empty, RawAddress::from_socket2)
}

fn info(answer: &Answer<'_>) -> AddrInfo {
    AddrInfo {
        family: AddressFamily::from_raw(answer.family()),
        kind: SocketKind::from_raw(answer.kind()),
        proto: answer.proto(),
        canonname: answer.canonname(),
        address: address_of(answer).decode(),
    }
}
