//! Connections, made within a deadline.
#![allow(unsafe_code)]

use std::time::Duration;

use super::Socket;
use super::create::{self, int_option};
use super::handle::InFlight;
use super::timeout::Timeout;
use super::wait::{self, Interest};
use crate::address::{RawAddress, ToAddress};
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result, last_errno};
use crate::sys;

/// First and longest pause before a full unix listener is tried again: nothing tells when it has room.
const RETRY: Duration = Duration::from_micros(200);
const LONGEST_RETRY: Duration = Duration::from_millis(10);

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
    /// On a socket without a timeout the descriptor is non-blocking during the call.
    pub fn connect_until(&self, address: impl ToAddress, limit: Limit) -> Result<()> {
        let address = address.to_address(self.family)?;
        let call = self.handle.enter()?;
        let timeout = self.timeout.load();
        // For ever is what a blocking descriptor does by itself.
        if !timeout.is_blocking() || [Limit::Timeout, Limit::FOREVER].contains(&limit) {
            return self.connect_raw(&call, &address, limit, timeout);
        }
        sys::set_nonblocking(call.fd(), true)?;
        let result = self.connect_raw(&call, &address, limit, timeout);
        // Another thread may have set a timeout meanwhile.
        sys::set_nonblocking(call.fd(), !self.timeout.load().is_blocking())?;
        result
    }

    fn connect_raw(
        &self,
        call: &InFlight<'_>,
        address: &RawAddress,
        limit: Limit,
        timeout: Timeout,
    ) -> Result<()> {
        let waits = match limit {
            Limit::Timeout => timeout.is_timed(),
            Limit::Now => false,
            Limit::Until(_) => true,
        };
        // The clock starts before the first try; reading it costs nothing beside a handshake.
        let deadline = wait::deadline(limit, timeout);
        let mut pause = RETRY;
        loop {
            // SAFETY: the address has `len` bytes.
            if unsafe { libc::connect(call.fd(), address.as_ptr(), address.len()) } == 0 {
                return if call.is_closed() { Err(Error::Closed) } else { Ok(()) };
            }
            let errno = last_errno();
            if call.is_closed() {
                return Err(Error::Closed);
            }
            match errno {
                // An interrupted connect goes on in the kernel; a second one would fail with EALREADY.
                libc::EINTR if timeout == Timeout::ZERO || self.is_interruptible() => {
                    return Err(Error::Os(errno));
                }
                libc::EINTR => return self.wait_connected(call, deadline),
                libc::EINPROGRESS if waits => return self.wait_connected(call, deadline),
                libc::EAGAIN if waits && self.family == crate::AF_UNIX => {
                    self.nap(call, pause, deadline)?;
                    pause = (pause * 2).min(LONGEST_RETRY);
                }
                _ => return Err(Error::Os(errno)),
            }
        }
    }

    /// Waits for a connect that is under way: one that was non-blocking (`EINPROGRESS`), timed out, or
    /// was interrupted by a signal.
    ///
    /// Fails with the connection's own error, [`Error::Timeout`], [`Error::Closed`], or `Os(ENOTCONN)` when none is
    /// under way, such as after a failure that was reported already.
    pub fn finish_connect(&self, limit: Limit) -> Result<()> {
        let call = self.handle.enter()?;
        self.wait_connected(&call, wait::deadline(limit, self.timeout.load()))?;
        // The system tells a connection's error once; it calls a socket without one ready too.
        create::name(&call, libc::getpeername).map(drop)
    }

    fn wait_connected(&self, call: &InFlight<'_>, deadline: Deadline) -> Result<()> {
        self.wait_ready(call, Interest::Write, deadline)?;
        match int_option(call.fd(), libc::SOL_SOCKET, libc::SO_ERROR)? {
            0 | libc::EISCONN => Ok(()),
            errno => Err(Error::Os(errno)),
        }
    }

    /// The address as this socket's family has it, host looked up; for callers that use it more than once.
    pub fn resolve(&self, address: impl ToAddress) -> Result<RawAddress> {
        address.to_address(self.family)
    }
}
