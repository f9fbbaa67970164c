//! The settings of a connection's life: when it waits without a thread, and how long each phase may take.

use std::time::Duration;

use crate::constants::SOCK_STREAM;
use crate::error::{Error, Result};
use crate::server::concurrency::at_least;
use crate::server::intake::{is_datagram, is_inet};
use crate::server::{Concurrency, ProxyProtocol, ServerOptions, Threads, WhenFull};
use crate::socket::{IntoTimeout, Socket, checked_timeout};
use crate::sys;

/// The most bytes of a `request_end`.
const LONGEST_END: usize = 64;

/// The least rate at which a request must go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MinRate {
    pub(crate) bytes_per_second: u64,
    /// For how long a request may be slower.
    pub(crate) grace: Duration,
}

impl ServerOptions {
    /// Sets whether a new client waits without a thread until it has sent its first bytes. The default is false.
    ///
    /// It is right for protocols in which the client speaks first, such as HTTP: a client that says nothing then
    /// occupies no thread. Where the server speaks first, such a client would wait for ever.
    pub fn wait_for_first_byte(mut self, wait: bool) -> Self {
        self.wait_for_first_byte = wait;
        self
    }

    /// Sets the bytes with which a request ends, or the part of it for which a handler waits: 1 to 64 bytes. A client then
    /// gets a thread only when they have come, or 16 KiB without them. By default it gets one with its first byte.
    ///
    /// For HTTP it is `b"\r\n\r\n"`, for protocols of lines `b"\n"`. Clients that send a byte now and then hold no thread
    /// until their requests are complete; [`request_deadline`](ServerOptions::request_deadline) limits how long that may
    /// take. It contains [`wait_for_first_byte`](ServerOptions::wait_for_first_byte).
    ///
    /// It is for TCP. It does not fit TLS, whose bytes are encrypted. What comes behind urgent data (`MSG_OOB`) cannot be
    /// looked at, so a client that sends some in its request is cut off, and counted as `shed`.
    pub fn request_end(mut self, end: &[u8]) -> Self {
        self.request_end = Some(end.into());
        self
    }

    /// Sets the most parked requests, 1 or more. If there are more, the one that has been parked longest is closed and
    /// counted as [shed](crate::server::Statistics::shed). By default there is no limit.
    pub fn max_parked(mut self, requests: usize) -> Self {
        self.max_parked = Some(requests);
        self
    }

    /// Sets how long a connection may be parked, above 0 seconds; with
    /// [`wait_for_first_byte`](ServerOptions::wait_for_first_byte) also how long a new client may say nothing. Then it is
    /// closed. By default there is no limit.
    ///
    /// Fails as [`Socket::settimeout`](crate::Socket::settimeout) does.
    pub fn idle_timeout(mut self, timeout: impl IntoTimeout) -> Result<Self> {
        self.idle_timeout = checked_timeout(timeout)?;
        Ok(self)
    }

    /// Sets how long a request may take, above 0 seconds: from its first byte, or from the accept if the handler runs at
    /// once, to the answer of the handler, over all calls together. Then its connection is shut down, which ends the
    /// handler's calls. By default there is no limit.
    ///
    /// In contrast to [`request_timeout`](ServerOptions::request_timeout), a client that sends a byte now and then does
    /// not prolong it. It needs threads, because the thread that serves must be free to look at the time. For a job that
    /// has an [`fd`](crate::server::Job::fd), its `cut` is called.
    ///
    /// Fails as [`Socket::settimeout`](crate::Socket::settimeout) does.
    pub fn request_deadline(mut self, timeout: impl IntoTimeout) -> Result<Self> {
        self.request_deadline = checked_timeout(timeout)?;
        Ok(self)
    }

    /// Sets how long the hook [`handshake`](crate::server::Hooks::handshake) may take for a client, above 0 seconds, over
    /// all calls together. Then its connection is shut down, which ends the hook's calls. By default there is no limit.
    ///
    /// It needs threads, as [`request_deadline`](ServerOptions::request_deadline) does, which does not hold for the
    /// handshake then. With [`wait_for_first_byte`](ServerOptions::wait_for_first_byte) the time begins with the client's
    /// first byte; until then, [`idle_timeout`](ServerOptions::idle_timeout) holds.
    ///
    /// Fails as [`Socket::settimeout`](crate::Socket::settimeout) does.
    pub fn handshake_timeout(mut self, timeout: impl IntoTimeout) -> Result<Self> {
        self.handshake_timeout = checked_timeout(timeout)?;
        Ok(self)
    }

    /// Makes the server one behind a proxy: each connection must begin with a header of the PROXY protocol. By default
    /// none does.
    ///
    /// The server never guesses whether there is a header. It reads the header before anything else, and waits for it
    /// without a thread. A connection is ended, and counted as [rejected](crate::server::Statistics::rejected) and
    /// [refused](crate::server::Statistics::header_refused), when it comes from a peer that is not trusted, whatever it
    /// sends, and when its header is not valid or not complete.
    ///
    /// [`Request::client_address`](crate::server::Request::client_address) is what the header says, also in
    /// `verify_request` and for
    /// [`max_connections_per_address`](ServerOptions::max_connections_per_address). A header that says nothing about a
    /// client (`LOCAL`, `UNKNOWN`) keeps the real address.
    /// [`Request::proxy_header`](crate::server::Request::proxy_header) has the rest.
    ///
    /// It is for stream sockets, and not for forking servers. Jobs have no header, unless they
    /// [expect one](crate::server::Job::proxy_header).
    ///
    /// ```
    /// use tabi::server::{ProxyProtocol, Request, ThreadingTcpServer};
    ///
    /// let server = ThreadingTcpServer::options()
    ///     .proxy_protocol(ProxyProtocol::trusting(["127.0.0.1", "10.0.0.0/8"])?)
    ///     .header_timeout(3.0)?
    ///     .bind(("127.0.0.1", 0), |request: &Request| {
    ///         request.reply(format!("hello {}", request.client_address()).as_bytes())
    ///     })?;
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn proxy_protocol(mut self, settings: ProxyProtocol) -> Self {
        self.proxy_protocol = Some(settings);
        self
    }

    /// Sets how long a connection may wait for its PROXY header ([`proxy_protocol`](ServerOptions::proxy_protocol)),
    /// above 0 seconds, or `None` for no limit. Then it is closed. The default is 5 seconds; less than 3 seconds may be
    /// too short for a header that the network has lost once.
    ///
    /// Fails as [`Socket::settimeout`](crate::Socket::settimeout) does.
    pub fn header_timeout(mut self, timeout: impl IntoTimeout) -> Result<Self> {
        self.header_timeout = checked_timeout(timeout)?;
        Ok(self)
    }

    /// Sets how many bytes a second a request must move at least, 1 or more, after a grace of more than 0 seconds. A
    /// connection that is slower is shut down. By default there is no limit.
    ///
    /// The bytes in both directions count, together and on average over the request. Seconds in which the handler is not
    /// inside a call of its socket do not count, so a handler may compute for as long as it likes. (The calls of a job
    /// are not known: all its time counts.) The requests are looked at once a second. It needs threads, TCP, and a
    /// system that counts the bytes of connections, which is Linux since 4.19. Elsewhere the server is refused.
    pub fn min_rate(mut self, bytes_per_second: u64, grace: Duration) -> Self {
        self.min_rate = Some(MinRate { bytes_per_second, grace });
        self
    }

    /// Sets what a server on the open internet needs, so that slow and silent clients keep nobody else from being
    /// served. Each setting may be changed afterwards.
    ///
    /// | setting | value |
    /// |---|---|
    /// | [`concurrency`](ServerOptions::concurrency) | 64 threads, and a queue for 1,024 clients |
    /// | [`wait_for_first_byte`](ServerOptions::wait_for_first_byte) | true |
    /// | [`idle_timeout`](ServerOptions::idle_timeout) | 60 seconds |
    /// | [`request_deadline`](ServerOptions::request_deadline) | 30 seconds |
    /// | [`handshake_timeout`](ServerOptions::handshake_timeout) | 10 seconds |
    /// | [`min_rate`](ServerOptions::min_rate) | 128 bytes a second after 5 seconds, where the system counts bytes |
    /// | [`max_connections`](ServerOptions::max_connections) | 10,000 |
    /// | [`max_connections_per_address`](ServerOptions::max_connections_per_address) | 100 |
    ///
    /// It is for TCP servers whose clients speak first. Set [`request_end`](ServerOptions::request_end) too if the
    /// protocol has such an end: then slow clients hold no threads at all.
    ///
    /// ```
    /// use tabi::server::{HandlerResult, Next, Request, ServerOptions};
    /// use tabi::{AF_INET, SOCK_STREAM};
    ///
    /// let shout = |request: &Request| -> HandlerResult<Next> {
    ///     let line = request.rfile()?.readline(1000)?;
    ///     if line.is_empty() {
    ///         return Ok(Next::End);
    ///     }
    ///     request.reply(&line.to_ascii_uppercase())?;
    ///     Ok(Next::Park)
    /// };
    /// let server = ServerOptions::new(AF_INET, SOCK_STREAM)
    ///     .internet_facing()
    ///     .request_end(b"\n")
    ///     .max_connections(500)
    ///     .bind(("127.0.0.1", 0), shout)?;
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn internet_facing(self) -> Self {
        let slowest = MinRate { bytes_per_second: 128, grace: Duration::from_secs(5) };
        ServerOptions {
            concurrency: Threads::default().max_threads(64).when_full(WhenFull::Queue(1024)).into(),
            wait_for_first_byte: true,
            idle_timeout: Some(Duration::from_secs(60)),
            request_deadline: Some(Duration::from_secs(30)),
            handshake_timeout: Some(Duration::from_secs(10)),
            min_rate: sys::counts_tcp_bytes().then_some(slowest),
            max_connections: Some(10_000),
            max_connections_per_address: Some(100),
            ..self
        }
    }

    /// Whether a new client waits without a thread.
    pub(crate) fn parks_new_clients(&self) -> bool {
        self.wait_for_first_byte || self.request_end.is_some()
    }

    /// Whether a phase of a connection may take only a certain time.
    pub(crate) fn limits_phases(&self) -> bool {
        self.idle_timeout.is_some()
            || self.handshake_timeout.is_some()
            || self.proxy_protocol.is_some()
            || self.limits_requests()
    }

    /// Whether the time of running requests is limited.
    pub(crate) fn limits_requests(&self) -> bool {
        self.request_deadline.is_some() || self.min_rate.is_some()
    }

    /// Refuses settings that cannot be.
    pub(crate) fn check_phases(&self, sockets: &[Socket]) -> Result<()> {
        let timeouts = [
            ("idle_timeout", self.idle_timeout),
            ("request_deadline", self.request_deadline),
            ("handshake_timeout", self.handshake_timeout),
            ("header_timeout", self.header_timeout),
        ];
        for (name, timeout) in timeouts {
            if timeout == Some(Duration::ZERO) {
                return Err(Error::value(format_args!("{name} must be above 0 seconds, got 0")));
            }
        }
        at_least("max_parked", self.max_parked.unwrap_or(1), 1)?;
        if let Some(rate) = self.min_rate {
            rate.check()?;
            needs_tcp("min_rate", sockets)?;
        }
        if self.count_bytes {
            if matches!(self.concurrency, Concurrency::Forks(_)) {
                return Err(Error::value(
                    "count_bytes is not for forking servers, whose children have the connections",
                ));
            }
            needs_tcp("count_bytes", sockets)?;
        }
        let needs_threads = [
            ("request_deadline", self.request_deadline.is_some()),
            ("handshake_timeout", self.handshake_timeout.is_some()),
            ("min_rate", self.min_rate.is_some()),
        ];
        if let Some(end) = &self.request_end {
            if !(1..=LONGEST_END).contains(&end.len()) {
                let got = end.len();
                return Err(Error::value(format_args!(
                    "request_end must have 1 to {LONGEST_END} bytes, got {got}"
                )));
            }
            if !sockets.iter().all(is_tcp) {
                return Err(Error::value("request_end is for TCP sockets, and the server has others"));
            }
        }
        let parks = [
            ("wait_for_first_byte", self.wait_for_first_byte),
            ("request_end", self.request_end.is_some()),
            ("max_parked", self.max_parked.is_some()),
            ("idle_timeout", self.idle_timeout.is_some()),
            ("proxy_protocol", self.proxy_protocol.is_some()),
        ];
        for (name, _) in needs_threads.into_iter().chain(parks).filter(|&(_, is_set)| is_set) {
            if sockets.iter().all(is_datagram) {
                return Err(Error::value(format_args!(
                    "{name} is for stream sockets, and the server has none"
                )));
            }
            if matches!(self.concurrency, Concurrency::Forks(_)) {
                return Err(Error::value(format_args!(
                    "{name} is not for forking servers, which cannot park a connection"
                )));
            }
        }
        for (name, _) in needs_threads.into_iter().filter(|&(_, is_set)| is_set) {
            if matches!(self.concurrency, Concurrency::Inline) {
                return Err(Error::value(format_args!("{name} needs a server with threads")));
            }
        }
        if self.proxy_protocol.is_some() && sockets.iter().any(|socket| socket.kind() != SOCK_STREAM) {
            return Err(Error::value("proxy_protocol is for stream sockets, and the server has others"));
        }
        Ok(())
    }
}

fn is_tcp(socket: &Socket) -> bool {
    is_inet(socket) && socket.kind() == SOCK_STREAM
}

impl MinRate {
    fn check(self) -> Result<()> {
        at_least("the bytes per second of min_rate", usize::from(self.bytes_per_second > 0), 1)?;
        if self.grace.is_zero() {
            return Err(Error::value("the grace of min_rate must be above 0 seconds, got 0"));
        }
        Ok(())
    }
}

/// Refuses a setting that is about the bytes of TCP connections where nobody counts them.
fn needs_tcp(setting: &str, sockets: &[Socket]) -> Result<()> {
    if !sockets.iter().all(is_tcp) {
        return Err(Error::value(format_args!("{setting} is for TCP sockets, and the server has others")));
    }
    for socket in sockets {
        if !socket.counts_bytes()? {
            return Err(Error::value(format_args!(
                "{setting} needs a system that counts the bytes of TCP connections"
            )));
        }
    }
    Ok(())
}
