//! Sending and receiving without waiting, whatever the timeout of the socket, for callers that wait in an
//! event loop of their own.

use super::Socket;
use crate::address::Address;
use crate::deadline::Limit;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::resolve::ToAddress;

impl Socket {
    /// [`Socket::recv_into`] without waiting, in every mode of the socket: receives what has arrived already.
    ///
    /// Fails as [`Socket::recv`] does, and with `Os(EAGAIN)` when nothing has arrived. This is for an event
    /// loop whose sockets keep their timeouts for other calls.
    ///
    /// ```
    /// use tabi::{AF_UNIX, SOCK_STREAM, socketpair};
    ///
    /// let (one, other) = socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// let mut buffer = [0; 16];
    /// assert_eq!(one.try_recv_into(&mut buffer).unwrap_err().errno(), libc::EAGAIN);
    /// other.sendall(b"hello").unwrap();
    /// assert_eq!(one.try_recv_into(&mut buffer)?, 5);
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn try_recv_into(&self, buffer: &mut [u8]) -> Result<usize> {
        self.recv_into_until(buffer, 0, Limit::Now)
    }

    /// [`Socket::recvfrom_into`] without waiting; see [`Socket::try_recv_into`].
    pub fn try_recvfrom_into(&self, buffer: &mut [u8]) -> Result<(usize, Address)> {
        self.recvfrom_into_until(buffer, 0, Limit::Now)
    }

    /// [`Socket::send`] without waiting, in every mode of the socket: sends what the kernel has space for.
    ///
    /// Returns how many bytes the kernel took, perhaps fewer than given. Fails as [`Socket::send`] does, and
    /// with `Os(EAGAIN)` when there is no space.
    pub fn try_send(&self, bytes: &[u8]) -> Result<usize> {
        self.send_until(bytes, 0, Limit::Now)
    }

    /// [`Socket::sendto`] without waiting; see [`Socket::try_send`]. If the address has the name of a host,
    /// its look-up may still wait.
    pub fn try_sendto(&self, bytes: &[u8], address: impl ToAddress) -> Result<usize> {
        let (address, _) = self.look_up(address, Limit::Now)?;
        self.sendto_until(bytes, 0, &address, Limit::Now)
    }
}
