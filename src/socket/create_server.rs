//! `create_server`: makes a socket that listens.

use super::{DEFAULT_BACKLOG, Socket};
use crate::constants::{AF_INET, AF_INET6, AddressFamily, SOCK_STREAM};
use crate::error::{Error, Result};
use crate::resolve::ToAddress;
use crate::sys::{self, libc};

/// The settings of [`create_server_with`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CreateServerOptions {
    family: AddressFamily,
    backlog: i32,
    reuse_port: bool,
    dualstack_ipv6: bool,
}

impl CreateServerOptions {
    /// The default settings: `AF_INET`, a backlog of [`DEFAULT_BACKLOG`], a port that is not shared, and one
    /// version of IP.
    pub fn new() -> Self {
        CreateServerOptions {
            family: AF_INET,
            backlog: DEFAULT_BACKLOG,
            reuse_port: false,
            dualstack_ipv6: false,
        }
    }

    /// Sets the family: `AF_INET`, `AF_INET6` or `AF_UNIX`.
    pub fn family(self, family: AddressFamily) -> Self {
        CreateServerOptions { family, ..self }
    }

    /// Sets how many clients may wait to be accepted. A negative number counts as 0.
    pub fn backlog(self, backlog: i32) -> Self {
        CreateServerOptions { backlog, ..self }
    }

    /// Sets whether other sockets may listen on the same port; the system then spreads the clients over them
    /// (`SO_REUSEPORT`). On Windows, which has no such option, making the server fails with [`Error::Value`].
    pub fn reuse_port(self, reuse_port: bool) -> Self {
        CreateServerOptions { reuse_port, ..self }
    }

    /// Sets whether an `AF_INET6` server accepts IPv4 clients too.
    pub fn dualstack_ipv6(self, dualstack_ipv6: bool) -> Self {
        CreateServerOptions { dualstack_ipv6, ..self }
    }
}

impl Default for CreateServerOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes a TCP socket that listens on an `AF_INET` address (`socket.create_server`).
///
/// Fails as [`Socket::bind`] does, for example with `Os(EADDRINUSE)` when another socket listens there.
pub fn create_server(address: impl ToAddress) -> Result<Socket> {
    create_server_with(address, &CreateServerOptions::default())
}

/// [`create_server`] with settings: another family, a backlog, a shared port, or both versions of IP.
///
/// Fails as [`create_server`] does. Fails with [`Error::Value`] for `dualstack_ipv6` with another family than
/// `AF_INET6`, or on a system that does not support it.
///
/// ```
/// use tabi::{AF_INET6, CreateServerOptions, create_server_with, has_dualstack_ipv6};
///
/// if has_dualstack_ipv6() {
///     let both = CreateServerOptions::new().family(AF_INET6).dualstack_ipv6(true);
///     let server = create_server_with(("", 0), &both)?;
///     let port = server.getsockname()?.port().unwrap();
///     tabi::create_connection(("127.0.0.1", port))?;
///     tabi::create_connection(("::1", port))?;
/// }
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn create_server_with(address: impl ToAddress, options: &CreateServerOptions) -> Result<Socket> {
    if options.dualstack_ipv6 {
        if options.family != AF_INET6 {
            return Err(Error::value(format_args!(
                "dualstack_ipv6 requires AF_INET6 family, got {:?}",
                options.family
            )));
        }
        if !has_dualstack_ipv6() {
            return Err(Error::value("dualstack_ipv6 not supported on this platform"));
        }
    }
    let socket = Socket::new(options.family, SOCK_STREAM, 0)?;
    let is_internet = [AF_INET, AF_INET6].contains(&options.family);
    if sys::REUSES_LINGERING {
        // With this option a program can listen on a port again at once, although old connections still linger
        // there. As in Python, it is no error if the option cannot be set.
        let _ = socket.setsockopt(libc::SOL_SOCKET, libc::SO_REUSEADDR, 1);
    }
    // Linux refuses this option for other families, where it has no meaning.
    if options.reuse_port && is_internet {
        let option = sys::SO_REUSEPORT;
        let option = option.ok_or(Error::value("SO_REUSEPORT not supported on this platform"))?;
        socket.setsockopt(libc::SOL_SOCKET, option, 1)?;
    }
    if options.family == AF_INET6 {
        set_v6only(&socket, !options.dualstack_ipv6)?;
    }
    socket.bind(address)?;
    socket.listen(options.backlog)?;
    Ok(socket)
}

/// Returns whether one socket can listen for IPv4 and IPv6 clients (`socket.has_dualstack_ipv6`).
pub fn has_dualstack_ipv6() -> bool {
    // Some systems take this setting and ignore it, so they are asked.
    Socket::new(AF_INET6, SOCK_STREAM, 0)
        .and_then(|socket| {
            set_v6only(&socket, false)?;
            socket.getsockopt(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY)
        })
        .is_ok_and(|only| only == 0)
}

fn set_v6only(socket: &Socket, only: bool) -> Result<()> {
    socket.setsockopt(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, only.into())
}
