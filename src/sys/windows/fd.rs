//! Sockets, under the names that Unix has for descriptors. A socket of Windows is not a file.

use std::os::windows::io;

pub use io::{BorrowedSocket as BorrowedFd, OwnedSocket as OwnedFd, RawSocket as RawFd};

/// A type that lends a socket: everything that implements [`io::AsSocket`].
pub trait AsFd {
    /// Lends the socket.
    fn as_fd(&self) -> BorrowedFd<'_>;
}

impl<T: io::AsSocket + ?Sized> AsFd for T {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.as_socket()
    }
}

/// A type that tells the number of its socket: everything that implements [`io::AsRawSocket`].
pub trait AsRawFd {
    /// Returns the number of the socket.
    fn as_raw_fd(&self) -> RawFd;
}

impl<T: io::AsRawSocket + ?Sized> AsRawFd for T {
    fn as_raw_fd(&self) -> RawFd {
        self.as_raw_socket()
    }
}

/// A type that can own a socket: everything that implements [`io::FromRawSocket`].
pub trait FromRawFd {
    /// Takes a socket over.
    ///
    /// # Safety
    ///
    /// The socket is open, and the caller gives it up.
    unsafe fn from_raw_fd(fd: RawFd) -> Self;
}

impl<T: io::FromRawSocket> FromRawFd for T {
    unsafe fn from_raw_fd(fd: RawFd) -> Self {
        // SAFETY: the caller promises that the socket is open and gives it up.
        unsafe { T::from_raw_socket(fd) }
    }
}

/// A type that can give its socket away: everything that implements [`io::IntoRawSocket`].
pub trait IntoRawFd {
    /// Gives the socket away.
    fn into_raw_fd(self) -> RawFd;
}

impl<T: io::IntoRawSocket> IntoRawFd for T {
    fn into_raw_fd(self) -> RawFd {
        self.into_raw_socket()
    }
}
