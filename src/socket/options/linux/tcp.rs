//! Options of TCP that only Linux has.

use std::time::Duration;

use super::{check_text, up_to_nul};
use crate::error::{Error, Result};
use crate::socket::Socket;
use crate::socket::options::whole;

options! {
    /// Whether only full segments are sent, until this is cleared or 200 ms have passed (`TCP_CORK`).
    tcp_cork, set_tcp_cork: bool;
    /// How long a listener leaves clients that have sent nothing in its queue, in seconds; 0 accepts them at
    /// once (`TCP_DEFER_ACCEPT`).
    tcp_defer_accept, set_tcp_defer_accept: u32 = libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT;
    /// How many clients may send data before their handshake is complete, 0 for none; on a listener
    /// (`TCP_FASTOPEN`).
    tcp_fast_open, set_tcp_fast_open: u32 = libc::IPPROTO_TCP, libc::TCP_FASTOPEN;
    /// Whether `connect` does nothing until the first `send`, whose data then goes into the handshake
    /// (`TCP_FASTOPEN_CONNECT`).
    tcp_fast_open_connect, set_tcp_fast_open_connect: bool = libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT;
    /// Whether a receive reports how many bytes are left to read (`TCP_INQ`).
    tcp_inq, set_tcp_inq: bool = libc::IPPROTO_TCP, libc::TCP_INQ;
    /// How long a closed connection waits until the peer closes it too, in seconds; a negative number means
    /// not at all (`TCP_LINGER2`).
    tcp_linger2, set_tcp_linger2: i32 = libc::IPPROTO_TCP, libc::TCP_LINGER2;
    /// The number of unsent bytes from which on `poll` no longer reports the socket as writable
    /// (`TCP_NOTSENT_LOWAT`).
    tcp_notsent_lowat, set_tcp_notsent_lowat: u32;
    /// Whether acknowledgements are sent at once. The system may change this back (`TCP_QUICKACK`).
    tcp_quickack, set_tcp_quickack: bool;
    /// Whether a listener keeps the first packet of each client (`TCP_SAVE_SYN`).
    tcp_save_syn, set_tcp_save_syn: bool = libc::IPPROTO_TCP, libc::TCP_SAVE_SYN;
    /// How often `connect` sends its first packet again when there is no answer, 1 to 127 (`TCP_SYNCNT`).
    tcp_syn_count, set_tcp_syn_count: u32 = libc::IPPROTO_TCP, libc::TCP_SYNCNT;
    /// Whether a stream with little data in flight sends lost data again at equal intervals instead of
    /// growing ones (`TCP_THIN_LINEAR_TIMEOUTS`).
    tcp_thin_linear_timeouts, set_tcp_thin_linear_timeouts: bool;
    /// The most bytes of free buffer that the peer is told about, 0 for no limit (`TCP_WINDOW_CLAMP`).
    tcp_window_clamp, set_tcp_window_clamp: u32 = libc::IPPROTO_TCP, libc::TCP_WINDOW_CLAMP;
}

impl Socket {
    /// Returns the name of the congestion control algorithm, such as `b"cubic"` (`TCP_CONGESTION`).
    ///
    /// Fails with [`Error::Closed`], and with `Os(EOPNOTSUPP)` or `Os(ENOPROTOOPT)` on a socket that is not
    /// TCP.
    pub fn tcp_congestion(&self) -> Result<Vec<u8>> {
        self.with_socket2(|socket| socket.tcp_congestion()).map(|name| up_to_nul(&name))
    }

    /// Sets what [`Socket::tcp_congestion`] returns.
    ///
    /// Fails with [`Error::Value`] for a name of more than 15 bytes or with a NUL byte, with `Os(ENOENT)` for
    /// an unknown name, with `Os(EPERM)` for a reserved algorithm, and as that method does.
    pub fn set_tcp_congestion(&self, name: &[u8]) -> Result<()> {
        check_text(name, LONGEST_NAME, "congestion control name")?;
        self.with_socket2(|socket| socket.set_tcp_congestion(name))
    }

    /// Returns how long sent data may stay without acknowledgement before the connection ends, or `None` for
    /// the choice of the system (`TCP_USER_TIMEOUT`).
    ///
    /// Fails with [`Error::Closed`], and with `Os(EOPNOTSUPP)` or `Os(ENOPROTOOPT)` on a socket that is not
    /// TCP.
    pub fn tcp_user_timeout(&self) -> Result<Option<Duration>> {
        self.with_socket2(|socket| socket.tcp_user_timeout())
    }

    /// Sets what [`Socket::tcp_user_timeout`] returns, rounded up to milliseconds.
    ///
    /// Fails with [`Error::Value`] for zero, with [`Error::Overflow`] for more than 2147483647 ms, and as
    /// that method does.
    pub fn set_tcp_user_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        if timeout == Some(Duration::ZERO) {
            return Err(Error::value("a timeout of 0 means the system's choice: pass None"));
        }
        // socket2 would cut off fractions of a millisecond.
        let milliseconds = timeout.map(|timeout| whole(timeout, 1_000_000, "user timeout in milliseconds"));
        let timeout = milliseconds.transpose()?.map(|count| Duration::from_millis(count as u64));
        self.with_socket2(|socket| socket.set_tcp_user_timeout(timeout))
    }
}

/// The most bytes in the name of a congestion control algorithm (the system's `TCP_CA_NAME_MAX`, without the
/// NUL byte).
const LONGEST_NAME: usize = 15;
