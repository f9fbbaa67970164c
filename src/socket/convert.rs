//! Rust's own traits: reading, writing, and conversions from and to the standard library's types.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};

use super::{ControlBuffer, ControlData, Socket, create};
use crate::constants::{AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM};
use crate::error::{Error, Result};
use crate::sys;
use crate::sys::fd::{BorrowedFd, OwnedFd};

/// The most buffers that are passed to one system call. Every system accepts this many.
const MOST_BUFFERS: usize = 1024;

impl Read for &Socket {
    /// Calls [`Socket::recv_into`].
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.recv_into(buffer)?)
    }

    /// Fills the buffers one after the other, with one system call.
    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let most = buffers.len().min(MOST_BUFFERS);
        let message = self.recvmsg_into(&mut buffers[..most], &mut ControlBuffer::default(), 0)?;
        Ok(message.len)
    }
}

impl Write for &Socket {
    /// Calls [`Socket::send`].
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.send(bytes)?)
    }

    /// Sends the buffers one after the other, with one system call.
    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let most = buffers.len().min(MOST_BUFFERS);
        Ok(self.sendmsg(&buffers[..most], &ControlData::new(), 0)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buffer)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        (&*self).read_vectored(buffers)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(buffers)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// The number of the descriptor, or -1 when the socket is closed.
sys::numbered!(Socket, fileno);

impl Socket {
    /// Lends the descriptor, for calls of other libraries. Fails with [`Error::Closed`] when the socket is
    /// closed.
    ///
    /// The descriptor stays open until the socket is dropped, even if [`Socket::close`] is called in the
    /// meantime; the close then shuts the connection down, unless it is known to have another owner
    /// ([`Socket::set_shared`]). There is no `AsFd`, because it could not report an
    /// error, and any thread may close the socket at any time.
    ///
    /// ```
    /// use tabi::{AF_UNIX, Error, SOCK_STREAM, Socket};
    ///
    /// let (one, _other) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// let copy = one.try_as_fd()?.try_clone_to_owned()?;
    /// one.close()?;
    /// assert_eq!(one.try_as_fd().unwrap_err(), Error::Closed);
    /// drop(copy);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn try_as_fd(&self) -> Result<BorrowedFd<'_>> {
        self.handle.borrow().ok_or(Error::Closed)
    }
}

impl From<OwnedFd> for Socket {
    /// Makes a socket from a descriptor. The system tells its family, type and protocol, and whether it is
    /// non-blocking. If the descriptor is not a socket, calls fail with `Os(ENOTSOCK)`.
    fn from(fd: OwnedFd) -> Self {
        create::adopt(fd)
    }
}

impl TryFrom<Socket> for OwnedFd {
    type Error = Error;

    /// Calls [`Socket::detach`]. Fails with [`Error::Closed`] when the socket is closed.
    fn try_from(socket: Socket) -> Result<Self> {
        socket.detach()
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

            /// Gives the descriptor of the socket to a type of the standard library. If the socket has a
            /// timeout, the result is non-blocking. Fails with [`Error::Type`] for a socket of another family
            /// or type, which is then closed, and with [`Error::Closed`] for a closed socket.
            fn try_from(socket: Socket) -> Result<Self> {
                if !$families.contains(&socket.family) || socket.kind != $kind {
                    return Err(Error::type_error(format_args!(
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
}

sys::unix_only! {
    convert! {
        std::os::unix::net::UnixStream: [crate::AF_UNIX], SOCK_STREAM;
        std::os::unix::net::UnixListener: [crate::AF_UNIX], SOCK_STREAM;
        std::os::unix::net::UnixDatagram: [crate::AF_UNIX], SOCK_DGRAM;
    }
}
