//! A socket that one thread makes readable to wake another from its `poll`: a datagram socket that is connected to
//! itself over the loopback interface.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::windows::io::AsRawSocket;

use socket2::{Domain, Socket, Type};
use windows_sys::Win32::Networking::WinSock::SO_EXCLUSIVEADDRUSE;

use super::libc;
use crate::error::{Error, Result};
use crate::sys::fd::RawFd;

/// A wake-up call: once raised, its socket polls as readable until [`Wake::clear`].
pub(crate) struct Wake(UdpSocket);

impl Wake {
    /// Fails with `Os(EMFILE)`, `Os(ENOBUFS)` and `Os(EADDRINUSE)`.
    pub(crate) fn new() -> Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
        // No other program may take the port over, and with it what wakes this one.
        let on = 1;
        let (place, len) = ((&raw const on).cast(), size_of_val(&on) as libc::socklen_t);
        // SAFETY: the value is readable for its length.
        let result = unsafe {
            libc::setsockopt(socket.as_raw_socket(), libc::SOL_SOCKET, SO_EXCLUSIVEADDRUSE, place, len)
        };
        if result != 0 {
            return Err(Error::last_os());
        }
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        // From now on it receives nothing but what it has sent itself.
        socket.connect(&socket.local_addr()?)?;
        socket.set_nonblocking(true)?;
        Ok(Wake(socket.into()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_socket_can_take_the_port_over() {
        let wake = Wake::new().unwrap();
        let thief = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        thief.set_reuse_address(true).unwrap();
        assert!(thief.bind(&wake.0.local_addr().unwrap().into()).is_err());
    }
}
