//! Options of all sockets (`SOL_SOCKET`) that only Linux has.

use super::{check_text, up_to_nul};
use crate::constants::AddressFamily;
use crate::error::{Error, Result};
use crate::socket::Socket;
use crate::socket::options::Value;

options! {
    /// How long a receive that finds nothing polls the network device itself, in microseconds
    /// (`SO_BUSY_POLL`).
    busy_poll, set_busy_poll: u32;
    /// The number of the interface that the socket is bound to, 0 for none (`SO_BINDTOIFINDEX`).
    device_index, set_device_index: u32 = libc::SOL_SOCKET, libc::SO_BINDTOIFINDEX;
    /// The number of the processor that handled the last packet of the socket; setting it chooses the packets
    /// of one processor. -1 means none (`SO_INCOMING_CPU`).
    incoming_cpu, set_incoming_cpu: i32 = libc::SOL_SOCKET, libc::SO_INCOMING_CPU;
    /// The mark that packets carry for routing and filters (`SO_MARK`). Setting it requires `CAP_NET_ADMIN`.
    mark, set_mark: u32;
    /// The byte at which the next `MSG_PEEK` on a unix socket begins, -1 if there is no such position
    /// (`SO_PEEK_OFF`).
    peek_offset, set_peek_offset: i32 = libc::SOL_SOCKET, libc::SO_PEEK_OFF;
    /// The priority of packets in the queue of the device, 0 to 6; a higher one requires `CAP_NET_ADMIN`
    /// (`SO_PRIORITY`).
    priority, set_priority: u32;
    /// Whether received datagrams carry the number of datagrams that were dropped (`SO_RXQ_OVFL`).
    recv_queue_overflow, set_recv_queue_overflow: bool = libc::SOL_SOCKET, libc::SO_RXQ_OVFL;
    /// Which timestamps packets carry, and who takes them: `SOF_TIMESTAMPING_*` flags (`SO_TIMESTAMPING`).
    timestamping, set_timestamping: u32 = libc::SOL_SOCKET, libc::SO_TIMESTAMPING;
    /// Whether received datagrams carry the time of their arrival in nanoseconds (`SO_TIMESTAMPNS`).
    timestamp_nanoseconds, set_timestamp_nanoseconds: bool = libc::SOL_SOCKET, libc::SO_TIMESTAMPNS;
    /// Whether `MSG_ZEROCOPY` may be used (`SO_ZEROCOPY`).
    ///
    /// The bytes of a send with `MSG_ZEROCOPY` must stay in memory and unchanged until the system has said that it has sent
    /// them (a message that is received with `MSG_ERRQUEUE`). The peer otherwise gets what the memory holds then, which may
    /// be anything of this process.
    zero_copy, set_zero_copy: bool = libc::SOL_SOCKET, libc::SO_ZEROCOPY;
}

impl Socket {
    /// Returns a number that no other socket has had since the system started (`SO_COOKIE`). Fails with
    /// [`Error::Closed`] and [`Error::Os`].
    pub fn cookie(&self) -> Result<u64> {
        self.with_socket2(|socket| socket.cookie())
    }

    /// Returns the name of the interface that the socket is bound to, or `None` (`SO_BINDTODEVICE`).
    ///
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn device(&self) -> Result<Option<Vec<u8>>> {
        let name = self.with_socket2(|socket| socket.device())?;
        Ok(name.map(|name| up_to_nul(&name)).filter(|name| !name.is_empty()))
    }

    /// Binds the socket to an interface by its name, such as `b"eth0"`, or with `None` to no interface
    /// (`SO_BINDTODEVICE`).
    ///
    /// Fails with [`Error::Value`] for a name of more than 15 bytes or with a NUL byte, with `Os(ENODEV)` for
    /// an unknown name, with `Os(EPERM)` when an existing binding is changed without `CAP_NET_RAW`, and with
    /// [`Error::Closed`].
    pub fn bind_device(&self, interface: Option<&[u8]>) -> Result<()> {
        // The system would use only the first 15 bytes, which may be the name of another interface.
        check_text(interface.unwrap_or_default(), libc::IFNAMSIZ - 1, "interface name")?;
        self.with_socket2(|socket| socket.bind_device(interface))
    }

    /// Returns the address family that the system reports (`SO_DOMAIN`). [`Socket::family`] returns it
    /// without a system call. Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn domain(&self) -> Result<AddressFamily> {
        self.with_socket2(|socket| socket.domain()).map(|family| AddressFamily::from_raw(family.into()))
    }

    /// Returns the most bytes per second that the socket sends, `None` for no limit (`SO_MAX_PACING_RATE`).
    /// Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn max_pacing_rate(&self) -> Result<Option<u64>> {
        let bytes = self.getsockopt_bytes(libc::SOL_SOCKET, libc::SO_MAX_PACING_RATE, size_of::<u64>())?;
        pacing_rate(&bytes)
    }

    /// Sets what [`Socket::max_pacing_rate`] returns. Fails as that method does, and with [`Error::Overflow`] for
    /// 4294967295 or more on systems that cannot have such a limit: on 32-bit kernels, and before Linux 4.20.
    pub fn set_max_pacing_rate(&self, rate: Option<u64>) -> Result<()> {
        let set = |value: &[u8]| self.setsockopt_bytes(libc::SOL_SOCKET, libc::SO_MAX_PACING_RATE, value);
        match rate {
            // Every kernel takes 32 bits, of which the highest number means that there is no limit.
            None => set(&u32::MAX.to_ne_bytes()),
            Some(rate) if rate < u32::MAX.into() => set(&(rate as u32).to_ne_bytes()),
            Some(rate) => {
                // A kernel that knows only 32 bits would take the first half of the number for all of it.
                let most = size_of::<u64>();
                if self.getsockopt_bytes(libc::SOL_SOCKET, libc::SO_MAX_PACING_RATE, most)?.len() < most {
                    let limit = format!("max_pacing_rate must be less than {} on this system", u32::MAX);
                    return Err(Error::overflow(format_args!("{limit}, got {rate}")));
                }
                set(&rate.to_ne_bytes())
            }
        }
    }

    /// Returns the protocol that the system reports (`SO_PROTOCOL`). [`Socket::proto`] returns it without a
    /// system call. Fails with [`Error::Closed`] and [`Error::Os`].
    pub fn protocol(&self) -> Result<i32> {
        self.with_socket2(|socket| socket.protocol()).map(|protocol| protocol.map_or(0, i32::from))
    }

    /// [`Socket::set_recv_buffer_size`] without the system's upper limit (`SO_RCVBUFFORCE`). Fails with
    /// `Os(EPERM)` without `CAP_NET_ADMIN`, and as that method does.
    pub fn set_recv_buffer_size_force(&self, bytes: u32) -> Result<()> {
        self.setsockopt(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, bytes.to_int()?)
    }

    /// [`Socket::set_send_buffer_size`] without the system's upper limit (`SO_SNDBUFFORCE`). Fails with
    /// `Os(EPERM)` without `CAP_NET_ADMIN`, and as that method does.
    pub fn set_send_buffer_size_force(&self, bytes: u32) -> Result<()> {
        self.setsockopt(libc::SOL_SOCKET, libc::SO_SNDBUFFORCE, bytes.to_int()?)
    }
}

/// Reads the answer of `SO_MAX_PACING_RATE`: 32 bits on 32-bit kernels and before Linux 4.20, otherwise 64. The highest
/// number means that there is no limit.
fn pacing_rate(bytes: &[u8]) -> Result<Option<u64>> {
    if let Ok(long) = bytes.try_into() {
        return Ok(Some(u64::from_ne_bytes(long)).filter(|&rate| rate != u64::MAX));
    }
    let short = bytes.try_into().map_err(|_| Error::Os(libc::EINVAL))?;
    Ok(Some(u32::from_ne_bytes(short)).filter(|&rate| rate != u32::MAX).map(u64::from))
}

#[cfg(test)]
mod tests {
    use super::pacing_rate;

    #[test]
    fn a_pacing_rate_has_as_many_bits_as_the_kernel_says() {
        assert_eq!(pacing_rate(&5u64.to_ne_bytes()), Ok(Some(5)));
        assert_eq!(pacing_rate(&(1u64 << 40).to_ne_bytes()), Ok(Some(1 << 40)));
        assert_eq!(pacing_rate(&u64::MAX.to_ne_bytes()), Ok(None));
        assert_eq!(pacing_rate(&5u32.to_ne_bytes()), Ok(Some(5)));
        assert_eq!(pacing_rate(&u32::MAX.to_ne_bytes()), Ok(None));
        assert!(pacing_rate(&[]).is_err());
    }
}
