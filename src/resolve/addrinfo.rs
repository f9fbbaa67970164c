//! `getaddrinfo`, which finds the addresses of a host and a service.

use std::borrow::Cow;
use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::numbers::answer_to_numbers;
use super::{idna, pool};
use crate::address::{Address, RawAddress};
use crate::c_string::c_string;
use crate::cancel::Tokens;
use crate::constants::{AddressFamily, SocketKind};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::sys::{Answer, Answers, Hints, libc};

/// One answer of [`getaddrinfo`]: what is needed to make a socket and to connect or bind it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddrInfo {
    /// The address family, `AF_*`.
    pub family: AddressFamily,
    /// The kind of socket, `SOCK_*`.
    pub kind: SocketKind,
    /// The protocol, `IPPROTO_*`.
    pub proto: i32,
    /// The canonical name of the host. Only the first answer has it, and only with `AI_CANONNAME`; otherwise it is
    /// empty.
    pub canonname: String,
    /// The address.
    pub address: Address,
}

/// The host that [`getaddrinfo`] looks up: a name, an address, or `None` for this machine.
///
/// It is made from a `&str`, a `String`, bytes, or one of [`std::net`]'s IP addresses.
#[derive(Debug, Clone)]
pub struct Host<'a>(Option<Cow<'a, [u8]>>);

impl Host<'_> {
    pub(super) fn as_bytes(&self) -> Option<&[u8]> {
        self.0.as_deref()
    }
}

impl<'a> From<&'a str> for Host<'a> {
    fn from(name: &'a str) -> Self {
        Host(Some(name.as_bytes().into()))
    }
}

impl<'a> From<&'a String> for Host<'a> {
    fn from(name: &'a String) -> Self {
        Host::from(name.as_str())
    }
}

impl From<String> for Host<'_> {
    fn from(name: String) -> Self {
        Host(Some(name.into_bytes().into()))
    }
}

impl<'a> From<&'a [u8]> for Host<'a> {
    fn from(name: &'a [u8]) -> Self {
        Host(Some(name.into()))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Host<'a> {
    fn from(name: &'a [u8; N]) -> Self {
        Host::from(&name[..])
    }
}

impl<'a> From<Option<&'a str>> for Host<'a> {
    fn from(name: Option<&'a str>) -> Self {
        Host(name.map(|name| name.as_bytes().into()))
    }
}

impl From<IpAddr> for Host<'_> {
    fn from(address: IpAddr) -> Self {
        Host::from(address.to_string())
    }
}

impl From<Ipv4Addr> for Host<'_> {
    fn from(address: Ipv4Addr) -> Self {
        Host::from(address.to_string())
    }
}

impl From<Ipv6Addr> for Host<'_> {
    fn from(address: Ipv6Addr) -> Self {
        Host::from(address.to_string())
    }
}

/// The service that [`getaddrinfo`] looks up: a name such as `"http"`, a port, or `None` for port 0.
///
/// It is made from a `u16`, a `&str`, a `String` or bytes.
#[derive(Debug, Clone)]
pub struct Service<'a>(Written<'a>);

/// A service as it was given.
#[derive(Debug, Clone)]
enum Written<'a> {
    No,
    Text(Cow<'a, [u8]>),
    Port(u16),
}

impl<'a> From<&'a str> for Service<'a> {
    fn from(name: &'a str) -> Self {
        Service(Written::Text(name.as_bytes().into()))
    }
}

impl<'a> From<&'a String> for Service<'a> {
    fn from(name: &'a String) -> Self {
        Service(Written::Text(name.as_bytes().into()))
    }
}

impl From<String> for Service<'_> {
    fn from(name: String) -> Self {
        Service(Written::Text(name.into_bytes().into()))
    }
}

impl<'a> From<&'a [u8]> for Service<'a> {
    fn from(name: &'a [u8]) -> Self {
        Service(Written::Text(name.into()))
    }
}

impl<'a> From<Option<&'a str>> for Service<'a> {
    fn from(name: Option<&'a str>) -> Self {
        name.map_or(Service(Written::No), Service::from)
    }
}

impl From<u16> for Service<'_> {
    fn from(port: u16) -> Self {
        Service(Written::Port(port))
    }
}

impl Service<'_> {
    /// Returns the port if the service is one that every system reads in the same way: decimal digits and nothing else.
    /// No service is port 0.
    pub(super) fn number(&self) -> Option<u16> {
        match &self.0 {
            Written::No => Some(0),
            Written::Port(port) => Some(*port),
            Written::Text(text) if matches!(text.len(), 1..=5) => {
                let digits = text.iter().map(|byte| byte.is_ascii_digit().then(|| u32::from(byte - b'0')));
                let number = digits.reduce(|before, digit| Some(before? * 10 + digit?))?;
                number.and_then(|number| u16::try_from(number).ok())
            }
            Written::Text(_) => None,
        }
    }

    /// Returns the service as text for the C library.
    fn to_c_string(&self) -> Result<Option<CString>> {
        match &self.0 {
            Written::No => Ok(None),
            Written::Port(port) => c_string(port.to_string().as_bytes(), "a service").map(Some),
            Written::Text(text) => c_string(text, "a service").map(Some),
        }
    }
}

/// Looks up the addresses of a host and a service (`socket.getaddrinfo`, `getaddrinfo(3)`).
///
/// `family`, `kind` and `proto` (`IPPROTO_*`) limit the answers. `AF_UNSPEC`, [`SocketKind::ANY`] and 0 are no limits.
/// `flags` are `AI_*`, or 0 for none. There is at least one answer, and the answers are in the order in which a program
/// should try them. The call blocks for as long as the system's resolver does;
/// [`getaddrinfo_until`] has a deadline.
///
/// Fails with [`Error::Gai`] when there is no answer for the host or the service, with [`Error::Os`] when a system call
/// of the resolver failed, and with [`Error::Value`] when a name contains a NUL byte.
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
    getaddrinfo_until(host, service, family, kind, proto, flags, Deadline::NEVER)
}

/// [`getaddrinfo`] with a deadline. The look-up then runs in a thread of the library, which the caller leaves behind
/// when the deadline passes.
///
/// Fails as [`getaddrinfo`] does, with [`Error::Timeout`] when the deadline passes, with `Os(EMFILE)` when the process
/// has too many open descriptors to wait, and with `Os(EAGAIN)` when the system refuses the thread. Numeric hosts are
/// not looked up and need neither.
pub fn getaddrinfo_until<'h, 's>(
    host: impl Into<Host<'h>>,
    service: impl Into<Service<'s>>,
    family: AddressFamily,
    kind: SocketKind,
    proto: i32,
    flags: i32,
    deadline: Deadline,
) -> Result<Vec<AddrInfo>> {
    let found = look_up(host.into(), service.into(), family, kind, proto, flags, deadline)?;
    match found.only {
        Some(only) => memory::collected([Ok(only)].into_iter()),
        None => Ok(found.several),
    }
}

/// The answers of [`getaddrinfo`]: the only one, which needs no list, or several.
pub(crate) struct Found {
    pub(crate) only: Option<AddrInfo>,
    pub(crate) several: Vec<AddrInfo>,
}

/// [`getaddrinfo_until`] for callers that make a list of their own.
pub(crate) fn look_up(
    host: Host<'_>,
    service: Service<'_>,
    family: AddressFamily,
    kind: SocketKind,
    proto: i32,
    flags: i32,
    deadline: Deadline,
) -> Result<Found> {
    let only = answer_to_numbers(&host, &service, family, kind, proto, flags);
    if only.is_some() {
        return Ok(Found { only, several: Vec::new() });
    }
    let several = Question::new(host, service, kind, proto, flags)?.ask_until(family, deadline)?;
    Ok(Found { only: None, several })
}

/// What [`getaddrinfo`] is asked, for any family.
#[derive(Clone)]
pub(crate) struct Question {
    host: Option<CString>,
    service: Option<CString>,
    hints: Hints,
}

impl Question {
    pub(crate) fn new(
        host: Host<'_>,
        service: Service<'_>,
        kind: SocketKind,
        proto: i32,
        flags: i32,
    ) -> Result<Question> {
        Ok(Question {
            host: host.0.map(|name| host_name(&name)).transpose()?,
            service: service.to_c_string()?,
            hints: Hints { family: 0, kind: kind.as_raw(), proto, flags },
        })
    }

    /// Asks the resolver of the C library.
    pub(crate) fn ask(&self, family: AddressFamily) -> Result<Vec<AddrInfo>> {
        let hints = Hints { family: family.as_raw(), ..self.hints };
        let answers = Answers::of(self.host.as_deref(), self.service.as_deref(), hints)?;
        memory::collected(answers.iter().map(|answer| Ok(info(&answer))))
    }

    /// Asks for no longer than until the deadline, under the tokens of this thread.
    pub(crate) fn ask_until(self, family: AddressFamily, deadline: Deadline) -> Result<Vec<AddrInfo>> {
        if deadline == Deadline::NEVER && Tokens::of_thread().is_empty() {
            return self.ask(family);
        }
        self.numeric_answer(family).unwrap_or_else(|| pool::until(deadline, move || self.ask(family)))
    }

    /// Returns the answer if no name server has to be asked for it, because the host is an address or is not given.
    pub(crate) fn numeric_answer(&self, family: AddressFamily) -> Option<Result<Vec<AddrInfo>>> {
        let mut numeric = self.clone();
        numeric.hints.flags |= libc::AI_NUMERICHOST;
        match numeric.ask(family) {
            Err(Error::Gai(libc::EAI_NONAME)) if self.host.is_some() => None,
            answer => Some(answer),
        }
    }
}

/// Returns the host as text for the C library, encoded if the feature `idna` is on.
pub(super) fn host_name(host: &[u8]) -> Result<CString> {
    c_string(&idna::encode(host)?, "a host name")
}

/// Returns the address of an answer, which is empty when the answer has none.
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
