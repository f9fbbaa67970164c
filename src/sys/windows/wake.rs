//! A socket that one thread makes readable to wake another from its `poll`: a datagram socket that is connected to
//! itself over the loopback interface.

use std::net::UdpSocket;
use std::os::windows::io::AsRawSocket;

use crate::error::Result;
use crate::sys::fd::RawFd;

/// A wake-up call: once raised, its socket polls as readable until [`Wake::clear`].
pub(crate) struct Wake(UdpSocket);

impl Wake {
    /// Fails with `Os(EMFILE)`, `Os(ENOBUFS)` and `Os(EADDRINUSE)`.
    pub(crate) fn new() -> Result<Self> {
        let socket = UdpSocket::bind(("127.0.0.1", 0))?;
        // From now on it receives nothing but what it has sent itself.
        socket.connect(socket.local_addr()?)?;
        socket.set_nonblocking(true)?;
        Ok(Wake(socket))
    }

    /// Makes the socket readable.
    pub(crate) fn raise(&self) {
        // The send may fail when the buffer is full, but then the socket is readable already.
        let _ = self.0.send(&[0]);
    }

    /// Makes it unreadable again.
    pub(crate) fn clear(&self) {
        let mut byte = [0];
        while self.0.recv(&mut byte).is_ok() {}
    }

    /// Returns the socket that becomes readable.
    pub(crate) fn fd(&self) -> RawFd {
        self.0.as_raw_socket()
    }

    /// Returns the socket to which a program may send a byte instead of [`Wake::raise`].
    pub(crate) fn lent_fd(&self) -> RawFd {
        self.fd()
    }

    /// Does nothing: there are no forked children.
    pub(crate) fn renew(&self) -> Result<()> {
        Ok(())
    }
}
