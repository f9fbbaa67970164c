//! Rust's own traits: reading, writing, and conversions from and to the standard library's types.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use super::{Socket, create};
use crate::constants::{AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM};
use crate::error::{Error, Result};

impl Read for &Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.recv_into(buffer)?)
    }
}

impl Write for &Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.send(bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsRawFd for Socket {
    /// The descriptor's number, or -1 when the socket is closed.
    fn as_raw_fd(&self) -> RawFd {
        self.fileno()
    }
}

impl AsFd for Socket {
    /// Lends the descriptor. It stays open until the socket is dropped, even when [`Socket::close`] is
    /// called meanwhile; that then shuts the connection down.
    ///
    /// # Panics
    ///
    /// When the socket is closed.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.borrow().expect("the socket is closed")
    }
}

impl From<OwnedFd> for Socket {
    /// Family, type and protocol are asked of the system, and so is whether the descriptor is
    /// non-blocking. Calls on what is no socket fail with `Os(ENOTSOCK)`.
    fn from(fd: OwnedFd) -> Self {
        create::adopt(fd)
    }
}

impl From<Socket> for OwnedFd {
    /// # Panics
    ///
    /// When the socket is closed; [`Socket::detach`] reports that instead.
    fn from(socket: Socket) -> Self {
        socket.detach().expect("the socket is closed")
    }
}

macro_rules! convert {
    ($($standard:ty: $families:expr, $kind:expr;)*) => {$(
        impl From<$standard> for Socket {
            fn from(standard: $standard) -> Self {
                create::adopt(standard.into())
            }
        }

        impl TryFrom<Socket> for $standard {
            type Error = Error;

            /// A socket with a timeout is handed on as non-blocking. Fails with [`Error::Type`] for a socket of another
            /// family or type (it is then closed), with [`Error::Closed`] for a closed one.
            fn try_from(socket: Socket) -> Result<Self> {
                if !$families.contains(&socket.family) || socket.kind != $kind {
                    return Err(Error::type_error(format!(
                        "{socket:?} cannot become a {}", stringify!($standard)
                    )));
                }
                Ok(socket.detach()?.into())
            }
        }
    )*};
}

convert! {
    TcpStream: [AF_INET, AF_INET6], SOCK_STREAM;
    TcpListener: [AF_INET, AF_INET6], SOCK_STREAM;
    UdpSocket: [AF_INET, AF_INET6], SOCK_DGRAM;
    UnixStream: [AF_UNIX], SOCK_STREAM;
    UnixListener: [AF_UNIX], SOCK_STREAM;
    UnixDatagram: [AF_UNIX], SOCK_DGRAM;
}
