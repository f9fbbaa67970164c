//! `create_connection`: a connection to the first address of a host that answers.

use std::fmt;
use std::time::Duration;

use super::Socket;
use super::connecting::{Connecting, How};
use super::timeout::{self, IntoTimeout, Timeout};
use crate::address::Address;
use crate::cancel::Tokens;
use crate::constants::{AF_UNSPEC, SOCK_STREAM};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::memory;
use crate::resolve::{AddrInfo, Host, Question, Service, Settings, answer_to_numbers};
use crate::sys::{CONNECT_BEGUN, libc};

/// The shortest delay between attempts: RFC 8305 forbids less.
const LEAST_DELAY: Duration = Duration::from_millis(10);

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
    eyeballs: Settings,
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

    /// Sets how long an attempt may take before the next address is tried beside it. The default is 250 ms.
    ///
    /// Fails with [`Error::Value`] below 10 ms, the least that RFC 8305 allows.
    pub fn attempt_delay(mut self, delay: Duration) -> Result<Self> {
        if delay < LEAST_DELAY {
            return Err(Error::value(format_args!("attempt_delay must be 10 ms or more, got {delay:?}")));
        }
        self.eyeballs.attempt_delay = delay;
        Ok(self)
    }

    /// Sets how long IPv4 addresses that are known wait for the look-up of the IPv6 addresses. The default is 50 ms.
    pub fn resolution_delay(mut self, delay: Duration) -> Self {
        self.eyeballs.resolution_delay = delay;
        self
    }

    /// Sets how many addresses of the preferred family are tried before the families take turns. The default is 1.
    ///
    /// Fails with [`Error::Value`] for 0.
    pub fn first_family_count(mut self, addresses: usize) -> Result<Self> {
        if addresses == 0 {
            return Err(Error::value("first_family_count must be 1 or more, got 0"));
        }
        self.eyeballs.first_family_count = addresses;
        Ok(self)
    }
}

/// Connects to a TCP server by host and port (`socket.create_connection`).
///
/// The addresses of the host are tried as Happy Eyeballs (RFC 8305) says; see [`create_connection_with`]. The default
/// timeout limits the look-up and all attempts together. When all fail, the error is that of the last address; [`create_connection_with`] returns the errors of
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

/// [`create_connection`] with other settings. It returns the errors of all addresses.
///
/// This is Happy Eyeballs (RFC 8305). With a timeout, the IPv4 and the IPv6 addresses of the host are looked up beside
/// each other, and IPv6 is preferred. Without one, they are looked up together, and the system's first address says
/// which family is preferred. Attempts take turns between the families. While one attempt runs, the next one starts
/// after [`CreateConnectionOptions::attempt_delay`], or at once when an attempt fails. The first connection that is
/// made is returned, and the other attempts are closed.
///
/// One timeout limits all look-ups and attempts together. When the look-up is late, it goes on in a thread of the
/// library, and its answer is dropped. With the timeout 0, the addresses are tried one after the other without
/// waiting: a socket whose connection is being made fails with `Os(EINPROGRESS)`, as in Python.
///
/// The errors are those of [`getaddrinfo_until`](crate::getaddrinfo_until) and of [`Socket::connect`].
pub fn create_connection_with<'h, 's>(
    address: (impl Into<Host<'h>>, impl Into<Service<'s>>),
    options: &CreateConnectionOptions<'_>,
) -> Result<Socket, CreateConnectionError> {
    create_connection_unless((address.0.into(), address.1.into()), options, None)
}

/// [`create_connection_with`] that calls a function when a signal handler has run in this thread while the call waits, and
/// every half second, because a signal may have come just before the wait. If it returns true, the call fails with `Os(EINTR)`. A look-up without a timeout is not interrupted.
pub(crate) fn create_connection_unless(
    address: (Host<'_>, Service<'_>),
    options: &CreateConnectionOptions<'_>,
    interrupted: Option<&dyn Fn() -> bool>,
) -> Result<Socket, CreateConnectionError> {
    let timeout = options.timeout.unwrap_or_else(timeout::default_timeout);
    let how = How {
        timeout,
        deadline: Deadline::after_timeout(timeout.duration()),
        source_address: options.source_address,
        interrupted,
    };
    let (host, service) = address;
    let answers = match answer_to_numbers(&host, &service, AF_UNSPEC, SOCK_STREAM, 0, 0) {
        Some(answer) if how.may_block() => {
            let failed = |error| CreateConnectionError { errors: vec![(answer.address.clone(), error)] };
            return how.connect(&answer).map_err(failed);
        }
        Some(answer) => memory::collected([Ok(answer)].into_iter()),
        None => {
            // A look-up that is begun goes on in its thread, and keeps a descriptor.
            Tokens::of_thread().check().map_err(no_address)?;
            let question = Question::new(host, service, SOCK_STREAM, 0, 0).map_err(no_address)?;
            let is_limited = timeout != Timeout::ZERO && how.deadline != Deadline::NEVER;
            let at_once = if is_limited {
                question.numeric_answer(AF_UNSPEC)
            } else {
                Some(question.clone().ask_until(AF_UNSPEC, Deadline::NEVER))
            };
            match at_once {
                Some(answers) => answers,
                None => {
                    let connecting = Connecting::look_up(&question, options.eyeballs, how);
                    return connecting.map_err(no_address)?.finish();
                }
            }
        }
    };
    let answers = answers.map_err(no_address)?;
    if timeout == Timeout::ZERO {
        return one_after_the_other(&answers, how);
    }
    Connecting::to(answers, options.eyeballs, how).finish()
}

fn no_address(error: Error) -> CreateConnectionError {
    CreateConnectionError { errors: vec![(Address::None, error)] }
}

fn one_after_the_other(answers: &[AddrInfo], how: How<'_>) -> Result<Socket, CreateConnectionError> {
    let mut errors = Vec::new();
    for answer in answers {
        Tokens::of_thread().check().map_err(no_address)?;
        match how.begin(answer) {
            Ok((socket, true)) => return Ok(socket),
            Ok((_, false)) => errors.push((answer.address.clone(), Error::Os(CONNECT_BEGUN))),
            Err(error) => errors.push((answer.address.clone(), error)),
        }
    }
    Err(CreateConnectionError { errors })
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
