//! `create_connection`: a connection to the first address of a host that answers.

use std::fmt;
use std::time::Duration;

use super::Socket;
use super::timeout::{self, IntoTimeout, Timeout};
use crate::address::Address;
use crate::constants::{AF_UNSPEC, SOCK_STREAM};
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result};
use crate::resolve::{AddrInfo, Host, Service, getaddrinfo};

/// What [`create_connection_with`] may be told.
///
/// ```
/// use tabi::{CreateConnectionOptions, create_connection_with};
///
/// let server = tabi::create_server(("127.0.0.1", 0))?;
/// let port = server.getsockname()?.port().unwrap();
/// let options = CreateConnectionOptions::new().timeout(5.0)?.source_address(("127.0.0.1", 0));
/// let client = create_connection_with(("localhost", port), &options)?;
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct CreateConnectionOptions<'a> {
    /// `None` for the default timeout of new sockets.
    timeout: Option<Timeout>,
    source_address: Option<(&'a str, u16)>,
}

impl<'a> CreateConnectionOptions<'a> {
    /// The default timeout, and any source address.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time for all addresses together, which is the new socket's timeout too; 0 makes the socket non-blocking.
    /// The default is [`getdefaulttimeout`](crate::getdefaulttimeout)'s.
    ///
    /// Fails as [`Socket::settimeout`] does.
    pub fn timeout(mut self, timeout: impl IntoTimeout) -> Result<Self> {
        self.timeout = Some(timeout::parse(timeout)?);
        Ok(self)
    }

    /// Sets the host and port (0 for any) to connect from.
    pub fn source_address(mut self, address: (&'a str, u16)) -> Self {
        self.source_address = Some(address);
        self
    }
}

/// Connects to a TCP server by host and port (`socket.create_connection`).
///
/// The addresses of the host are tried in turn, within the default timeout for all of them. The error is the
/// last address's; [`create_connection_with`] tells them all.
///
/// ```
/// let server = tabi::create_server(("127.0.0.1", 0))?;
/// let port = server.getsockname()?.port().unwrap();
/// let client = tabi::create_connection(("localhost", port))?;
/// client.sendall(b"hello")?;
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn create_connection<'h, 's>(address: (impl Into<Host<'h>>, impl Into<Service<'s>>)) -> Result<Socket> {
    Ok(create_connection_with(address, &CreateConnectionOptions::default())?)
}

/// [`create_connection`] with a timeout and a source address of its own, and with all errors.
///
/// An address may take its share of the time that is left, so that one which does not answer leaves time for the
/// next. The lookup of the host counts, but is not cut short.
pub fn create_connection_with<'h, 's>(
    address: (impl Into<Host<'h>>, impl Into<Service<'s>>),
    options: &CreateConnectionOptions<'_>,
) -> Result<Socket, CreateConnectionError> {
    let timeout = options.timeout.unwrap_or_else(timeout::default_timeout).duration();
    let deadline = Deadline::after_timeout(timeout);
    let answers = getaddrinfo(address.0, address.1, AF_UNSPEC, SOCK_STREAM, 0, 0)
        .map_err(|error| CreateConnectionError { errors: vec![(Address::None, error)] })?;
    let mut errors = Vec::new();
    for (tried, answer) in answers.iter().enumerate() {
        let limit = match timeout {
            // Without a timeout and without blocking, the socket's own mode is the limit.
            None | Some(Duration::ZERO) => Limit::Timeout,
            Some(_) => share(deadline, answers.len() - tried),
        };
        match attempt(answer, timeout, options.source_address, limit) {
            Ok(socket) => return Ok(socket),
            Err(error) => errors.push((answer.address.clone(), error)),
        }
    }
    Err(CreateConnectionError { errors })
}

/// An equal part of the time that is left for the first of some addresses.
fn share(deadline: Deadline, addresses: usize) -> Limit {
    let addresses = u32::try_from(addresses).unwrap_or(u32::MAX);
    Limit::Until(Deadline::after_timeout(deadline.left().map(|left| left / addresses)))
}

fn attempt(
    answer: &AddrInfo,
    timeout: Option<Duration>,
    source: Option<(&str, u16)>,
    limit: Limit,
) -> Result<Socket> {
    let socket = Socket::new(answer.family, answer.kind, answer.proto)?;
    socket.settimeout(timeout)?;
    if let Some(source) = source {
        socket.bind(source)?;
    }
    socket.connect_until(&answer.address, limit)?;
    Ok(socket)
}

/// Why no address could be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateConnectionError {
    /// Each address that was tried, and its error; when the host could not be looked up, no address and that error.
    pub errors: Vec<(Address, Error)>,
}

impl fmt::Display for CreateConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (address, error)) in self.errors.iter().enumerate() {
            f.write_str(if index > 0 { "; " } else { "" })?;
            match address {
                Address::None => write!(f, "{error}")?,
                _ => write!(f, "{address}: {error}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for CreateConnectionError {}

impl From<CreateConnectionError> for Error {
    /// The last address's error, as Python raises it.
    fn from(mut all: CreateConnectionError) -> Self {
        all.errors.pop().map_or(Error::Gai(libc::EAI_NONAME), |(_, error)| error)
    }
}

impl From<CreateConnectionError> for std::io::Error {
    fn from(all: CreateConnectionError) -> Self {
        Error::from(all).into()
    }
}
