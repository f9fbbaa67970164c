//! Options of every socket: `SOL_SOCKET`.

use std::time::Duration;

use crate::constants::{AddressFamily, SocketKind};
use crate::error::{Error, Result};
use crate::socket::Socket;

options! { libc::SOL_SOCKET;
    /// Whether datagrams may be sent to broadcast addresses (`SO_BROADCAST`).
    broadcast, set_broadcast: bool = libc::SO_BROADCAST;
    /// Whether the system probes an idle connection (`SO_KEEPALIVE`); for how often see [`Socket::set_tcp_keepalive`].
    keepalive, set_keepalive: bool = libc::SO_KEEPALIVE;
    /// Whether urgent data stays in line with the rest (`SO_OOBINLINE`).
    out_of_band_inline, set_out_of_band_inline: bool = libc::SO_OOBINLINE;
    /// The size of the receive buffer in bytes (`SO_RCVBUF`). Linux doubles what is set, for its own books.
    recv_buffer_size, set_recv_buffer_size: u32 = libc::SO_RCVBUF;
    /// How many bytes must be there before a receive wakes up (`SO_RCVLOWAT`).
    recv_low_water, set_recv_low_water: u32 = libc::SO_RCVLOWAT;
    /// Whether an address may be bound while old connections from it linger (`SO_REUSEADDR`).
    reuse_address, set_reuse_address: bool = libc::SO_REUSEADDR;
    /// Whether several sockets may be bound to the same address and share its clients (`SO_REUSEPORT`).
    reuse_port, set_reuse_port: bool = libc::SO_REUSEPORT;
    /// Whether packets bypass the routing table (`SO_DONTROUTE`).
    route_directly, set_route_directly: bool = libc::SO_DONTROUTE;
    /// The size of the send buffer in bytes (`SO_SNDBUF`). Linux doubles what is set, for its own books.
    send_buffer_size, set_send_buffer_size: u32 = libc::SO_SNDBUF;
    /// Whether received datagrams carry the time of their arrival in microseconds (`SO_TIMESTAMP`).
    timestamp, set_timestamp: bool = libc::SO_TIMESTAMP;
}

#[cfg(any(target_os = "linux", target_os = "android"))]
options! { libc::SOL_SOCKET;
    /// How long a receive that finds nothing polls the device itself, in microseconds (`SO_BUSY_POLL`).
    busy_poll, set_busy_poll: u32 = libc::SO_BUSY_POLL;
    /// The number of the interface that the socket is bound to, 0 for none (`SO_BINDTOIFINDEX`).
    device_index, set_device_index: u32 = libc::SO_BINDTOIFINDEX;
    /// The processor whose packets the socket wants, or that handled its last one (`SO_INCOMING_CPU`); -1 for none.
    incoming_cpu, set_incoming_cpu: i32 = libc::SO_INCOMING_CPU;
    /// The mark that packets carry for routing and filters (`SO_MARK`). Setting it takes `CAP_NET_ADMIN`.
    mark, set_mark: u32 = libc::SO_MARK;
    /// Where the next `MSG_PEEK` of a unix socket begins, -1 for no such position (`SO_PEEK_OFF`).
    peek_offset, set_peek_offset: i32 = libc::SO_PEEK_OFF;
    /// The priority of packets in the device's queue, 0 to 6, more with `CAP_NET_ADMIN` (`SO_PRIORITY`).
    priority, set_priority: u32 = libc::SO_PRIORITY;
    /// Whether received datagrams carry the number of those that were dropped (`SO_RXQ_OVFL`).
    recv_queue_overflow, set_recv_queue_overflow: bool = libc::SO_RXQ_OVFL;
    /// Which times packets carry, by whom taken: flags `SOF_TIMESTAMPING_*` (`SO_TIMESTAMPING`).
    timestamping, set_timestamping: u32 = libc::SO_TIMESTAMPING;
    /// Whether received datagrams carry the time of their arrival in nanoseconds (`SO_TIMESTAMPNS`).
    timestamp_nanoseconds, set_timestamp_nanoseconds: bool = libc::SO_TIMESTAMPNS;
    /// Whether `MSG_ZEROCOPY` may be used (`SO_ZEROCOPY`).
    zero_copy, set_zero_copy: bool = libc::SO_ZEROCOPY;
}

impl Socket {
    /// How long `close` waits for unsent bytes to go out, in seconds; `None` when it does not wait (`SO_LINGER`).
    ///
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn linger(&self) -> Result<Option<Duration>> {
        let linger: libc::linger = self.plain_option(libc::SOL_SOCKET, libc::SO_LINGER)?;
        Ok((linger.l_onoff != 0).then(|| Duration::from_secs(linger.l_linger as u64)))
    }

    /// Sets what [`Socket::linger`] returns, rounded up to seconds. Zero makes `close` drop unsent bytes and reset the connection.
    ///
    /// Fails with [`Error::Overflow`] for more than 2147483647 seconds, with [`Error::Closed`] and [`Error::Os`].
    pub fn set_linger(&self, linger: Option<Duration>) -> Result<()> {
        let seconds = linger.map_or(Ok(0), |linger| whole(linger.as_nanos(), 1_000_000_000, "linger"))?;
        // The members have other types on other systems.
        let value = libc::linger { l_onoff: linger.is_some().into(), l_linger: seconds as _ };
        self.set_plain_option(libc::SOL_SOCKET, libc::SO_LINGER, &value)
    }

    /// Whether the socket listens for clients (`SO_ACCEPTCONN`). Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn is_listener(&self) -> Result<bool> {
        Ok(self.getsockopt(libc::SOL_SOCKET, libc::SO_ACCEPTCONN)? != 0)
    }

    /// The system's own limit of each receive on a blocking descriptor, `None` for none (`SO_RCVTIMEO`).
    ///
    /// [`Socket::settimeout`] is the better choice: it limits a call as a whole, and only on this socket object.
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn read_timeout(&self) -> Result<Option<Duration>> {
        self.system_timeout(libc::SO_RCVTIMEO)
    }

    /// Sets what [`Socket::read_timeout`] returns, rounded up to microseconds; calls that it ends fail with `Os(EAGAIN)`.
    ///
    /// Fails with [`Error::Overflow`] for too many seconds, with [`Error::Closed`] and [`Error::Os`].
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        self.set_system_timeout(libc::SO_RCVTIMEO, timeout)
    }

    /// The socket's type as the system reports it (`SO_TYPE`); [`Socket::kind`] remembers it.
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn socket_type(&self) -> Result<SocketKind> {
        self.getsockopt(libc::SOL_SOCKET, libc::SO_TYPE).map(SocketKind::from_raw)
    }

    /// The error that waits on the socket, such as that of a non-blocking connect, and clears it (`SO_ERROR`).
    ///
    /// Fails with [`Error::Closed`].
    pub fn take_error(&self) -> Result<Option<Error>> {
        let errno = self.getsockopt(libc::SOL_SOCKET, libc::SO_ERROR)?;
        Ok((errno != 0).then_some(Error::Os(errno)))
    }

    /// The system's own limit of each send on a blocking descriptor, `None` for none (`SO_SNDTIMEO`); see [`Socket::read_timeout`].
    pub fn write_timeout(&self) -> Result<Option<Duration>> {
        self.system_timeout(libc::SO_SNDTIMEO)
    }

    /// Sets what [`Socket::write_timeout`] returns; see [`Socket::set_read_timeout`].
    pub fn set_write_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        self.set_system_timeout(libc::SO_SNDTIMEO, timeout)
    }

    fn system_timeout(&self, option: i32) -> Result<Option<Duration>> {
        let time: libc::timeval = self.plain_option(libc::SOL_SOCKET, option)?;
        let timeout = Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
        Ok((!timeout.is_zero()).then_some(timeout))
    }

    fn set_system_timeout(&self, option: i32, timeout: Option<Duration>) -> Result<()> {
        let microseconds = timeout.unwrap_or_default().as_nanos().div_ceil(1000);
        if timeout == Some(Duration::ZERO) {
            return Err(Error::value(
                "timeout must be above 0 seconds, got 0, which the system takes for no limit",
            ));
        }
        let seconds = libc::time_t::try_from(microseconds / 1_000_000).map_err(|_| {
            Error::overflow(format!("timeout is too large: {} seconds", microseconds / 1_000_000))
        })?;
        let time = libc::timeval { tv_sec: seconds, tv_usec: (microseconds % 1_000_000) as _ };
        self.set_plain_option(libc::SOL_SOCKET, option, &time)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Socket {
    /// A number that no other socket has had since the system started (`SO_COOKIE`).
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn cookie(&self) -> Result<u64> {
        self.plain_option(libc::SOL_SOCKET, libc::SO_COOKIE)
    }

    /// The name of the interface that the socket is bound to, `None` for none (`SO_BINDTODEVICE`).
    ///
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn device(&self) -> Result<Option<Vec<u8>>> {
        let mut name = self.getsockopt_bytes(libc::SOL_SOCKET, libc::SO_BINDTODEVICE, libc::IFNAMSIZ)?;
        name.truncate(name.iter().position(|&byte| byte == 0).unwrap_or(name.len()));
        Ok((!name.is_empty()).then_some(name))
    }

    /// Binds the socket to an interface by name, such as `b"eth0"`, or to none (`SO_BINDTODEVICE`).
    ///
    /// Fails with [`Error::Value`] for a name of more than 15 bytes or with a NUL byte, `Os(ENODEV)` for an
    /// unknown one, `Os(EPERM)` for changing it without `CAP_NET_RAW`, and [`Error::Closed`].
    pub fn bind_device(&self, interface: Option<&[u8]>) -> Result<()> {
        let name = interface.unwrap_or_default();
        // The system would take the first 15 bytes and perhaps find another interface.
        super::check_text(name, libc::IFNAMSIZ - 1, "interface name")?;
        self.setsockopt_bytes(libc::SOL_SOCKET, libc::SO_BINDTODEVICE, &[name, &[0]].concat())
    }

    /// The address family as the system reports it (`SO_DOMAIN`); [`Socket::family`] remembers it.
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn domain(&self) -> Result<AddressFamily> {
        self.getsockopt(libc::SOL_SOCKET, libc::SO_DOMAIN).map(AddressFamily::from_raw)
    }

    /// The most bytes a second that the socket sends, `None` for no limit (`SO_MAX_PACING_RATE`).
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn max_pacing_rate(&self) -> Result<Option<u64>> {
        let rate: u64 = self.plain_option(libc::SOL_SOCKET, libc::SO_MAX_PACING_RATE)?;
        Ok((rate != u64::MAX).then_some(rate))
    }

    /// Sets what [`Socket::max_pacing_rate`] returns. Fails as that does.
    pub fn set_max_pacing_rate(&self, rate: Option<u64>) -> Result<()> {
        self.set_plain_option(libc::SOL_SOCKET, libc::SO_MAX_PACING_RATE, &rate.unwrap_or(u64::MAX))
    }

    /// The protocol as the system reports it (`SO_PROTOCOL`); [`Socket::proto`] remembers it.
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn protocol(&self) -> Result<i32> {
        self.getsockopt(libc::SOL_SOCKET, libc::SO_PROTOCOL)
    }

    /// [`Socket::set_recv_buffer_size`] beyond the system's limit (`SO_RCVBUFFORCE`).
    /// Fails with `Os(EPERM)` without `CAP_NET_ADMIN`, and as that does.
    pub fn set_recv_buffer_size_force(&self, bytes: u32) -> Result<()> {
        super::Value::set(bytes, self, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE)
    }

    /// [`Socket::set_send_buffer_size`] beyond the system's limit (`SO_SNDBUFFORCE`).
    /// Fails with `Os(EPERM)` without `CAP_NET_ADMIN`, and as that does.
    pub fn set_send_buffer_size_force(&self, bytes: u32) -> Result<()> {
        super::Value::set(bytes, self, libc::SOL_SOCKET, libc::SO_SNDBUFFORCE)
    }
}

/// A duration in whole units of so many nanoseconds, rounded up so that a little does not become none.
pub(super) fn whole(nanoseconds: u128, unit: u128, what: &str) -> Result<i32> {
    let count = nanoseconds.div_ceil(unit);
    i32::try_from(count).map_err(|_| Error::overflow(format!("{what} must be 0-2147483647, got {count}")))
}
