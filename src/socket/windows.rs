//! What only sockets of Windows have: `ioctl`, sharing a socket with another process, and files that the system sends.

use super::Socket;
use super::sendfile::Source;
use super::wait::deadline_of_call;
use crate::cancel::Tokens;
use crate::constants::{AddressFamily, SIO_LOOPBACK_FAST_PATH, SIO_RCVALL, SocketKind};
#[cfg(doc)]
use crate::constants::{RCVALL_ON, SIO_KEEPALIVE_VALS};
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::sys::{self, libc};

impl Socket {
    /// Controls the socket (`socket.ioctl`, `WSAIoctl`): `SIO_RCVALL` with one of the `RCVALL_*`, such as [`RCVALL_ON`],
    /// or `SIO_LOOPBACK_FAST_PATH` with 0 or 1. For `SIO_KEEPALIVE_VALS` see [`Socket::ioctl_keepalive_vals`].
    ///
    /// Returns how many bytes the system has written, which is 0 for these. Fails with [`Error::Value`] for another
    /// `control`, and with [`Error::Os`], such as 10013 when the process may not do it.
    pub fn ioctl(&self, control: u32, option: u32) -> Result<u32> {
        if ![SIO_RCVALL, SIO_LOOPBACK_FAST_PATH].contains(&control) {
            return Err(Error::value(format!("invalid ioctl command {control}")));
        }
        let call = self.handle.enter()?;
        sys::ioctl(call.fd(), control, &option.to_ne_bytes())
    }

    /// Sets whether and when the system sends probes on an idle connection ([`SIO_KEEPALIVE_VALS`], Python's
    /// `ioctl(SIO_KEEPALIVE_VALS, (on, time, interval))`). Both times are milliseconds: how long the connection is idle
    /// before the first probe, and the time between two probes.
    ///
    /// Fails as [`Socket::ioctl`] does.
    pub fn ioctl_keepalive_vals(&self, on: bool, time: u32, interval: u32) -> Result<u32> {
        let numbers = [u32::from(on), time, interval].map(u32::to_ne_bytes);
        let call = self.handle.enter()?;
        sys::ioctl(call.fd(), crate::constants::SIO_KEEPALIVE_VALS, numbers.as_flattened())
    }

    /// Prepares the socket for another process (`socket.share`, `WSADuplicateSocket`). Returns bytes, of which only the
    /// process with this number can make a socket for the same connection, once: with [`Socket::fromshare`].
    ///
    /// The connection has another owner from now on, as after [`Socket::dup`]. Fails with [`Error::Os`], such as 10022
    /// for a process that does not exist.
    pub fn share(&self, process_id: u32) -> Result<Vec<u8>> {
        let call = self.handle.enter()?;
        let shared = sys::share(call.fd(), process_id)?;
        self.handle.set_shared()?;
        Ok(shared)
    }

    /// Makes a socket of what another process has made with [`Socket::share`] for this one (`socket.fromshare`). It has
    /// the default timeout.
    ///
    /// Fails with [`Error::Value`] for another number of bytes, and with [`Error::Os`] for bytes of which the system
    /// makes no socket.
    pub fn fromshare(data: &[u8]) -> Result<Socket> {
        let (fd, family, kind, proto) = sys::from_share(data)?;
        let family = AddressFamily::from_raw(family);
        let socket = Socket::from_fd(fd, Some(family), Some(SocketKind::from_raw(kind)), Some(proto))?;
        socket.set_shared();
        Ok(socket)
    }
}

impl Socket {
    /// Sends a file by `TransmitFile`, in parts. A part that does not end in time, or that a close or a token ends, is
    /// cancelled; the system says how many of its bytes were sent.
    pub(super) fn send_by_system(&self, source: &mut Source, limit: Limit) -> Result<()> {
        if limit == Limit::Now {
            // To begin a part and to cancel it would send less than there is space for.
            return Err(Error::Os(libc::EOPNOTSUPP));
        }
        let call = self.handle.enter()?;
        let tokens = Tokens::of(&self.cancel);
        let (deadline, is_own) = deadline_of_call(&call, self.send_plan(limit, 0), self.mode.timeout());
        while source.left() > 0 {
            tokens.check()?;
            let file = sys::raw_file(&source.file);
            let mut part = sys::Transfer::begin(call.fd(), file, source.position(), source.left())?;
            let ended = libc::pollfd { fd: part.fd(), events: libc::POLLIN, revents: 0 };
            let (sent, result) = loop {
                if let Some(result) = part.result() {
                    break result;
                }
                match self.poll(&call, &tokens, ended, deadline) {
                    Ok(Some(_)) => {}
                    Ok(None) if is_own => break (part.cancel(), Err(Error::Os(sys::OWN_TIMEOUT))),
                    Ok(None) => break (part.cancel(), Err(Error::Timeout)),
                    Err(error) => break (part.cancel(), Err(error)),
                }
            };
            source.sent += sent;
            if result.is_err() && call.is_closed() {
                return Err(Error::Closed);
            }
            result?;
            if sent == 0 {
                return Ok(());
            }
        }
        Ok(())
    }
}
