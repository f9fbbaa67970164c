//! Sockets, under the names that Unix has for descriptors.

use std::os::windows::io::{AsRawSocket, AsSocket};
pub use std::os::windows::io::{BorrowedSocket as BorrowedFd, OwnedSocket as OwnedFd, RawSocket as RawFd};

/// Writes to a wake-up socket, which sends to itself.
pub use std::net::TcpStream as Writer;

/// The number of no socket.
pub const NONE: RawFd = RawFd::MAX;

pub trait AsFd {
    fn as_fd(&self) -> BorrowedFd<'_>;
}

impl<T: AsSocket> AsFd for T {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.as_socket()
    }
}

pub trait AsRawFd {
    fn as_raw_fd(&self) -> RawFd;
}

impl<T: AsRawSocket> AsRawFd for T {
    fn as_raw_fd(&self) -> RawFd {
        self.as_raw_socket()
    }
}

/// How many handles this process has open, those of its sockets among them.
#[allow(unsafe_code)]
pub fn open_descriptors() -> usize {
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessHandleCount};
    let mut handles = 0;
    // SAFETY: the call writes one number.
    assert_ne!(unsafe { GetProcessHandleCount(GetCurrentProcess(), &mut handles) }, 0);
    handles as usize
}

/// Whether there is something to read from a wake-up socket.
#[allow(unsafe_code)]
pub fn has_bytes(fd: RawFd) -> bool {
    // SAFETY: the socket belongs to a server, which is open.
    let socket = unsafe { BorrowedFd::borrow_raw(fd) };
    tabi::poll(&mut [tabi::Poll::fd(socket, tabi::PollEvents::IN)], 0.0) == Ok(1)
}
