//! Connections, made within a deadline.
#![allow(unsafe_code)]

use std::os::fd::BorrowedFd;

use socket2::SockRef;

use super::Socket;
use super::handle::InFlight;
use super::timeout::Timeout;
use super::wait::{Interest, Kind, Plan, deadline_of};
use crate::address::RawAddress;
use crate::constants::{AF_UNIX, SOCK_STREAM};
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::resolve::ToAddress;
use crate::sys;

impl Socket {
    /// Connects to an address (`socket.connect`).
    ///
    /// Fails with [`Error::Timeout`], [`Error::Closed`], [`Error::Os`] (`ECONNREFUSED`, `EINPROGRESS` when
    /// non-blocking) and as the lookup of a host does. After a failure other than `EINPROGRESS` the
    /// system leaves the state of the socket open: make a new one to try again.
    pub fn connect(&self, address: impl ToAddress) -> Result<()> {
        self.connect_until(address, Limit::Timeout)
    }

    /// [`Socket::connect`], with the errors of `connect(2)` returned as a number (`socket.connect_ex`).
    ///
    /// Returns 0 when connected, else the `errno`: `EAGAIN` for a timeout and `EBADF` for a closed socket,
    /// as in Python. Fails only where the address cannot be used or looked up.
    pub fn connect_ex(&self, address: impl ToAddress) -> Result<i32> {
        let address = address.to_address(self.family)?;
        match self.connect_until(address, Limit::Timeout) {
            Ok(()) => Ok(0),
            Err(Error::Os(errno)) => Ok(errno),
            Err(Error::Timeout) => Ok(libc::EAGAIN),
            Err(Error::Closed) => Ok(libc::EBADF),
            Err(error) => Err(error),
        }
    }

    /// [`Socket::connect`] within a limit of its own; [`Limit::Now`] begins a connection (`EINPROGRESS`).
    ///
    /// On a socket without a timeout, O_NONBLOCK is on during the call, unless it is a unix socket without a limit.
    pub fn connect_until(&self, address: impl ToAddress, limit: Limit) -> Result<()> {
        let address = address.to_address(self.family)?;
        let call = self.handle.enter()?;
        let blocks = self.mode.timeout() == Timeout::NONE;
        if blocks && [Limit::Timeout, Limit::FOREVER].contains(&limit) {
            return self.connect_without_limit(&call, &address);
        }
        // Another owner may have made the descriptor block.
        let _never_blocks =
            if blocks || self.handle.is_shared() { Some(self.mode.never_block(&call)?) } else { None };
        self.connect_raw(Plan::new(Kind::Connect, limit), &address)
    }

    /// A connect that takes as long as the system does. A stream waits for it in `poll`, where a close can wake it
    /// whenever it comes; the system itself would not see a close that came just before.
    fn connect_without_limit(&self, call: &InFlight<'_>, address: &RawAddress) -> Result<()> {
        let plan = Plan::new(Kind::Connect, Limit::Timeout);
        // A datagram socket never waits. Nothing but the system tells when the queue of a unix listener has room.
        if self.kind != SOCK_STREAM || self.family == AF_UNIX {
            return self.connect_raw(plan, address);
        }
        // SO_SNDTIMEO limits a connect that blocks in the system, which then fails like this.
        let own = SockRef::from(call).write_timeout().unwrap_or(None);
        let _never_blocks = self.mode.never_block(call)?;
        let limited = |own| Plan::new(Kind::Connect, Limit::after(own));
        match self.connect_raw(own.map_or(plan.always_polling(true), limited), address) {
            Ok(()) => {}
            Err(Error::Timeout) => return Err(Error::Os(libc::EINPROGRESS)),
            Err(error) => return Err(error),
        }
        // Linux takes a connection for made only once connect has said so: the next one is to fail with EISCONN, as after
        // a connect that blocked.
        match SockRef::from(call).connect(&address.to_socket2()).map_err(Error::from) {
            Ok(()) | Err(Error::Os(libc::EISCONN)) => Ok(()),
            Err(_) if call.is_closed() => Err(Error::Closed),
            Err(error) => Err(error),
        }
    }

    fn connect_raw(&self, plan: Plan, address: &RawAddress) -> Result<()> {
        let address = address.to_socket2();
        let mut begun = false;
        let connected = self.run(plan, |fd, _| {
            // SAFETY: `run` keeps the descriptor open while it lends it.
            let descriptor = unsafe { BorrowedFd::borrow_raw(fd) };
            let socket = SockRef::from(&descriptor);
            if begun {
                return sys::as_system_call(connection_result(&socket));
            }
            let result = socket.connect(&address).map_err(Error::from);
            // An interrupted connect goes on in the kernel, where a second one would fail with EALREADY. Only that of a unix
            // socket has not begun.
            begun = match result {
                Err(Error::Os(libc::EINPROGRESS)) => true,
                Err(Error::Os(libc::EINTR)) => self.family != AF_UNIX,
                _ => false,
            };
            let goes_on = begun && !self.is_interruptible();
            sys::as_system_call(if goes_on { Err(Error::Os(libc::EINPROGRESS)) } else { result })
        });
        connected.map(drop)
    }

    /// Waits for a connect that is under way: one that was non-blocking (`EINPROGRESS`), timed out, or
    /// was interrupted by a signal.
    ///
    /// Fails with the connection's own error, [`Error::Timeout`], [`Error::Closed`], or `Os(ENOTCONN)` when none is
    /// under way, such as after a failure that was reported already.
    pub fn finish_connect(&self, limit: Limit) -> Result<()> {
        let call = self.handle.enter()?;
        self.wait_ready(&call, Interest::Write, deadline_of(limit, self.mode.timeout()))?;
        let socket = SockRef::from(&call);
        connection_result(&socket)?;
        // The system tells a connection's error once; it calls a socket without one ready too.
        Ok(socket.peer_addr().map(drop)?)
    }

    /// The address as this socket's family has it, host looked up; for callers that use it more than once.
    pub fn resolve(&self, address: impl ToAddress) -> Result<RawAddress> {
        address.to_address(self.family)
    }
}

/// What a connect that is no longer under way came to.
fn connection_result(socket: &SockRef<'_>) -> Result<()> {
    match socket.take_error()?.map(Error::from) {
        None | Some(Error::Os(libc::EISCONN)) => Ok(()),
        Some(error) => Err(error),
    }
}
