//! Options of TCP that only Linux has.

use std::time::Duration;

use super::{check_text, up_to_nul};
use crate::error::{Error, Result};
use crate::socket::Socket;
use crate::socket::options::whole;

options! {
    /// Whether only full segments go out, until this is cleared or 200 ms have passed (`TCP_CORK`).
    tcp_cork, set_tcp_cork: bool;
    /// How long a listener leaves clients that send nothing in the queue, in seconds, 0 for not at all (`TCP_DEFER_ACCEPT`).
    tcp_defer_accept, set_tcp_defer_accept: u32 = libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT;
    /// How many clients a listener lets send data before their handshake is done, 0 for none (`TCP_FASTOPEN`).
    tcp_fast_open, set_tcp_fast_open: u32 = libc::IPPROTO_TCP, libc::TCP_FASTOPEN;
    /// Whether `connect` waits for the first `send` to put its data into the handshake (`TCP_FASTOPEN_CONNECT`).
    tcp_fast_open_connect, set_tcp_fast_open_connect: bool = libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT;
    /// Whether a receive reports how many bytes are left to read (`TCP_INQ`).
    tcp_inq, set_tcp_inq: bool = libc::IPPROTO_TCP, libc::TCP_INQ;
    /// How long a closed connection waits for the peer to close too, in seconds, below 0 for not at all (`TCP_LINGER2`).
    tcp_linger2, set_tcp_linger2: i32 = libc::IPPROTO_TCP, libc::TCP_LINGER2;
    /// How many unsent bytes make the socket stop polling as writable (`TCP_NOTSENT_LOWAT`).
    tcp_notsent_lowat, set_tcp_notsent_lowat: u32;
    /// Whether acknowledgements go out at once; the system may change it back (`TCP_QUICKACK`).
    tcp_quickack, set_tcp_quickack: bool;
    /// Whether a listener keeps the first packet of each client (`TCP_SAVE_SYN`).
    tcp_save_syn, set_tcp_save_syn: bool = libc::IPPROTO_TCP, libc::TCP_SAVE_SYN;
    /// How often `connect` sends its first packet, 1 to 127 (`TCP_SYNCNT`).
    tcp_syn_count, set_tcp_syn_count: u32 = libc::IPPROTO_TCP, libc::TCP_SYNCNT;
    /// Whether a thin stream retries at a steady pace instead of ever more slowly (`TCP_THIN_LINEAR_TIMEOUTS`).
    tcp_thin_linear_timeouts, set_tcp_thin_linear_timeouts: bool;
    /// The most bytes that the peer is told there is room for, 0 for no bound (`TCP_WINDOW_CLAMP`).
    tcp_window_clamp, set_tcp_window_clamp: u32 = libc::IPPROTO_TCP, libc::TCP_WINDOW_CLAMP;
}

impl Socket {
    /// The name of the congestion control, such as `b"cubic"` (`TCP_CONGESTION`).
    ///
    /// Fails with [`Error::Closed`], and `Os(EOPNOTSUPP)` or `Os(ENOPROTOOPT)` on a socket that is not TCP.
    pub fn tcp_congestion(&self) -> Result<Vec<u8>> {
        self.with_socket2(|socket| socket.tcp_congestion()).map(|name| up_to_nul(&name))
    }

    /// Sets what [`Socket::tcp_congestion`] returns.
    ///
    /// Fails with [`Error::Value`] for a name of more than 15 bytes or with a NUL byte, `Os(ENOENT)` for an
    /// unknown one, `Os(EPERM)` for one that is reserved, and as that does.
    pub fn set_tcp_congestion(&self, name: &[u8]) -> Result<()> {
        check_text(name, LONGEST_NAME, "congestion control name")?;
        self.with_socket2(|socket| socket.set_tcp_congestion(name))
    }

    /// How long sent data may stay without acknowledgement before the connection ends, `None` for the
    /// system's choice (`TCP_USER_TIMEOUT`).
    ///
    /// Fails with [`Error::Closed`], and `Os(EOPNOTSUPP)` or `Os(ENOPROTOOPT)` on a socket that is not TCP.
    pub fn tcp_user_timeout(&self) -> Result<Option<Duration>> {
        self.with_socket2(|socket| socket.tcp_user_timeout())
    }

    /// Sets what [`Socket::tcp_user_timeout`] returns, rounded up to milliseconds.
    ///
    /// Fails with [`Error::Value`] for zero, [`Error::Overflow`] for more than 2147483647 ms, and as that does.
    pub fn set_tcp_user_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        if timeout == Some(Duration::ZERO) {
            return Err(Error::value("a timeout of 0 means the system's choice: pass None"));
        }
        // socket2 would cut a part of a millisecond off.
        let milliseconds = timeout.map(|timeout| whole(timeout, 1_000_000, "user timeout in milliseconds"));
        let timeout = milliseconds.transpose()?.map(|count| Duration::from_millis(count as u64));
        self.with_socket2(|socket| socket.set_tcp_user_timeout(timeout))
    }
}

/// The most bytes that the name of a congestion control has (the system's `TCP_CA_NAME_MAX`, less the NUL).
const LONGEST_NAME: usize = 15;
