//! Sockets, under the names that Unix has for descriptors.

use std::os::windows::io::AsRawSocket;
pub use std::os::windows::io::{
    AsSocket as AsFd, BorrowedSocket as BorrowedFd, OwnedSocket as OwnedFd, RawSocket as RawFd,
};

/// Writes to a wake-up socket, which sends to itself.
pub use std::net::TcpStream as Writer;

/// The number of no socket.
pub const NONE: RawFd = RawFd::MAX;

pub trait AsRawFd {
    fn as_raw_fd(&self) -> RawFd;
}

impl<T: AsRawSocket> AsRawFd for T {
    fn as_raw_fd(&self) -> RawFd {
        self.as_raw_socket()
    }
}

/// Whether there is something to read from a wake-up socket.
#[allow(unsafe_code)]
pub fn has_bytes(fd: RawFd) -> bool {
    // SAFETY: the socket belongs to a server, which is open.
    let socket = unsafe { BorrowedFd::borrow_raw(fd) };
    tabi::poll(&mut [tabi::Poll::fd(socket, tabi::PollEvents::IN)], 0.0) == Ok(1)
}
