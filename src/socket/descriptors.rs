//! Passing descriptors from one process to another.
#![allow(unsafe_code)]

use std::io::IoSlice;

use super::Socket;
use super::ancillary::cmsg_space_unchecked;
use super::control::ControlMessage;
use super::control_buffer::{ControlBuffer, ControlData};
use super::io::{reserve, reserve_for};
use crate::address::{Address, RawAddress};
use crate::constants::AF_UNIX;
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::sys::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use crate::sys::{self, libc};

/// The most descriptors in one message on Linux. Other systems allow one more at most, for which there is space too.
const MOST_FDS: usize = 253;

/// Space in bytes for control messages that socket options may put before the descriptors: credentials, a
/// security label, a timestamp.
const OTHER_CONTROL: usize = 512;

impl<'fd> ControlData<'fd> {
    /// Adds descriptors (`SCM_RIGHTS`), on Linux at most 253 in one message. The receiver gets duplicates; for the
    /// connections of sockets see [`Socket::send_fds`]. Fails with `Os(ENOMEM)`.
    ///
    /// The descriptors are borrowed until the last message is sent. The list of them is not.
    ///
    /// ```
    /// use std::fs::File;
    /// use std::io::IoSlice;
    /// use std::os::fd::AsFd;
    /// use tabi::{AF_UNIX, ControlData, SOCK_STREAM, Socket};
    ///
    /// let (one, other) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// let file = File::open("/dev/null")?;
    /// let mut control = ControlData::new();
    /// control.fds(&[file.as_fd()])?;
    /// one.sendmsg(&[IoSlice::new(b"a file")], &control, 0)?;
    /// assert_eq!(other.recv_fds(100, 1, 0)?.1.len(), 1);
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn fds(&mut self, fds: &[BorrowedFd<'fd>]) -> Result<&mut Self> {
        self.lent(fds)
    }

    /// [`ControlData::fds`] for a list that lives as long as the message.
    fn lent(&mut self, fds: &[impl AsFd]) -> Result<&mut Self> {
        let mut numbers = reserve(fds.len().saturating_mul(size_of::<i32>()))?;
        numbers.extend(fds.iter().flat_map(|fd| fd.as_fd().as_raw_fd().to_ne_bytes()));
        self.message(libc::SOL_SOCKET, libc::SCM_RIGHTS, &numbers)
    }

    /// Adds descriptors (`SCM_RIGHTS`) of which only the numbers are at hand, as `data` holds them: each an `int` of the
    /// system. [`ControlData::fds`] takes borrowed descriptors instead. Fails as [`ControlData::raw`] does.
    ///
    /// # Safety
    ///
    /// Each number is that of a descriptor which the caller may hand on and which stays open until the message is sent,
    /// or of none.
    #[allow(unsafe_code)]
    pub unsafe fn fd_numbers(&mut self, data: &[u8]) -> Result<&mut Self> {
        self.message(libc::SOL_SOCKET, libc::SCM_RIGHTS, data)
    }
}

impl Socket {
    /// Sends bytes and descriptors over a unix socket (`socket.send_fds`). A stream needs at least one byte.
    ///
    /// The receiver gets duplicates; the descriptors of the sender stay open. A connection that is handed on has two owners
    /// then. So call [`Socket::set_shared`] before [`Socket::try_as_fd`], or drop the socket instead of closing it:
    /// [`Socket::close`] ends a connection that it knows no other owner of, also for the receiver. Returns how many bytes the
    /// kernel took. If that is not all of them, the descriptors were sent with the first bytes. Fails as
    /// [`Socket::sendmsg`] does, with [`Error::Type`] for descriptors on a socket of another family, on Linux with
    /// `Os(EINVAL)` for more than 253 descriptors, and with `Os(ETOOMANYREFS)` when too many descriptors are on their
    /// way.
    ///
    /// ```
    /// use std::os::fd::AsFd;
    /// use tabi::{AF_UNIX, SOCK_STREAM, Socket};
    ///
    /// let (one, other) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// let file = std::fs::File::open("/dev/null")?;
    /// one.send_fds(b"a file", &[file.as_fd()], 0)?;
    /// let (bytes, fds, _flags, _address) = other.recv_fds(100, 1, 0)?;
    /// assert_eq!((bytes.as_slice(), fds.len()), (&b"a file"[..], 1));
    ///
    /// let (client, peer) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// client.set_shared();
    /// one.send_fds(b"a connection", &[client.try_as_fd()?], 0)?;
    /// client.close()?;
    /// let (_bytes, mut fds, _flags, _address) = other.recv_fds(100, 1, 0)?;
    /// Socket::from(fds.remove(0)).sendall(b"hello")?;
    /// assert_eq!(peer.recv(100)?, b"hello");
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn send_fds<F: AsFd>(&self, bytes: &[u8], fds: &[F], flags: i32) -> Result<usize> {
        let mut control = ControlData::new();
        if !fds.is_empty() {
            self.check_passes_fds()?;
            control.lent(fds)?;
        }
        self.sendmsg(&[IoSlice::new(bytes)], &control, flags)
    }

    /// Fails with [`Error::Type`] unless this is a unix socket. Linux sends the bytes over any other socket, and drops the
    /// descriptors without an error.
    pub(crate) fn check_passes_fds(&self) -> Result<()> {
        if self.family() == AF_UNIX {
            return Ok(());
        }
        Err(Error::type_error(format_args!(
            "descriptors are sent over AF_UNIX sockets, got {}",
            self.family()
        )))
    }

    /// Receives at most `bufsize` bytes and `maxfds` descriptors (`socket.recv_fds`). Returns the bytes, the
    /// descriptors, the flags of the message and the address of the sender.
    ///
    /// The descriptors are close-on-exec. If more than `maxfds` were sent, or the process has too many open
    /// descriptors, the others are closed and the flags contain `MSG_CTRUNC`. Fails as [`Socket::recvmsg`]
    /// does.
    pub fn recv_fds(
        &self,
        bufsize: usize,
        maxfds: usize,
        flags: i32,
    ) -> Result<(Vec<u8>, Vec<OwnedFd>, i32, Address)> {
        let mut bytes = reserve_for(bufsize, flags)?;
        let buffer = sys::iovec(bytes.as_mut_ptr(), bufsize);
        // SAFETY: `reserve_for` has reserved `bufsize` bytes.
        let received = unsafe { self.recv_fds_raw(buffer, maxfds, flags) }?;
        // SAFETY: the kernel wrote these bytes, or `reserve_for` did.
        unsafe { bytes.set_len(received.len.min(bufsize)) };
        Ok((bytes, received.fds, received.flags, received.sender.decode_for(self.proto)))
    }

    /// [`Socket::recv_fds`] into a buffer.
    ///
    /// # Safety
    ///
    /// The buffer must be valid for writing its length.
    pub(crate) unsafe fn recv_fds_raw(
        &self,
        buffer: libc::iovec,
        maxfds: usize,
        flags: i32,
    ) -> Result<ReceivedFds> {
        let room = if sys::CLOSES_CUT_FDS { maxfds.min(MOST_FDS) } else { MOST_FDS };
        let size = cmsg_space_unchecked(room * size_of::<i32>());
        let mut control = ControlBuffer::new(size + OTHER_CONTROL)?;
        // SAFETY: the caller promises that the buffer is writable for its length.
        let message = unsafe { self.recvmsg_to(&[buffer], &mut control, flags, Limit::Timeout) }?;
        let mut fds = Vec::new();
        for message in control.messages() {
            if let ControlMessage::Rights(more) = message {
                fds.extend(more);
            }
        }
        let cut = if fds.len() > maxfds { libc::MSG_CTRUNC } else { 0 };
        fds.truncate(maxfds);
        Ok(ReceivedFds { len: message.len, fds, flags: message.flags | cut, sender: message.sender })
    }
}

/// What [`Socket::recv_fds_raw`] received.
pub(crate) struct ReceivedFds {
    pub(crate) len: usize,
    pub(crate) fds: Vec<OwnedFd>,
    pub(crate) flags: i32,
    pub(crate) sender: RawAddress,
}
