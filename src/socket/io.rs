//! Sending and receiving bytes.
//!
//! The system's calls are made here and not by socket2: its results, which are errors of the standard library, cost 20
//! instructions for each message beside the 139 that a send and a receive take together.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::ptr;

use super::Socket;
use super::wait::{Interest, Plan, deadline_of};
use crate::address::{Address, RawAddress};
use crate::deadline::Limit;
use crate::error::{Error, Result, SendallError};
use crate::resolve::ToAddress;
use crate::sys::NO_SIGPIPE;

impl Socket {
    /// Receives at most `bufsize` bytes (`socket.recv`); none at the end of the stream.
    ///
    /// Fails with [`Error::Timeout`], [`Error::Closed`], `Os(EAGAIN)` when non-blocking, `Os(ENOMEM)` when there is
    /// no room for `bufsize` bytes.
    pub fn recv(&self, bufsize: usize) -> Result<Vec<u8>> {
        self.recv_with_flags(bufsize, 0)
    }

    /// [`Socket::recv`] with `MSG_*` flags.
    ///
    /// With `MSG_TRUNC`, a stream throws bytes away and only counts them: they are zeros here.
    pub fn recv_with_flags(&self, bufsize: usize, flags: i32) -> Result<Vec<u8>> {
        let mut bytes = reserve_for(bufsize, flags)?;
        let n = self.recv_uninit(&mut bytes.spare_capacity_mut()[..bufsize], flags, Limit::Timeout)?;
        // SAFETY: the kernel wrote `n` bytes, or `reserve_for` did.
        unsafe { bytes.set_len(n.min(bufsize)) };
        Ok(bytes)
    }

    /// Receives into a buffer (`socket.recv_into`): the number of bytes, 0 at the end of the stream.
    /// An empty buffer gives 0 without asking the system. Errors as in [`Socket::recv`].
    #[inline]
    pub fn recv_into(&self, buffer: &mut [u8]) -> Result<usize> {
        self.recv_into_with_flags(buffer, 0)
    }

    /// [`Socket::recv_into`] with `MSG_*` flags. With `MSG_TRUNC` the number may exceed the buffer.
    #[inline]
    pub fn recv_into_with_flags(&self, buffer: &mut [u8], flags: i32) -> Result<usize> {
        self.recv_into_until(buffer, flags, Limit::Timeout)
    }

    /// [`Socket::recv_into`] with `MSG_*` flags and a limit of its own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tabi::{AF_UNIX, Deadline, Error, Limit, SOCK_STREAM, Socket};
    ///
    /// let (one, other) = Socket::socketpair(AF_UNIX, SOCK_STREAM, 0)?;
    /// one.sendall(b"hello")?;
    /// // One deadline for two calls.
    /// let limit = Limit::Until(Deadline::after(Duration::from_millis(20)));
    /// let mut buffer = [0; 100];
    /// assert_eq!(other.recv_into_until(&mut buffer, 0, limit)?, 5);
    /// assert_eq!(other.recv_into_until(&mut buffer, 0, limit), Err(Error::Timeout));
    /// # Ok::<(), tabi::Error>(())
    /// ```
    #[inline]
    pub fn recv_into_until(&self, buffer: &mut [u8], flags: i32, limit: Limit) -> Result<usize> {
        self.recv_uninit(uninit(buffer), flags, limit)
    }

    /// [`Socket::recv_into_until`] into memory that need not be initialised.
    ///
    /// As many bytes as the result says are initialised then, at the front of the buffer, unless `flags` holds
    /// `MSG_TRUNC`: a stream then counts bytes that nobody wrote.
    #[inline(always)]
    pub fn recv_uninit(&self, buffer: &mut [MaybeUninit<u8>], flags: i32, limit: Limit) -> Result<usize> {
        let (start, len) = (buffer.as_mut_ptr(), buffer.len());
        if len == 0 {
            return if self.is_closed() { Err(Error::Closed) } else { Ok(0) };
        }
        self.run(Plan::receive(limit, flags), move |fd, extra| {
            // SAFETY: the slice is writable for its length.
            unsafe { libc::recv(fd, start.cast(), len, flags | extra) }
        })
    }

    /// Receives at most `bufsize` bytes and the sender's address (`socket.recvfrom`). What does not
    /// fit of a datagram is lost. Errors as in [`Socket::recv`].
    pub fn recvfrom(&self, bufsize: usize) -> Result<(Vec<u8>, Address)> {
        self.recvfrom_with_flags(bufsize, 0)
    }

    /// [`Socket::recvfrom`] with `MSG_*` flags; `MSG_TRUNC` as in [`Socket::recv_with_flags`].
    pub fn recvfrom_with_flags(&self, bufsize: usize, flags: i32) -> Result<(Vec<u8>, Address)> {
        let mut bytes = reserve_for(bufsize, flags)?;
        let room = &mut bytes.spare_capacity_mut()[..bufsize];
        let (n, sender) = self.recvfrom_decoded(room, flags, Limit::Timeout)?;
        // SAFETY: the kernel wrote `n` bytes, or `reserve_for` did.
        unsafe { bytes.set_len(n.min(bufsize)) };
        Ok((bytes, sender))
    }

    /// Receives into a buffer and reports the sender's address (`socket.recvfrom_into`).
    /// Errors as in [`Socket::recv`].
    pub fn recvfrom_into(&self, buffer: &mut [u8]) -> Result<(usize, Address)> {
        self.recvfrom_into_with_flags(buffer, 0)
    }

    /// [`Socket::recvfrom_into`] with `MSG_*` flags. With `MSG_TRUNC` the number may exceed the buffer.
    pub fn recvfrom_into_with_flags(&self, buffer: &mut [u8], flags: i32) -> Result<(usize, Address)> {
        self.recvfrom_into_until(buffer, flags, Limit::Timeout)
    }

    /// [`Socket::recvfrom_into`] with `MSG_*` flags and a limit of its own.
    pub fn recvfrom_into_until(
        &self,
        buffer: &mut [u8],
        flags: i32,
        limit: Limit,
    ) -> Result<(usize, Address)> {
        self.recvfrom_decoded(uninit(buffer), flags, limit)
    }

    fn recvfrom_decoded(
        &self,
        buffer: &mut [MaybeUninit<u8>],
        flags: i32,
        limit: Limit,
    ) -> Result<(usize, Address)> {
        let mut sender = MaybeUninit::uninit();
        let n = self.recvfrom_uninit(buffer, flags, limit, Some(&mut sender))?;
        // SAFETY: a call that succeeds has written the address.
        let sender: RawAddress = unsafe { sender.assume_init() };
        Ok((n, sender.decode_for(self.proto)))
    }

    /// [`Socket::recvfrom_into_until`] into memory that need not be initialised, with the system's form of the address.
    ///
    /// `sender` is initialised when the call succeeds, and left as it was when it fails. For the buffer see
    /// [`Socket::recv_uninit`].
    #[inline(always)]
    pub fn recvfrom_uninit(
        &self,
        buffer: &mut [MaybeUninit<u8>],
        flags: i32,
        limit: Limit,
        sender: Option<&mut MaybeUninit<RawAddress>>,
    ) -> Result<usize> {
        let (start, len) = (buffer.as_mut_ptr(), buffer.len());
        let sender = sender.map_or(ptr::null_mut(), MaybeUninit::as_mut_ptr);
        let mut address_len = 0;
        let reported = &mut address_len;
        let n = self.run(Plan::receive(limit, flags), move |fd, extra| {
            // SAFETY: the slice is writable for its length, and so is the address unless it is null.
            unsafe { recvfrom(fd, start.cast(), len, flags | extra, sender, reported) }
        })?;
        if !sender.is_null() {
            // SAFETY: the system has written so many bytes of the address, which is writable. A closed socket's, which
            // looks like an empty message, has none, and must not change the address.
            unsafe { RawAddress::complete(sender, address_len) };
        }
        Ok(n)
    }

    /// Sends bytes (`socket.send`) and returns how many the kernel took, perhaps fewer than given.
    ///
    /// A vanished peer is `Os(EPIPE)`, never a signal. Fails with [`Error::Timeout`], [`Error::Closed`],
    /// `Os(EAGAIN)` when non-blocking, `Os(ENOTCONN)`, `Os(EMSGSIZE)` for a datagram that is too long.
    #[inline]
    pub fn send(&self, bytes: &[u8]) -> Result<usize> {
        self.send_with_flags(bytes, 0)
    }

    /// [`Socket::send`] with `MSG_*` flags.
    #[inline]
    pub fn send_with_flags(&self, bytes: &[u8], flags: i32) -> Result<usize> {
        self.send_until(bytes, flags, Limit::Timeout)
    }

    /// [`Socket::send`] within a limit of its own.
    #[inline(always)]
    pub fn send_until(&self, bytes: &[u8], flags: i32, limit: Limit) -> Result<usize> {
        self.run(self.send_plan(limit, flags), move |fd, extra| send(fd, bytes, flags | extra))
    }

    /// Sends all bytes (`socket.sendall`) within one timeout.
    ///
    /// Fails as [`Socket::send`] does, with the number of bytes that went out.
    pub fn sendall(&self, bytes: &[u8]) -> Result<(), SendallError> {
        self.sendall_with_flags(bytes, 0)
    }

    /// [`Socket::sendall`] with `MSG_*` flags.
    pub fn sendall_with_flags(&self, bytes: &[u8], flags: i32) -> Result<(), SendallError> {
        self.sendall_until(bytes, flags, Limit::Timeout)
    }

    /// [`Socket::sendall`] within a limit of its own.
    pub fn sendall_until(&self, bytes: &[u8], flags: i32, limit: Limit) -> Result<(), SendallError> {
        let limit = self.whole(limit);
        let mut sent = 0;
        loop {
            match self.send_until(&bytes[sent..], flags, limit) {
                Ok(n) => sent += n,
                Err(error) => return Err(SendallError { sent, error }),
            }
            if sent >= bytes.len() {
                return Ok(());
            }
            // A signal may be why the kernel took only a part: it then reports no EINTR.
            if self.is_interruptible() {
                return Err(SendallError { sent, error: Error::Os(libc::EINTR) });
            }
        }
    }

    /// The limit for a call of several parts: the timeout becomes one moment for all of them.
    pub(super) fn whole(&self, limit: Limit) -> Limit {
        match (limit, self.gettimeout()) {
            (Limit::Timeout, Some(timeout)) if !timeout.is_zero() => Limit::after(timeout),
            _ => limit,
        }
    }

    /// Sends bytes to an address (`socket.sendto`) and returns how many. Errors as in [`Socket::send`],
    /// and as the lookup of a host fails.
    pub fn sendto(&self, bytes: &[u8], address: impl ToAddress) -> Result<usize> {
        self.sendto_with_flags(bytes, 0, address)
    }

    /// [`Socket::sendto`] with `MSG_*` flags.
    pub fn sendto_with_flags(&self, bytes: &[u8], flags: i32, address: impl ToAddress) -> Result<usize> {
        let address = address.to_address(self.family)?;
        self.sendto_until(bytes, flags, &address, Limit::Timeout)
    }

    /// [`Socket::sendto`] with the system's form of the address, within a limit of its own.
    pub fn sendto_until(
        &self,
        bytes: &[u8],
        flags: i32,
        address: &RawAddress,
        limit: Limit,
    ) -> Result<usize> {
        self.run(Plan::send(limit, flags), |fd, extra| {
            // SAFETY: the slice and the address are readable for their lengths.
            unsafe {
                libc::sendto(
                    fd,
                    bytes.as_ptr().cast(),
                    bytes.len(),
                    flags | extra | NO_SIGPIPE,
                    address.as_ptr(),
                    address.len(),
                )
            }
        })
    }

    #[inline]
    pub(super) fn send_plan(&self, limit: Limit, flags: i32) -> Plan {
        Plan::send(limit, flags).always_polling(self.sends_poll)
    }

    /// Waits until the socket is ready for reading or writing, at most as long as `limit` says.
    ///
    /// Fails with [`Error::Timeout`], [`Error::Closed`], or `Os(EINTR)` if the socket is interruptible.
    pub fn wait(&self, interest: Interest, limit: Limit) -> Result<()> {
        let call = self.handle.enter()?;
        let deadline = deadline_of(limit, self.mode.timeout());
        self.wait_ready(&call, interest, deadline).map(drop)
    }
}

/// `recvfrom(2)` with a whole address, or none.
///
/// # Safety
///
/// The buffer is writable for `len` bytes, and `sender` is too, unless it is null.
#[inline]
unsafe fn recvfrom(
    fd: RawFd,
    buffer: *mut u8,
    len: usize,
    flags: libc::c_int,
    sender: *mut RawAddress,
    address_len: &mut libc::socklen_t,
) -> isize {
    if sender.is_null() {
        // SAFETY: the caller vouches for the buffer.
        return unsafe { libc::recv(fd, buffer.cast(), len, flags) };
    }
    *address_len = RawAddress::CAPACITY as libc::socklen_t;
    // SAFETY: the caller vouches for the buffer and the address, which has that capacity.
    unsafe { libc::recvfrom(fd, buffer.cast(), len, flags, sender.cast(), address_len) }
}

#[inline]
fn send(fd: RawFd, bytes: &[u8], flags: libc::c_int) -> isize {
    // SAFETY: the slice is readable for its length.
    unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags | NO_SIGPIPE) }
}

/// Room for `len` items, or the error that there is none: a caller's number must not end the process.
pub(crate) fn reserve<T>(len: usize) -> Result<Vec<T>> {
    let mut items = Vec::new();
    items.try_reserve_exact(len).map_err(|_| Error::Os(libc::ENOMEM))?;
    Ok(items)
}

/// [`reserve`] for what a call with these flags receives. With `MSG_TRUNC` a stream counts bytes that it does not write:
/// the room holds zeros then, so that nothing is handed out which nobody wrote.
pub(super) fn reserve_for(len: usize, flags: i32) -> Result<Vec<u8>> {
    let mut bytes = reserve(len)?;
    if flags & libc::MSG_TRUNC != 0 {
        bytes.resize(len, 0);
        bytes.clear();
    }
    Ok(bytes)
}

/// The same memory for a call that only writes to it.
pub(super) fn uninit(buffer: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: both have the same layout; only the kernel writes to the result, and what it writes is initialised.
    unsafe { &mut *(ptr::from_mut(buffer) as *mut [MaybeUninit<u8>]) }
}
