//! Options of every socket: `SOL_SOCKET`.

use std::time::Duration;

use super::{Value, whole};
use crate::constants::SocketKind;
use crate::error::{Error, Result};
use crate::socket::Socket;

options! {
    /// Whether datagrams may be sent to broadcast addresses (`SO_BROADCAST`).
    broadcast, set_broadcast: bool;
    /// Whether the system probes an idle connection (`SO_KEEPALIVE`); for how often see [`Socket::set_tcp_keepalive`].
    keepalive, set_keepalive: bool;
    /// Whether urgent data stays in line with the rest (`SO_OOBINLINE`).
    out_of_band_inline, set_out_of_band_inline: bool;
    /// How many bytes must be there before a receive wakes up (`SO_RCVLOWAT`).
    recv_low_water, set_recv_low_water: u32 = libc::SOL_SOCKET, libc::SO_RCVLOWAT;
    /// Whether an address may be bound while old connections from it linger (`SO_REUSEADDR`).
    reuse_address, set_reuse_address: bool;
    /// Whether several sockets may be bound to the same address and share its clients (`SO_REUSEPORT`).
    reuse_port, set_reuse_port: bool;
    /// Whether packets bypass the routing table (`SO_DONTROUTE`).
    route_directly, set_route_directly: bool = libc::SOL_SOCKET, libc::SO_DONTROUTE;
    /// Whether received datagrams carry the time of their arrival in microseconds (`SO_TIMESTAMP`).
    timestamp, set_timestamp: bool = libc::SOL_SOCKET, libc::SO_TIMESTAMP;
}

impl Socket {
    /// How long `close` waits for unsent bytes to go out, in seconds; `None` when it does not wait (`SO_LINGER`).
    ///
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn linger(&self) -> Result<Option<Duration>> {
        self.with_socket2(|socket| socket.linger())
    }

    /// Sets what [`Socket::linger`] returns, rounded up to seconds. Zero makes `close` drop unsent bytes and reset the connection.
    ///
    /// Fails with [`Error::Overflow`] for more than 2147483647 seconds, with [`Error::Closed`] and [`Error::Os`].
    pub fn set_linger(&self, linger: Option<Duration>) -> Result<()> {
        // socket2 would cut a part of a second off, and with it the whole of a short time.
        let seconds = linger.map(|linger| whole(linger, 1_000_000_000, "linger")).transpose()?;
        let linger = seconds.map(|seconds| Duration::from_secs(seconds as u64));
        self.with_socket2(|socket| socket.set_linger(linger))
    }

    /// Whether the socket listens for clients (`SO_ACCEPTCONN`). Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn is_listener(&self) -> Result<bool> {
        // socket2 asks on some systems only.
        Ok(self.getsockopt(libc::SOL_SOCKET, libc::SO_ACCEPTCONN)? != 0)
    }

    /// The system's own limit of each receive on a blocking descriptor, `None` for none (`SO_RCVTIMEO`).
    ///
    /// [`Socket::settimeout`] is the better choice: it limits a call as a whole, and only on this socket object.
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn read_timeout(&self) -> Result<Option<Duration>> {
        self.with_socket2(|socket| socket.read_timeout())
    }

    /// Sets what [`Socket::read_timeout`] returns, rounded up to microseconds; calls that it ends fail with `Os(EAGAIN)`.
    ///
    /// Fails with [`Error::Overflow`] for too many seconds, with [`Error::Closed`] and [`Error::Os`].
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        let timeout = system_timeout(timeout)?;
        self.with_socket2(|socket| socket.set_read_timeout(timeout))
    }

    /// The socket's type as the system reports it (`SO_TYPE`); [`Socket::kind`] remembers it.
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn socket_type(&self) -> Result<SocketKind> {
        self.with_socket2(|socket| socket.r#type()).map(|kind| SocketKind::from_raw(kind.into()))
    }

    /// The error that waits on the socket, such as that of a non-blocking connect, and clears it (`SO_ERROR`).
    ///
    /// Fails with [`Error::Closed`].
    pub fn take_error(&self) -> Result<Option<Error>> {
        Ok(self.with_socket2(|socket| socket.take_error())?.map(Error::from))
    }

    /// The system's own limit of each send on a blocking descriptor, `None` for none (`SO_SNDTIMEO`); see [`Socket::read_timeout`].
    pub fn write_timeout(&self) -> Result<Option<Duration>> {
        self.with_socket2(|socket| socket.write_timeout())
    }

    /// Sets what [`Socket::write_timeout`] returns; see [`Socket::set_read_timeout`].
    pub fn set_write_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        let timeout = system_timeout(timeout)?;
        self.with_socket2(|socket| socket.set_write_timeout(timeout))
    }

    /// The size of the receive buffer in bytes (`SO_RCVBUF`). Linux doubles what is set, for its own books.
    ///
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn recv_buffer_size(&self) -> Result<u32> {
        self.with_socket2(|socket| socket.recv_buffer_size()).map(|size| size as u32)
    }

    /// Sets what [`Socket::recv_buffer_size`] returns.
    ///
    /// Fails with [`Error::Overflow`] for more than 2147483647 bytes, with [`Error::Closed`] and [`Error::Os`].
    pub fn set_recv_buffer_size(&self, bytes: u32) -> Result<()> {
        let bytes = bytes.to_int()? as usize;
        self.with_socket2(|socket| socket.set_recv_buffer_size(bytes))
    }

    /// The size of the send buffer in bytes (`SO_SNDBUF`). Linux doubles what is set, for its own books.
    ///
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn send_buffer_size(&self) -> Result<u32> {
        self.with_socket2(|socket| socket.send_buffer_size()).map(|size| size as u32)
    }

    /// Sets what [`Socket::send_buffer_size`] returns. Fails as [`Socket::set_recv_buffer_size`] does.
    pub fn set_send_buffer_size(&self, bytes: u32) -> Result<()> {
        let bytes = bytes.to_int()? as usize;
        self.with_socket2(|socket| socket.set_send_buffer_size(bytes))
    }
}

/// A limit as the system takes it: in whole microseconds, rounded up, of which socket2 would cut a part off.
fn system_timeout(timeout: Option<Duration>) -> Result<Option<Duration>> {
    let Some(timeout) = timeout else { return Ok(None) };
    if timeout.is_zero() {
        return Err(Error::value(
            "timeout must be above 0 seconds, got 0, which the system takes for no limit",
        ));
    }
    let microseconds = timeout.as_nanos().div_ceil(1000);
    let seconds = microseconds / 1_000_000;
    if i64::try_from(seconds).is_err() {
        return Err(Error::overflow(format!("timeout is too large: {seconds} seconds")));
    }
    Ok(Some(Duration::new(seconds as u64, (microseconds % 1_000_000) as u32 * 1000)))
}
