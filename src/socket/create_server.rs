//! `create_server`: a socket that listens.

use super::{DEFAULT_BACKLOG, Socket};
use crate::constants::{AF_INET, AF_INET6, AddressFamily, SOCK_STREAM};
use crate::error::{Error, Result};
use crate::resolve::ToAddress;

/// What [`create_server_with`] may be told.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CreateServerOptions {
    family: AddressFamily,
    backlog: i32,
    reuse_port: bool,
    dualstack_ipv6: bool,
}

impl CreateServerOptions {
    /// `AF_INET`, a backlog of [`DEFAULT_BACKLOG`], a port of its own, one version of IP.
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

    /// Sets how many clients may wait to be accepted; below 0 is taken as 0.
    pub fn backlog(self, backlog: i32) -> Self {
        CreateServerOptions { backlog, ..self }
    }

    /// Sets whether others may listen on the same port, with the clients spread over them (`SO_REUSEPORT`).
    pub fn reuse_port(self, reuse_port: bool) -> Self {
        CreateServerOptions { reuse_port, ..self }
    }

    /// Sets whether a server of `AF_INET6` accepts IPv4 clients too.
    pub fn dualstack_ipv6(self, dualstack_ipv6: bool) -> Self {
        CreateServerOptions { dualstack_ipv6, ..self }
    }
}

impl Default for CreateServerOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// A TCP socket that listens on an address of `AF_INET` (`socket.create_server`).
///
/// Fails as [`Socket::bind`] does, with `Os(EADDRINUSE)` when another listens there.
pub fn create_server(address: impl ToAddress) -> Result<Socket> {
    create_server_with(address, &CreateServerOptions::default())
}

/// [`create_server`] of another family, or with a backlog, a shared port, or both versions of IP.
///
/// Fails also with [`Error::Value`] for `dualstack_ipv6` with another family than `AF_INET6`, or where the
/// system cannot.
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
            return Err(Error::value(format!(
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
    // A port whose last connections still linger can be listened on at once. Python too goes on without.
    let _ = socket.setsockopt(libc::SOL_SOCKET, libc::SO_REUSEADDR, 1);
    // Linux refuses the option for the other families, where it has no meaning.
    if options.reuse_port && is_internet {
        socket.setsockopt(libc::SOL_SOCKET, libc::SO_REUSEPORT, 1)?;
    }
    if options.family == AF_INET6 {
        set_v6only(&socket, !options.dualstack_ipv6)?;
    }
    socket.bind(address)?;
    socket.listen(options.backlog)?;
    Ok(socket)
}

/// Whether one socket can listen for IPv4 and IPv6 clients (`socket.has_dualstack_ipv6`).
pub fn has_dualstack_ipv6() -> bool {
    Socket::new(AF_INET6, SOCK_STREAM, 0).and_then(|socket| set_v6only(&socket, false)).is_ok()
}

fn set_v6only(socket: &Socket, only: bool) -> Result<()> {
    socket.setsockopt(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, only.into())
}
