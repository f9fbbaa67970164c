//! Making connections within a deadline.
#![allow(unsafe_code)]

use socket2::SockRef;

use super::Socket;
use super::handle::InFlight;
use super::timeout::Timeout;
use super::wait::{Interest, Kind, Plan, deadline_of};
use crate::address::{Address, RawAddress};
use crate::cancel::{self, Tokens};
use crate::constants::{AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, SOCK_DGRAM, SOCK_STREAM};
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result};
use crate::resolve::{ToAddress, check_family};
use crate::sys::fd::BorrowedFd;
use crate::sys::{self, libc};

impl Socket {
    /// Connects the socket to an address (`socket.connect`).
    ///
    /// The timeout of the socket limits the call and the look-up of a host together. Fails with
    /// [`Error::Timeout`], with [`Error::Closed`], with [`Error::Os`] (such as `ECONNREFUSED`, or
    /// `EINPROGRESS` when the socket is non-blocking and the connection is being made), and with the errors
    /// of the look-up. On Linux, a call without a timeout waits for a TCP connection that an earlier call has begun.
    ///
    /// After a failure other than `EINPROGRESS`, make a new socket before you try again: the
    /// system does not define the state of this one.
    pub fn connect(&self, address: impl ToAddress) -> Result<()> {
        self.connect_until(address, Limit::Timeout)
    }

    /// [`Socket::connect`] that returns the errors of `connect(2)` as a number (`socket.connect_ex`).
    ///
    /// Returns 0 when the socket is connected, otherwise the `errno`: as in Python, `EAGAIN` after the
    /// timeout and `EBADF` for a closed socket; `ECANCELED` after a [`Cancel`](crate::Cancel). Fails only when the address cannot be used or its host is not
    /// found.
    pub fn connect_ex(&self, address: impl ToAddress) -> Result<i32> {
        let (address, limit) = match self.look_up(address, Limit::Timeout) {
            Err(Error::Timeout) => return Ok(libc::EAGAIN),
            Err(Error::Cancelled) => return Ok(libc::ECANCELED),
            found => found?,
        };
        match self.connect_until(address, limit) {
            Ok(()) => Ok(0),
            Err(Error::Os(errno)) => Ok(errno),
            Err(Error::Timeout) => Ok(libc::EAGAIN),
            Err(Error::Cancelled) => Ok(libc::ECANCELED),
            Err(Error::Closed) => Ok(sys::CLOSED),
            Err(error) => Err(error),
        }
    }

    /// [`Socket::connect`] with a limit instead of the timeout. [`Limit::Now`] only begins the connection
    /// (`EINPROGRESS`); [`Socket::finish_connect`] waits for it.
    ///
    /// On a socket without a timeout, O_NONBLOCK is set during the call.
    pub fn connect_until(&self, address: impl ToAddress, limit: Limit) -> Result<()> {
        let (address, limit) = self.look_up(address, limit)?;
        let call = self.handle.enter()?;
        let timeout = self.mode.timeout();
        if timeout == Timeout::NONE && [Limit::Timeout, Limit::FOREVER].contains(&limit) {
            return self.connect_without_limit(&call, &address);
        }
        // Another thread may change the timeout during the call, and another owner may have cleared O_NONBLOCK.
        let limit = if limit == Limit::Timeout { timeout.limit() } else { limit };
        let _never_blocks = self.mode.never_block(&call)?;
        self.connect_raw(Plan::new(Kind::Connect, limit), &address)
    }

    /// A connect that takes as long as the system needs. It waits in `poll`, where a close at any moment wakes
    /// it. A connect that blocks in the system would miss a close that came just before it, and one to a unix
    /// listener whose queue is full would miss every close.
    fn connect_without_limit(&self, call: &InFlight<'_>, address: &RawAddress) -> Result<()> {
        if self.family == AF_UNIX && self.kind != SOCK_DGRAM {
            return self.connect_to_queue(call, address);
        }
        // Datagram sockets do not wait, and other kinds differ too much to be polled unless a token asks for it.
        if self.kind != SOCK_STREAM && (self.kind == SOCK_DGRAM || !Tokens::are_above(&self.cancel)) {
            return self.connect_raw(Plan::new(Kind::Connect, Limit::Timeout), address);
        }
        let _never_blocks = self.mode.never_block(call)?;
        if sys::SECOND_CONNECT_TELLS && self.is_tcp() {
            return self.connect_and_ask(address);
        }
        self.connect_raw(Plan::new(Kind::Connect, Limit::Timeout), address)?;
        if !sys::CONFIRMS_CONNECT {
            return Ok(());
        }
        // Linux regards a socket as connected only after a connect has returned 0. Without this call the next
        // connect would not fail with EISCONN, as it does after a connect that blocked.
        match SockRef::from(call).connect(&address.to_socket2()).map_err(Error::from) {
            Ok(()) | Err(Error::Os(libc::EISCONN)) => Ok(()),
            Err(_) if call.is_closed() => Err(Error::Closed),
            Err(error) => Err(error),
        }
    }

    /// Asks a connection that was begun for its result by another connect, which at the same time lets the system regard
    /// the socket as connected. A connection in the same machine has often been made before anybody has to wait for it.
    fn connect_and_ask(&self, address: &RawAddress) -> Result<()> {
        let address = address.to_socket2();
        let mut begun = false;
        let connected = self.run(Plan::new(Kind::Connect, Limit::Timeout), |fd, _| {
            // SAFETY: `run` keeps the descriptor open while this closure uses it.
            let descriptor = unsafe { BorrowedFd::borrow_raw(fd) };
            let connect = || SockRef::from(&descriptor).connect(&address).map_err(Error::from);
            let mut result = connect();
            // After a close, another connect would be a new connection.
            if result == Err(Error::Os(sys::CONNECT_BEGUN)) && !self.handle.is_closed() {
                begun = true;
                result = connect();
            }
            sys::as_system_call(match result {
                // Also when another thread has begun the connection, or this one before a signal or a timeout.
                Err(Error::Os(libc::EALREADY)) => {
                    begun = true;
                    Err(Error::Os(sys::CONNECT_BEGUN))
                }
                // Another thread that waited for the same connection has asked first.
                Err(Error::Os(libc::EISCONN)) if begun => Ok(()),
                result => result,
            })
        });
        connected.map(drop)
    }

    fn is_tcp(&self) -> bool {
        [AF_INET, AF_INET6].contains(&self.family)
            && self.kind == SOCK_STREAM
            && [0, IPPROTO_TCP].contains(&self.proto)
    }

    /// Connects to a unix listener, in whose queue there usually is a place at once.
    fn connect_to_queue(&self, call: &InFlight<'_>, address: &RawAddress) -> Result<()> {
        let _never_blocks = self.mode.never_block(call)?;
        match self.connect_raw(Plan::new(Kind::Connect, Limit::Now), address) {
            Err(Error::Os(libc::EAGAIN)) => {}
            result => return result,
        }
        match self.connect_raw(Plan::new(Kind::Connect, write_timeout(call)), address) {
            Err(Error::Timeout) => Err(Error::Os(libc::EAGAIN)),
            result => result,
        }
    }

    fn connect_raw(&self, plan: Plan, address: &RawAddress) -> Result<()> {
        let address = address.to_socket2();
        let mut begun = false;
        let connected = self.run(plan, |fd, _| {
            // SAFETY: `run` keeps the descriptor open while this closure uses it.
            let descriptor = unsafe { BorrowedFd::borrow_raw(fd) };
            let socket = SockRef::from(&descriptor);
            if begun {
                return sys::as_system_call(connection_result(&socket));
            }
            let result = socket.connect(&address).map_err(Error::from);
            // After an interruption the connect continues in the kernel, and a second one would fail with
            // EALREADY. Only the connect of a unix socket has not begun then.
            begun = match result {
                Err(Error::Os(errno)) if errno == sys::CONNECT_BEGUN => true,
                Err(Error::Os(libc::EINTR)) => self.family != AF_UNIX,
                _ => false,
            };
            let goes_on = begun && !self.is_interruptible();
            sys::as_system_call(if goes_on { Err(Error::Os(sys::CONNECT_BEGUN)) } else { result })
        });
        connected.map(drop)
    }

    /// Waits until a connection that was begun is made: after `EINPROGRESS` on a non-blocking socket, after a
    /// timeout, after a signal, or after a [`Cancel`](crate::Cancel). A connect of an `AF_UNIX` socket has not begun after
    /// these; connect again.
    ///
    /// Fails with the error of the connection, with [`Error::Timeout`], with [`Error::Closed`], with
    /// [`Error::Cancelled`], and with `Os(ENOTCONN)` when no connection is being made, for example because its failure
    /// was reported before.
    pub fn finish_connect(&self, limit: Limit) -> Result<()> {
        let tokens = Tokens::of(&self.cancel);
        tokens.check()?;
        self.finish_under(&tokens, limit)
    }

    /// [`Socket::finish_connect`] under other tokens.
    pub(super) fn finish_under(&self, tokens: &Tokens, limit: Limit) -> Result<()> {
        let call = self.handle.enter()?;
        self.wait_ready(&call, tokens, Interest::Write, deadline_of(limit, self.mode.timeout()))?;
        connected(&call)
    }

    /// The result of a connect after which `poll` has reported the socket.
    pub(super) fn result_of_connect(&self) -> Result<()> {
        connected(&self.handle.enter()?)
    }

    /// Makes one `connect(2)`, for a socket that no other thread has yet.
    pub(super) fn connect_once(&self, address: &Address) -> Result<()> {
        let address = RawAddress::try_from(address)?;
        let call = self.handle.enter()?;
        Ok(SockRef::from(&call).connect(&address.to_socket2())?)
    }

    /// Returns the address in the form of the system, for the family of this socket; a host is looked up. For
    /// callers that use the address more than once.
    ///
    /// The timeout of the socket limits the look-up, unless it is 0. Fails with [`Error::Timeout`], with the errors
    /// of the look-up, and with [`Error::Type`] for an address of another family.
    pub fn resolve(&self, address: impl ToAddress) -> Result<RawAddress> {
        self.look_up(address, Limit::Timeout).map(|(address, _)| address)
    }

    /// Checks that an address is of the family of this socket. Fails with [`Error::Type`].
    #[inline]
    pub(crate) fn check_address(&self, address: &RawAddress) -> Result<()> {
        check_family(self.family, address.family(), "the address")
    }

    /// Returns the address for a call with this limit, and the limit for the rest of the call. If a host has to be
    /// looked up, one deadline holds for both. Without a timeout and with the timeout 0 the look-up has no limit: as in
    /// Python, it waits even on a non-blocking socket.
    pub(crate) fn look_up(&self, address: impl ToAddress, limit: Limit) -> Result<(RawAddress, Limit)> {
        let limit = if address.has_host_name() { self.whole(limit) } else { limit };
        let deadline = match limit {
            Limit::Until(deadline) => deadline,
            Limit::Timeout | Limit::Now => Deadline::NEVER,
        };
        let look_up = || address.to_address(self.family, deadline);
        let found = match self.cancel.get().filter(|_| address.has_host_name()) {
            Some(token) => cancel::under(&token, look_up),
            None => look_up(),
        };
        Ok((found?, limit))
    }
}

/// The limit of a connect that blocks in the system (`SO_SNDTIMEO`), where connects have one.
fn write_timeout(call: &InFlight<'_>) -> Limit {
    if !sys::OWN_TIMEOUT_OF_CONNECTIONS {
        return Limit::FOREVER;
    }
    SockRef::from(call).write_timeout().unwrap_or(None).map_or(Limit::FOREVER, Limit::after)
}

/// Checks that a connect has ended with a connection.
fn connected(call: &InFlight<'_>) -> Result<()> {
    let socket = SockRef::from(call);
    connection_result(&socket)?;
    // The system reports the error of a connection only once, and it also reports a socket without a
    // connection as ready.
    Ok(socket.peer_addr().map(drop)?)
}

/// The result of a connect that has ended.
fn connection_result(socket: &SockRef<'_>) -> Result<()> {
    match socket.take_error()?.map(Error::from) {
        None | Some(Error::Os(libc::EISCONN)) => Ok(()),
        Some(error) => Err(error),
    }
}
