//! Options of all sockets: `SOL_SOCKET`.

use std::time::Duration;

use super::{Value, whole};
use crate::constants::SocketKind;
use crate::error::{Error, Result};
use crate::socket::Socket;
use crate::sys::{libc, unix_only};

options! {
    /// Whether datagrams may be sent to broadcast addresses (`SO_BROADCAST`).
    broadcast, set_broadcast: bool;
    /// Whether the system sends probes on an idle connection (`SO_KEEPALIVE`). [`Socket::set_tcp_keepalive`]
    /// sets how often.
    keepalive, set_keepalive: bool;
    /// Whether urgent data is received among the other bytes (`SO_OOBINLINE`).
    out_of_band_inline, set_out_of_band_inline: bool;
    /// Whether the socket may be bound to an address on which old connections still linger (`SO_REUSEADDR`).
    reuse_address, set_reuse_address: bool;
    /// Whether packets bypass the routing table (`SO_DONTROUTE`).
    route_directly, set_route_directly: bool = libc::SOL_SOCKET, libc::SO_DONTROUTE;
}

unix_only! {
    options! {
        /// How many bytes must have arrived before a receive returns (`SO_RCVLOWAT`).
        recv_low_water, set_recv_low_water: u32 = libc::SOL_SOCKET, libc::SO_RCVLOWAT;
        /// Whether several sockets may be bound to the same address and share its clients (`SO_REUSEPORT`).
        reuse_port, set_reuse_port: bool;
        /// Whether received datagrams carry the time of their arrival in microseconds (`SO_TIMESTAMP`).
        timestamp, set_timestamp: bool = libc::SOL_SOCKET, libc::SO_TIMESTAMP;
    }
}

impl Socket {
    /// Returns how long `close` waits until unsent bytes are sent, in whole seconds, or `None` if it does not
    /// wait (`SO_LINGER`).
    ///
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn linger(&self) -> Result<Option<Duration>> {
        self.with_socket2(|socket| socket.linger())
    }

    /// Sets what [`Socket::linger`] returns; it is rounded up to seconds. With zero, `close` discards unsent
    /// bytes and resets the connection.
    ///
    /// Fails with [`Error::Overflow`] for more than 2147483647 seconds, with [`Error::Closed`] and
    /// [`Error::Os`].
    pub fn set_linger(&self, linger: Option<Duration>) -> Result<()> {
        // socket2 would cut off fractions of a second, and so turn a short time into zero.
        let seconds = linger.map(|linger| whole(linger, 1_000_000_000, "linger")).transpose()?;
        let linger = seconds.map(|seconds| Duration::from_secs(seconds as u64));
        self.with_socket2(|socket| socket.set_linger(linger))
    }

    /// Returns whether the socket listens for clients (`SO_ACCEPTCONN`). Fails with [`Error::Closed`] and
    /// [`Error::Os`].
    pub fn is_listener(&self) -> Result<bool> {
        // socket2 has this call on some systems only.
        Ok(self.getsockopt(libc::SOL_SOCKET, libc::SO_ACCEPTCONN)? != 0)
    }

    /// Returns the system's own limit of each receive on a blocking descriptor, or `None` (`SO_RCVTIMEO`).
    ///
    /// [`Socket::settimeout`] is the better choice: it limits a call as a whole, and only for this socket
    /// object. Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn read_timeout(&self) -> Result<Option<Duration>> {
        self.with_socket2(|socket| socket.read_timeout())
    }

    /// Sets what [`Socket::read_timeout`] returns; it is rounded up to microseconds. A receive that takes
    /// longer fails with `Os(EAGAIN)`.
    ///
    /// Fails with [`Error::Value`] for zero, with [`Error::Overflow`] for 2^63 seconds or more, with
    /// [`Error::Closed`] and [`Error::Os`].
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        let timeout = system_timeout(timeout)?;
        self.with_socket2(|socket| socket.set_read_timeout(timeout))
    }

    /// Returns the type that the system reports (`SO_TYPE`). [`Socket::kind`] returns it without a system
    /// call. Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn socket_type(&self) -> Result<SocketKind> {
        self.with_socket2(|socket| socket.r#type()).map(|kind| SocketKind::from_raw(kind.into()))
    }

    /// Returns the pending error of the socket, such as that of a non-blocking connect, and clears it
    /// (`SO_ERROR`).
    ///
    /// Fails with [`Error::Closed`].
    pub fn take_error(&self) -> Result<Option<Error>> {
        Ok(self.with_socket2(|socket| socket.take_error())?.map(Error::from))
    }

    /// Returns the system's own limit of each send on a blocking descriptor, or `None` (`SO_SNDTIMEO`); see
    /// [`Socket::read_timeout`].
    pub fn write_timeout(&self) -> Result<Option<Duration>> {
        self.with_socket2(|socket| socket.write_timeout())
    }

    /// Sets what [`Socket::write_timeout`] returns; see [`Socket::set_read_timeout`].
    pub fn set_write_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        let timeout = system_timeout(timeout)?;
        self.with_socket2(|socket| socket.set_write_timeout(timeout))
    }

    /// Returns the size of the receive buffer in bytes (`SO_RCVBUF`). Linux doubles the size that is set, for
    /// its own bookkeeping.
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

    /// Returns the size of the send buffer in bytes (`SO_SNDBUF`). Linux doubles the size that is set, for
    /// its own bookkeeping.
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

/// Checks a limit and rounds it up to whole microseconds, as the system takes it. socket2 would cut off the
/// fraction.
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
        return Err(Error::overflow(format_args!("timeout is too large: {seconds} seconds")));
    }
    Ok(Some(Duration::new(seconds as u64, (microseconds % 1_000_000) as u32 * 1000)))
}
