//! `getaddrinfo`: a host and a service to the addresses that a socket can use.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::ptr;

use super::idna;
use crate::address::{Address, RawAddress};
use crate::c_string::c_string;
use crate::constants::{AF_UNSPEC, AddressFamily, SocketKind};
use crate::error::{Error, Result, last_errno};

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
    let hints = Hints { family, kind, proto, flags };
    Answers::of(host.as_deref(), service.as_deref(), hints)?.iter().map(|answer| answer.info()).collect()
}

/// The host as the C library takes it, encoded where that is asked for.
pub(super) fn host_name(host: &[u8]) -> Result<CString> {
    c_string(&idna::encode(host)?, "a host name")
}

/// What limits a lookup.
#[derive(Clone, Copy)]
pub(super) struct Hints {
    pub(super) family: AddressFamily,
    pub(super) kind: SocketKind,
    pub(super) proto: i32,
    pub(super) flags: i32,
}

impl Hints {
    pub(super) const NONE: Hints = Hints { family: AF_UNSPEC, kind: SocketKind::ANY, proto: 0, flags: 0 };
}

/// The C library's list, which is never empty.
pub(super) struct Answers(*mut libc::addrinfo);

impl Answers {
    /// The only call of `getaddrinfo(3)` in this crate.
    pub(super) fn of(host: Option<&CStr>, service: Option<&CStr>, hints: Hints) -> Result<Self> {
        // SAFETY: addrinfo is plain integers and pointers, for which all zeros is a value.
        let mut wanted: libc::addrinfo = unsafe { std::mem::zeroed() };
        wanted.ai_family = hints.family.as_raw();
        wanted.ai_socktype = hints.kind.as_raw();
        wanted.ai_protocol = hints.proto;
        wanted.ai_flags = hints.flags;
        let mut list = ptr::null_mut();
        let host = host.map_or(ptr::null(), CStr::as_ptr);
        let service = service.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: both names are NULL or NUL-terminated, the hints' pointers are NULL; `list` is freed on drop.
        match unsafe { libc::getaddrinfo(host, service, &wanted, &mut list) } {
            0 if list.is_null() => Err(Error::Gai(libc::EAI_NONAME)),
            0 => Ok(Answers(list)),
            code => Err(gai_error(code)),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Answer<'_>> {
        // SAFETY: the list and its entries live as long as `self`.
        let mut next = unsafe { self.0.as_ref() };
        std::iter::from_fn(move || {
            let entry = next?;
            // SAFETY: the next entry is NULL or lives as long as `self`.
            next = unsafe { entry.ai_next.as_ref() };
            Some(Answer(entry))
        })
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        // SAFETY: the list came from getaddrinfo and is freed once.
        unsafe { libc::freeaddrinfo(self.0) };
    }
}

/// One entry of the list.
pub(super) struct Answer<'a>(&'a libc::addrinfo);

impl Answer<'_> {
    pub(super) fn address(&self) -> Result<RawAddress> {
        if self.0.ai_addr.is_null() {
            return Ok(RawAddress::empty());
        }
        // SAFETY: the entry's address has this many bytes.
        RawAddress::from_bytes(unsafe {
            std::slice::from_raw_parts(self.0.ai_addr.cast(), self.0.ai_addrlen as usize)
        })
    }

    fn info(&self) -> Result<AddrInfo> {
        let canonname = match self.0.ai_canonname {
            name if name.is_null() => String::new(),
            // SAFETY: not NULL, and NUL-terminated as long as the list lives.
            name => unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned(),
        };
        Ok(AddrInfo {
            family: AddressFamily::from_raw(self.0.ai_family),
            kind: SocketKind::from_raw(self.0.ai_socktype),
            proto: self.0.ai_protocol,
            canonname,
            address: self.address()?.decode(),
        })
    }
}

/// A failure of `getaddrinfo` or `getnameinfo`, to be made before anything else touches `errno`.
pub(super) fn gai_error(code: i32) -> Error {
    if code == libc::EAI_SYSTEM { Error::Os(last_errno()) } else { Error::Gai(code) }
}
