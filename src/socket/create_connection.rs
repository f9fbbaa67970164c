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

/// The settings of [`create_connection_with`].
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
    /// `None` means the default timeout of new sockets.
    timeout: Option<Timeout>,
    source_address: Option<(&'a str, u16)>,
}

impl<'a> CreateConnectionOptions<'a> {
    /// Settings with the default timeout and any source address.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the timeout of the call, for all addresses together. It becomes the timeout of the new socket
    /// too; 0 makes the socket non-blocking. The default is [`getdefaulttimeout`](crate::getdefaulttimeout).
    ///
    /// Fails as [`Socket::settimeout`] does.
    pub fn timeout(mut self, timeout: impl IntoTimeout) -> Result<Self> {
        self.timeout = Some(timeout::parse(timeout)?);
        Ok(self)
    }

    /// Sets the host and the port to connect from. Port 0 lets the system choose.
    pub fn source_address(mut self, address: (&'a str, u16)) -> Self {
        self.source_address = Some(address);
        self
    }
}

/// Connects to a TCP server by host and port (`socket.create_connection`).
///
/// The addresses of the host are tried one after the other. The default timeout limits all tries together.
/// When all fail, the error is that of the last address; [`create_connection_with`] returns the errors of
/// all.
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

/// [`create_connection`] with a timeout and a source address from `options`. It returns the errors of all
/// addresses.
///
/// Each address may take an equal share of the time that is left, so that an address that does not answer
/// leaves time for the next. The look-up of the host uses up time too, but it is not interrupted when the
/// time is over.
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
            // For a blocking and for a non-blocking socket, the mode of the socket is the limit.
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

/// Returns an equal share of the time that is left, for the first of `addresses` addresses.
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

/// The error of [`create_connection_with`]: no address could be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateConnectionError {
    /// Each address that was tried, with its error. If the look-up of the host failed, one entry with
    /// [`Address::None`] and the error of the look-up.
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
    /// Returns the error of the last address, which is the error that Python raises.
    fn from(mut all: CreateConnectionError) -> Self {
        all.errors.pop().map_or(Error::Gai(libc::EAI_NONAME), |(_, error)| error)
    }
}

impl From<CreateConnectionError> for std::io::Error {
    fn from(all: CreateConnectionError) -> Self {
        Error::from(all).into()
    }
}
