//! Pairs of connected sockets (Python's `socket.socketpair`), of every family.

use std::time::Duration;

use super::Socket;
use crate::constants::{AF_INET, AF_INET6, AddressFamily, SOCK_DGRAM, SOCK_STREAM, SocketKind};
use crate::error::{Error, Result};
use crate::sys::libc;

/// Makes two sockets that are connected to each other (`socket.socketpair`).
///
/// For `AF_INET` and `AF_INET6`, which have no pairs in the system, stream and datagram sockets are connected
/// over the loopback interface, so that each receives only from the other. Fails as [`Socket::socketpair`]
/// does.
///
/// ```
/// use tabi::{AF_INET, SOCK_STREAM};
///
/// let (one, other) = tabi::socketpair(AF_INET, SOCK_STREAM, 0)?;
/// one.sendall(b"hello")?;
/// assert_eq!(other.recv(100)?, b"hello");
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn socketpair(family: AddressFamily, kind: SocketKind, proto: i32) -> Result<(Socket, Socket)> {
    match Socket::socketpair(family, kind, proto) {
        Err(Error::Os(libc::EOPNOTSUPP | libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT))
            if [AF_INET, AF_INET6].contains(&family) =>
        {
            loopback_pair(family, kind, proto)
        }
        pair => pair,
    }
}

fn loopback_pair(family: AddressFamily, kind: SocketKind, proto: i32) -> Result<(Socket, Socket)> {
    let (one, timeout) = blocking(family, kind, proto)?;
    let (other, _) = blocking(family, kind, proto)?;
    let host = if family == AF_INET { "127.0.0.1" } else { "::1" };
    other.bind((host, 0))?;
    let pair = match one.kind() {
        SOCK_STREAM => {
            other.listen(1)?;
            one.connect(other.getsockname()?)?;
            let own = one.getsockname()?;
            // For a moment any program could connect to the port, so another client may come first.
            loop {
                let (peer, address) = other.accept()?;
                if address == own {
                    break (one, peer);
                }
            }
        }
        SOCK_DGRAM => {
            one.bind((host, 0))?;
            one.connect(other.getsockname()?)?;
            other.connect(one.getsockname()?)?;
            (one, other)
        }
        _ => return Err(Error::Os(libc::EOPNOTSUPP)),
    };
    pair.0.settimeout(timeout)?;
    pair.1.settimeout(timeout)?;
    Ok(pair)
}

/// Makes a blocking socket. Returns it with the timeout that it should get afterwards.
fn blocking(family: AddressFamily, kind: SocketKind, proto: i32) -> Result<(Socket, Option<Duration>)> {
    let socket = Socket::new(family, kind, proto)?;
    let timeout = socket.gettimeout();
    socket.settimeout(None)?;
    Ok((socket, timeout))
}
