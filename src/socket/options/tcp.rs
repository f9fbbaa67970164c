//! Options of TCP: `IPPROTO_TCP`.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::socket::Socket;
use crate::sys::{self, unix_only};

options! {
    /// Whether small pieces of data are sent at once, without waiting for an acknowledgement (`TCP_NODELAY`).
    tcp_nodelay, set_tcp_nodelay: bool;
}

unix_only! {
    options! {
        /// The largest segment in bytes (`TCP_MAXSEG`).
        tcp_mss, set_tcp_mss: u32;
    }
}

/// When the system sends probes on an idle connection. A member that is `None` stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TcpKeepalive {
    /// How long a connection is idle before the first probe, 1 to 32767 seconds (`TCP_KEEPIDLE`).
    pub time: Option<Duration>,
    /// The time between two probes, 1 to 32767 seconds (`TCP_KEEPINTVL`).
    pub interval: Option<Duration>,
    /// How many probes may stay without an answer before the connection ends, 1 to 127 (`TCP_KEEPCNT`).
    pub retries: Option<u32>,
}

/// The most seconds and the most probes that Linux accepts.
const LONGEST_KEEPALIVE: u128 = 32767;
const MOST_RETRIES: u128 = 127;

impl Socket {
    /// Returns when the system sends probes on an idle connection (`TCP_KEEPIDLE`, `TCP_KEEPINTVL`,
    /// `TCP_KEEPCNT`). All three members are set. [`Socket::keepalive`] says whether probes are turned on.
    ///
    /// Fails with [`Error::Closed`], and with `Os(EOPNOTSUPP)` or `Os(ENOPROTOOPT)` on a socket that is not
    /// TCP.
    pub fn tcp_keepalive(&self) -> Result<TcpKeepalive> {
        self.with_socket2(|socket| {
            let [time, interval] = sys::keepalive_times(socket)?;
            Ok(TcpKeepalive {
                time: Some(time),
                interval: Some(interval),
                retries: Some(socket.tcp_keepalive_retries()?),
            })
        })
    }

    /// Turns on probes of an idle connection, at these times, which are rounded up to seconds.
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
    /// Fails with [`Error::Value`] for a member that is out of its range, and as [`Socket::tcp_keepalive`]
    /// does. Probes are then not turned on.
    pub fn set_tcp_keepalive(&self, keepalive: &TcpKeepalive) -> Result<()> {
        let mut settings = socket2::TcpKeepalive::new();
        if let Some(time) = keepalive.time {
            settings = settings.with_time(in_range("time", time)?);
        }
        if let Some(interval) = keepalive.interval {
            settings = settings.with_interval(in_range("interval", interval)?);
        }
        if let Some(retries) = keepalive.retries {
            check("retries", u128::from(retries), MOST_RETRIES, "")?;
            settings = settings.with_retries(retries);
        }
        self.with_socket2(|socket| {
            // Every socket accepts SO_KEEPALIVE, and on most it has no effect. Only a TCP socket has this
            // option.
            socket.tcp_keepalive_retries()?;
            socket.set_tcp_keepalive(&settings)
        })
    }
}

/// Converts a time to whole seconds, rounded up.
fn in_range(name: &str, time: Duration) -> Result<Duration> {
    let seconds = time.as_nanos().div_ceil(1_000_000_000);
    check(name, seconds, LONGEST_KEEPALIVE, " seconds")?;
    Ok(Duration::from_secs(seconds as u64))
}

/// Checks one member. The system would not say which member it refuses.
fn check(name: &str, value: u128, most: u128, unit: &str) -> Result<()> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::value(format_args!("keepalive {name} must be 1-{most}{unit}, got {value}")))
}
