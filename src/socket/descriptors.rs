//! Descriptors passed from process to process.
#![allow(unsafe_code)]

use std::io::IoSlice;
use std::os::fd::{AsFd, OwnedFd};

use super::Socket;
use super::ancillary::cmsg_space_unchecked;
use super::control::ControlMessage;
use super::control_buffer::{ControlBuffer, ControlData};
use super::io::reserve_for;
use crate::address::{Address, RawAddress};
use crate::deadline::Limit;
use crate::error::Result;

/// The most descriptors that a Linux message holds; other systems take no more.
const MOST_FDS: usize = 253;

/// Room for what a socket's options may put before the descriptors: credentials, a label, a timestamp.
const OTHER_CONTROL: usize = 512;

impl Socket {
    /// Sends bytes, at least one on a stream, and descriptors over a unix socket (`socket.send_fds`).
    ///
    /// The receiver gets duplicates; the sender keeps its own. Returns how many bytes the kernel took; if that is
    /// not all, the descriptors went with the first. Fails as [`Socket::sendmsg`] does, with `Os(EINVAL)` for more than 253
    /// descriptors on Linux, and with `Os(ETOOMANYREFS)` when too many are on their way.
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
    /// # Ok::<(), tabi::Error>(())
    /// ```
    pub fn send_fds<F: AsFd>(&self, bytes: &[u8], fds: &[F], flags: i32) -> Result<usize> {
        let mut control = ControlData::new();
        if !fds.is_empty() {
            control.fds(fds)?;
        }
        self.sendmsg(&[IoSlice::new(bytes)], &control, flags)
    }

    /// Receives at most `bufsize` bytes and `maxfds` descriptors (`socket.recv_fds`): the bytes, the descriptors, the
    /// message's flags and the sender.
    ///
    /// The descriptors are close-on-exec. When more than `maxfds` were sent, or the table of descriptors is full, the
    /// others are closed and the flags hold `MSG_CTRUNC`. Errors as in [`Socket::recvmsg`].
    pub fn recv_fds(
        &self,
        bufsize: usize,
        maxfds: usize,
        flags: i32,
    ) -> Result<(Vec<u8>, Vec<OwnedFd>, i32, Address)> {
        let mut bytes = reserve_for(bufsize, flags)?;
        let buffer = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bufsize };
        // SAFETY: `bufsize` bytes are reserved.
        let received = unsafe { self.recv_fds_raw(buffer, maxfds, flags) }?;
        // SAFETY: the kernel wrote the bytes, or `reserve_for` did.
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
        let room = cmsg_space_unchecked(maxfds.min(MOST_FDS) * size_of::<i32>());
        let mut control = ControlBuffer::new(room + OTHER_CONTROL)?;
        // SAFETY: the caller vouches for the buffer.
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
