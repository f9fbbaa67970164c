//! Options of every socket that only Linux has.

use super::{check_text, up_to_nul};
use crate::constants::AddressFamily;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::socket::Socket;
use crate::socket::options::Value;

options! {
    /// How long a receive that finds nothing polls the device itself, in microseconds (`SO_BUSY_POLL`).
    busy_poll, set_busy_poll: u32;
    /// The number of the interface that the socket is bound to, 0 for none (`SO_BINDTOIFINDEX`).
    device_index, set_device_index: u32 = libc::SOL_SOCKET, libc::SO_BINDTOIFINDEX;
    /// The processor whose packets the socket wants, or that handled its last one (`SO_INCOMING_CPU`); -1 for none.
    incoming_cpu, set_incoming_cpu: i32 = libc::SOL_SOCKET, libc::SO_INCOMING_CPU;
    /// The mark that packets carry for routing and filters (`SO_MARK`). Setting it takes `CAP_NET_ADMIN`.
    mark, set_mark: u32;
    /// Where the next `MSG_PEEK` of a unix socket begins, -1 for no such position (`SO_PEEK_OFF`).
    peek_offset, set_peek_offset: i32 = libc::SOL_SOCKET, libc::SO_PEEK_OFF;
    /// The priority of packets in the device's queue, 0 to 6, more with `CAP_NET_ADMIN` (`SO_PRIORITY`).
    priority, set_priority: u32;
    /// Whether received datagrams carry the number of those that were dropped (`SO_RXQ_OVFL`).
    recv_queue_overflow, set_recv_queue_overflow: bool = libc::SOL_SOCKET, libc::SO_RXQ_OVFL;
    /// Which times packets carry, by whom taken: flags `SOF_TIMESTAMPING_*` (`SO_TIMESTAMPING`).
    timestamping, set_timestamping: u32 = libc::SOL_SOCKET, libc::SO_TIMESTAMPING;
    /// Whether received datagrams carry the time of their arrival in nanoseconds (`SO_TIMESTAMPNS`).
    timestamp_nanoseconds, set_timestamp_nanoseconds: bool = libc::SOL_SOCKET, libc::SO_TIMESTAMPNS;
    /// Whether `MSG_ZEROCOPY` may be used (`SO_ZEROCOPY`).
    zero_copy, set_zero_copy: bool = libc::SOL_SOCKET, libc::SO_ZEROCOPY;
}

impl Socket {
    /// A number that no other socket has had since the system started (`SO_COOKIE`).
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn cookie(&self) -> Result<u64> {
        self.with_socket2(|socket| socket.cookie())
    }

    /// The name of the interface that the socket is bound to, `None` for none (`SO_BINDTODEVICE`).
    ///
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn device(&self) -> Result<Option<Vec<u8>>> {
        let name = self.with_socket2(|socket| socket.device())?;
        Ok(name.map(|name| up_to_nul(&name)).filter(|name| !name.is_empty()))
    }

    /// Binds the socket to an interface by name, such as `b"eth0"`, or to none (`SO_BINDTODEVICE`).
    ///
    /// Fails with [`Error::Value`] for a name of more than 15 bytes or with a NUL byte, `Os(ENODEV)` for an
    /// unknown one, `Os(EPERM)` for changing it without `CAP_NET_RAW`, and [`Error::Closed`].
    pub fn bind_device(&self, interface: Option<&[u8]>) -> Result<()> {
        // The system would take the first 15 bytes and perhaps find another interface.
        check_text(interface.unwrap_or_default(), libc::IFNAMSIZ - 1, "interface name")?;
        self.with_socket2(|socket| socket.bind_device(interface))
    }

    /// The address family as the system reports it (`SO_DOMAIN`); [`Socket::family`] remembers it.
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn domain(&self) -> Result<AddressFamily> {
        self.with_socket2(|socket| socket.domain()).map(|family| AddressFamily::from_raw(family.into()))
    }

    /// The most bytes a second that the socket sends, `None` for no limit (`SO_MAX_PACING_RATE`).
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn max_pacing_rate(&self) -> Result<Option<u64>> {
        let bytes = self.getsockopt_bytes(libc::SOL_SOCKET, libc::SO_MAX_PACING_RATE, size_of::<u64>())?;
        let rate = <[u8; 8]>::try_from(bytes).map_or(u64::MAX, u64::from_ne_bytes);
        Ok((rate != u64::MAX).then_some(rate))
    }

    /// Sets what [`Socket::max_pacing_rate`] returns. Fails as that does.
    pub fn set_max_pacing_rate(&self, rate: Option<u64>) -> Result<()> {
        let rate = rate.unwrap_or(u64::MAX).to_ne_bytes();
        self.setsockopt_bytes(libc::SOL_SOCKET, libc::SO_MAX_PACING_RATE, &rate)
    }

    /// The protocol as the system reports it (`SO_PROTOCOL`); [`Socket::proto`] remembers it.
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn protocol(&self) -> Result<i32> {
        self.with_socket2(|socket| socket.protocol()).map(|protocol| protocol.map_or(0, i32::from))
    }

    /// [`Socket::set_recv_buffer_size`] beyond the system's limit (`SO_RCVBUFFORCE`).
    /// Fails with `Os(EPERM)` without `CAP_NET_ADMIN`, and as that does.
    pub fn set_recv_buffer_size_force(&self, bytes: u32) -> Result<()> {
        self.setsockopt(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, bytes.to_int()?)
    }

    /// [`Socket::set_send_buffer_size`] beyond the system's limit (`SO_SNDBUFFORCE`).
    /// Fails with `Os(EPERM)` without `CAP_NET_ADMIN`, and as that does.
    pub fn set_send_buffer_size_force(&self, bytes: u32) -> Result<()> {
        self.setsockopt(libc::SOL_SOCKET, libc::SO_SNDBUFFORCE, bytes.to_int()?)
    }
}
