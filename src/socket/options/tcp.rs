//! Options of TCP: `IPPROTO_TCP`.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::socket::Socket;

options! { libc::IPPROTO_TCP;
    /// The largest segment in bytes (`TCP_MAXSEG`).
    tcp_mss, set_tcp_mss: u32 = libc::TCP_MAXSEG;
    /// Whether small pieces go out at once instead of waiting for an acknowledgement (`TCP_NODELAY`).
    tcp_nodelay, set_tcp_nodelay: bool = libc::TCP_NODELAY;
}

#[cfg(any(target_os = "linux", target_os = "android"))]
options! { libc::IPPROTO_TCP;
    /// Whether only full segments go out, until this is cleared or 200 ms have passed (`TCP_CORK`).
    tcp_cork, set_tcp_cork: bool = libc::TCP_CORK;
    /// How long a listener leaves clients that send nothing in the queue, in seconds, 0 for not at all (`TCP_DEFER_ACCEPT`).
    tcp_defer_accept, set_tcp_defer_accept: u32 = libc::TCP_DEFER_ACCEPT;
    /// How many clients a listener lets send data before their handshake is done, 0 for none (`TCP_FASTOPEN`).
    tcp_fast_open, set_tcp_fast_open: u32 = libc::TCP_FASTOPEN;
    /// Whether `connect` waits for the first `send` to put its data into the handshake (`TCP_FASTOPEN_CONNECT`).
    tcp_fast_open_connect, set_tcp_fast_open_connect: bool = libc::TCP_FASTOPEN_CONNECT;
    /// Whether a receive reports how many bytes are left to read (`TCP_INQ`).
    tcp_inq, set_tcp_inq: bool = libc::TCP_INQ;
    /// How long a closed connection waits for the peer to close too, in seconds, below 0 for not at all (`TCP_LINGER2`).
    tcp_linger2, set_tcp_linger2: i32 = libc::TCP_LINGER2;
    /// How many unsent bytes make the socket stop polling as writable (`TCP_NOTSENT_LOWAT`).
    tcp_notsent_lowat, set_tcp_notsent_lowat: u32 = libc::TCP_NOTSENT_LOWAT;
    /// Whether acknowledgements go out at once; the system may change it back (`TCP_QUICKACK`).
    tcp_quickack, set_tcp_quickack: bool = libc::TCP_QUICKACK;
    /// Whether a listener keeps the first packet of each client (`TCP_SAVE_SYN`).
    tcp_save_syn, set_tcp_save_syn: bool = libc::TCP_SAVE_SYN;
    /// How often `connect` sends its first packet, 1 to 127 (`TCP_SYNCNT`).
    tcp_syn_count, set_tcp_syn_count: u32 = libc::TCP_SYNCNT;
    /// Whether a thin stream retries at a steady pace instead of ever more slowly (`TCP_THIN_LINEAR_TIMEOUTS`).
    tcp_thin_linear_timeouts, set_tcp_thin_linear_timeouts: bool = libc::TCP_THIN_LINEAR_TIMEOUTS;
    /// The most bytes that the peer is told there is room for, 0 for no bound (`TCP_WINDOW_CLAMP`).
    tcp_window_clamp, set_tcp_window_clamp: u32 = libc::TCP_WINDOW_CLAMP;
}

/// When the system probes an idle connection; `None` keeps what is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TcpKeepalive {
    /// How long a connection is idle before the first probe, 1 to 32767 seconds (`TCP_KEEPIDLE`).
    pub time: Option<Duration>,
    /// The time between two probes, 1 to 32767 seconds (`TCP_KEEPINTVL`).
    pub interval: Option<Duration>,
    /// How many probes may stay without an answer, 1 to 127 (`TCP_KEEPCNT`).
    pub retries: Option<u32>,
}

#[cfg(not(target_vendor = "apple"))]
const KEEPIDLE: i32 = libc::TCP_KEEPIDLE;
#[cfg(target_vendor = "apple")]
const KEEPIDLE: i32 = libc::TCP_KEEPALIVE;

/// The largest seconds and probes that Linux takes.
const LONGEST_KEEPALIVE: u128 = 32767;
const MOST_RETRIES: u128 = 127;

impl Socket {
    /// When the system probes an idle connection, all three parts set (`TCP_KEEPIDLE`, `TCP_KEEPINTVL`,
    /// `TCP_KEEPCNT`); [`Socket::keepalive`] tells whether it does.
    ///
    /// Fails with [`Error::Closed`], and `Os(EOPNOTSUPP)` or `Os(ENOPROTOOPT)` on a socket that is not TCP.
    pub fn tcp_keepalive(&self) -> Result<TcpKeepalive> {
        let ask = |option| self.getsockopt(libc::IPPROTO_TCP, option);
        let seconds = |option| ask(option).map(|seconds| Some(Duration::from_secs(seconds as u64)));
        Ok(TcpKeepalive {
            time: seconds(KEEPIDLE)?,
            interval: seconds(libc::TCP_KEEPINTVL)?,
            retries: Some(ask(libc::TCP_KEEPCNT)? as u32),
        })
    }

    /// Turns probes of an idle connection on, with these times, rounded up to seconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tabi::{AF_INET, SOCK_STREAM, Socket, TcpKeepalive};
    ///
    /// let socket = Socket::new(AF_INET, SOCK_STREAM, 0)?;
    /// let time = Some(Duration::from_secs(60));
    /// socket.set_tcp_keepalive(&TcpKeepalive { time, ..TcpKeepalive::default() })?;
    /// assert_eq!(socket.tcp_keepalive()?.time, time);
    /// # Ok::<(), tabi::Error>(())
    /// ```
    ///
    /// Fails with [`Error::Value`] for a part out of its range, and as [`Socket::tcp_keepalive`] does; probes
    /// are then not turned on.
    pub fn set_tcp_keepalive(&self, keepalive: &TcpKeepalive) -> Result<()> {
        let seconds = |duration: Duration| duration.as_nanos().div_ceil(1_000_000_000);
        let parts = [
            ("time", KEEPIDLE, keepalive.time.map(seconds), LONGEST_KEEPALIVE, " seconds"),
            ("interval", libc::TCP_KEEPINTVL, keepalive.interval.map(seconds), LONGEST_KEEPALIVE, " seconds"),
            ("retries", libc::TCP_KEEPCNT, keepalive.retries.map(u128::from), MOST_RETRIES, ""),
        ];
        for (name, _, value, most, unit) in parts {
            if value.is_some_and(|value| !(1..=most).contains(&value)) {
                let value = value.unwrap_or_default();
                return Err(Error::value(format!("keepalive {name} must be 1-{most}{unit}, got {value}")));
            }
        }
        for (_, option, value, ..) in parts {
            if let Some(value) = value {
                self.setsockopt(libc::IPPROTO_TCP, option, value as i32)?;
            }
        }
        self.set_keepalive(true)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Socket {
    /// The name of the congestion control, such as `b"cubic"` (`TCP_CONGESTION`).
    ///
    /// Fails with [`Error::Closed`], and `Os(EOPNOTSUPP)` or `Os(ENOPROTOOPT)` on a socket that is not TCP.
    pub fn tcp_congestion(&self) -> Result<Vec<u8>> {
        let mut name = self.getsockopt_bytes(libc::IPPROTO_TCP, libc::TCP_CONGESTION, LONGEST_NAME + 1)?;
        name.truncate(name.iter().position(|&byte| byte == 0).unwrap_or(name.len()));
        Ok(name)
    }

    /// Sets what [`Socket::tcp_congestion`] returns.
    ///
    /// Fails with [`Error::Value`] for a name of more than 15 bytes or with a NUL byte, `Os(ENOENT)` for an
    /// unknown one, `Os(EPERM)` for one that is reserved, and as that does.
    pub fn set_tcp_congestion(&self, name: &[u8]) -> Result<()> {
        super::check_text(name, LONGEST_NAME, "congestion control name")?;
        self.setsockopt_bytes(libc::IPPROTO_TCP, libc::TCP_CONGESTION, name)
    }

    /// How long sent data may stay without acknowledgement before the connection ends, `None` for the
    /// system's choice (`TCP_USER_TIMEOUT`).
    ///
    /// Fails with [`Error::Closed`], and `Os(EOPNOTSUPP)` or `Os(ENOPROTOOPT)` on a socket that is not TCP.
    pub fn tcp_user_timeout(&self) -> Result<Option<Duration>> {
        let milliseconds = self.getsockopt(libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT)? as u64;
        Ok((milliseconds != 0).then(|| Duration::from_millis(milliseconds)))
    }

    /// Sets what [`Socket::tcp_user_timeout`] returns, rounded up to milliseconds.
    ///
    /// Fails with [`Error::Value`] for zero, [`Error::Overflow`] for more than 2147483647 ms, and as that does.
    pub fn set_tcp_user_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        if timeout == Some(Duration::ZERO) {
            return Err(Error::value("a timeout of 0 means the system's choice: pass None"));
        }
        let nanoseconds = timeout.unwrap_or_default().as_nanos();
        let milliseconds = super::socket::whole(nanoseconds, 1_000_000, "user timeout in milliseconds")?;
        self.setsockopt(libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, milliseconds)
    }
}

/// The most bytes that the name of a congestion control has (the system's `TCP_CA_NAME_MAX`, less the NUL).
#[cfg(any(target_os = "linux", target_os = "android"))]
const LONGEST_NAME: usize = 15;
