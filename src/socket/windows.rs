//! What only sockets of Windows have: `ioctl`, sharing a socket with another process, and files that the system sends.

use std::time::Duration;

use super::Socket;
use super::handle::InFlight;
use super::sendfile::Source;
use super::wait::{LOOK, Plan, deadline_of_call};
use crate::cancel::Tokens;
use crate::constants::{AddressFamily, SIO_LOOPBACK_FAST_PATH, SIO_RCVALL, SocketKind};
#[cfg(doc)]
use crate::constants::{RCVALL_ON, SIO_KEEPALIVE_VALS};
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result};
use crate::sys::{self, libc};

/// What has become of a part of a file.
enum Part {
    /// It was sent, or as much of it as the system sends at once.
    Sent,
    /// The file has no more bytes.
    NothingLeft,
}

/// How often a transfer looks whether its peer has gone.
const LOOK_AT_PEER: Duration = Duration::from_millis(500);

impl Socket {
    /// Controls the socket (`socket.ioctl`, `WSAIoctl`): `SIO_RCVALL` with one of the `RCVALL_*`, such as [`RCVALL_ON`],
    /// or `SIO_LOOPBACK_FAST_PATH` with 0 or 1. For `SIO_KEEPALIVE_VALS` see [`Socket::ioctl_keepalive_vals`].
    ///
    /// Returns how many bytes the system has written, which is 0 for these. Fails with [`Error::Value`] for another
    /// `control`, and with [`Error::Os`], such as 10013 when the process may not do it.
    pub fn ioctl(&self, control: u32, option: u32) -> Result<u32> {
        if ![SIO_RCVALL, SIO_LOOPBACK_FAST_PATH].contains(&control) {
            return Err(Error::value(format_args!("invalid ioctl command {control}")));
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
        let (deadline, is_own) = deadline_of_call(&call, Plan::send(limit, 0), self.mode.timeout());
        while source.left() > 0 {
            tokens.check()?;
            let (sent, result) = self.send_part(&call, &tokens, source, deadline);
            source.sent += sent;
            match result {
                // After a close from another thread, the system reports the end of the connection.
                Err(_) if call.is_closed() => return Err(Error::Closed),
                Err(Error::Timeout) if is_own => return Err(Error::Os(sys::OWN_TIMEOUT)),
                Ok(Part::Sent) => {}
                Ok(Part::NothingLeft) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends one part. Returns how many bytes were sent, also when it fails.
    fn send_part(
        &self,
        call: &InFlight<'_>,
        tokens: &Tokens,
        source: &Source,
        deadline: Deadline,
    ) -> (usize, Result<Part>) {
        let file = sys::raw_file(&source.file);
        let mut part = match sys::Transfer::begin(call.fd(), file, source.position(), source.left()) {
            Ok(Some(part)) => part,
            Ok(None) => return (0, Ok(Part::NothingLeft)),
            Err(error) => return (0, Err(error)),
        };
        loop {
            // From now on a close wakes this thread.
            let is_woken = self.handle.wake_fd().is_ok();
            if call.is_closed() {
                return (part.cancel(), Err(Error::Closed));
            }
            if let Err(error) = tokens.check() {
                return (part.cancel(), Err(error));
            }
            if let Some((sent, result)) = part.result() {
                return (sent, result.map(|()| Part::Sent));
            }
            if deadline.has_passed() {
                return (part.cancel(), Err(Error::Timeout));
            }
            if part.has_lost_peer() {
                return (part.cancel(), Err(Error::Os(libc::ECONNRESET)));
            }
            // A token wakes a thread from a poll of sockets, and here the thread waits for something else.
            let look = if is_woken && tokens.is_empty() { LOOK_AT_PEER } else { LOOK };
            part.wait(deadline.min(Deadline::after(look)).left());
        }
    }
}
