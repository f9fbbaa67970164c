//! Sending and receiving bytes.
//!
//! The system calls are made here and not through socket2. socket2 returns errors of the standard library,
//! and that costs 20 more instructions for each message, beside the 139 that a send and a receive take
//! together.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;

use super::Socket;
use super::wait::{Interest, Plan, deadline_of};
use crate::address::{Address, RawAddress};
use crate::cancel::{self, Tokens};
use crate::deadline::Limit;
use crate::error::{Error, Result, SendallError};
use crate::resolve::ToAddress;
use crate::sys::fd::RawFd;
use crate::sys::{NO_SIGPIPE, libc};

impl Socket {
    /// Receives at most `bufsize` bytes (`socket.recv`). Returns no bytes at the end of the stream.
    ///
    /// Fails with [`Error::Timeout`], with [`Error::Closed`], with `Os(EAGAIN)` when the socket is
    /// non-blocking and nothing has arrived, and with `Os(ENOMEM)` when there is no memory for `bufsize`
    /// bytes.
    pub fn recv(&self, bufsize: usize) -> Result<Vec<u8>> {
        self.recv_with_flags(bufsize, 0)
    }

    /// [`Socket::recv`] with `MSG_*` flags.
    ///
    /// With `MSG_TRUNC`, a stream discards bytes and only counts them. The result then has zeros in their
    /// place.
    pub fn recv_with_flags(&self, bufsize: usize, flags: i32) -> Result<Vec<u8>> {
        let mut bytes = reserve_for(bufsize, flags)?;
        let n = self.recv_uninit(&mut bytes.spare_capacity_mut()[..bufsize], flags, Limit::Timeout)?;
        // SAFETY: the kernel wrote these `n` bytes, or `reserve_for` did.
        unsafe { bytes.set_len(n.min(bufsize)) };
        Ok(bytes)
    }

    /// Receives into a buffer (`socket.recv_into`). Returns the number of bytes, which is 0 at the end of the
    /// stream.
    ///
    /// With an empty buffer it returns 0 without a system call. Fails as [`Socket::recv`] does.
    #[inline]
    pub fn recv_into(&self, buffer: &mut [u8]) -> Result<usize> {
        self.recv_into_with_flags(buffer, 0)
    }

    /// [`Socket::recv_into`] with `MSG_*` flags. With `MSG_TRUNC` the result may be more than the length of
    /// the buffer.
    #[inline]
    pub fn recv_into_with_flags(&self, buffer: &mut [u8], flags: i32) -> Result<usize> {
        self.recv_into_until(buffer, flags, Limit::Timeout)
    }

    /// [`Socket::recv_into`] with `MSG_*` flags and a limit instead of the timeout.
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
    /// Afterwards as many bytes at the front of the buffer are initialised as the result says. With
    /// `MSG_TRUNC` in `flags` this is not so, because a stream then counts bytes that nobody wrote.
    #[inline(always)]
    pub fn recv_uninit(&self, buffer: &mut [MaybeUninit<u8>], flags: i32, limit: Limit) -> Result<usize> {
        let (start, len) = (buffer.as_mut_ptr(), buffer.len());
        if len == 0 {
            return if self.is_closed() { Err(Error::Closed) } else { Ok(0) };
        }
        if self.collects(flags, limit) {
            return self.recv_collecting(buffer, flags, limit);
        }
        self.run(Plan::receive(limit, flags), move |fd, extra| {
            // SAFETY: `start` and `len` are those of a slice that is writable.
            unsafe { libc::recv(fd, start.cast(), len, flags | extra) }
        })
    }

    /// Receives at most `bufsize` bytes and the address of the sender (`socket.recvfrom`). If a datagram is
    /// longer, its rest is lost. Fails as [`Socket::recv`] does.
    pub fn recvfrom(&self, bufsize: usize) -> Result<(Vec<u8>, Address)> {
        self.recvfrom_with_flags(bufsize, 0)
    }

    /// [`Socket::recvfrom`] with `MSG_*` flags. For `MSG_TRUNC` see [`Socket::recv_with_flags`].
    pub fn recvfrom_with_flags(&self, bufsize: usize, flags: i32) -> Result<(Vec<u8>, Address)> {
        let mut bytes = reserve_for(bufsize, flags)?;
        let buffer = &mut bytes.spare_capacity_mut()[..bufsize];
        let (n, sender) = self.recvfrom_decoded(buffer, flags, Limit::Timeout)?;
        // SAFETY: the kernel wrote these `n` bytes, or `reserve_for` did.
        unsafe { bytes.set_len(n.min(bufsize)) };
        Ok((bytes, sender))
    }

    /// Receives into a buffer (`socket.recvfrom_into`). Returns the number of bytes and the address of the
    /// sender. Fails as [`Socket::recv`] does.
    pub fn recvfrom_into(&self, buffer: &mut [u8]) -> Result<(usize, Address)> {
        self.recvfrom_into_with_flags(buffer, 0)
    }

    /// [`Socket::recvfrom_into`] with `MSG_*` flags. With `MSG_TRUNC` the number may be more than the length
    /// of the buffer.
    pub fn recvfrom_into_with_flags(&self, buffer: &mut [u8], flags: i32) -> Result<(usize, Address)> {
        self.recvfrom_into_until(buffer, flags, Limit::Timeout)
    }

    /// [`Socket::recvfrom_into`] with `MSG_*` flags and a limit instead of the timeout.
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
        // SAFETY: `recvfrom_uninit` initialises the address when it succeeds.
        let sender: RawAddress = unsafe { sender.assume_init() };
        Ok((n, sender.decode_for(self.proto)))
    }

    /// [`Socket::recvfrom_into_until`] into memory that need not be initialised, with the address in the form
    /// of the system.
    ///
    /// `sender` is initialised when the call succeeds, and unchanged when it fails. For the buffer see
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
        let n = if self.collects(flags, limit) {
            self.recv_collecting(buffer, flags, limit)?
        } else {
            self.run(Plan::receive(limit, flags), move |fd, extra| {
                // SAFETY: the slice is writable for its length. The address is writable or null.
                unsafe { recvfrom(fd, start.cast(), len, flags | extra, sender, reported) }
            })?
        };
        if !sender.is_null() {
            // SAFETY: the address is writable, and the system has written `address_len` bytes of it. This
            // comes after the check for a close, because a closed socket looks like an empty message without
            // an address.
            unsafe { RawAddress::complete(sender, address_len) };
        }
        Ok(n)
    }

    /// Sends bytes (`socket.send`). Returns how many bytes the kernel took, perhaps fewer than given.
    ///
    /// If the peer has closed its connection, the error is `Os(EPIPE)`, and no signal is raised. Fails with
    /// [`Error::Timeout`], with [`Error::Closed`], with `Os(EAGAIN)` when the socket is non-blocking and
    /// there is no space, with `Os(ENOTCONN)`, and with `Os(EMSGSIZE)` for a datagram that is too long.
    #[inline]
    pub fn send(&self, bytes: &[u8]) -> Result<usize> {
        self.send_with_flags(bytes, 0)
    }

    /// [`Socket::send`] with `MSG_*` flags.
    #[inline]
    pub fn send_with_flags(&self, bytes: &[u8], flags: i32) -> Result<usize> {
        self.send_until(bytes, flags, Limit::Timeout)
    }

    /// [`Socket::send`] with `MSG_*` flags and a limit instead of the timeout.
    #[inline(always)]
    pub fn send_until(&self, bytes: &[u8], flags: i32, limit: Limit) -> Result<usize> {
        self.run(Plan::send(limit, flags), move |fd, extra| send(fd, bytes, flags | extra))
    }

    /// Sends all bytes (`socket.sendall`). One timeout limits the whole call.
    ///
    /// Fails as [`Socket::send`] does. The error says how many bytes were sent.
    pub fn sendall(&self, bytes: &[u8]) -> Result<(), SendallError> {
        self.sendall_with_flags(bytes, 0)
    }

    /// [`Socket::sendall`] with `MSG_*` flags.
    pub fn sendall_with_flags(&self, bytes: &[u8], flags: i32) -> Result<(), SendallError> {
        self.sendall_until(bytes, flags, Limit::Timeout)
    }

    /// [`Socket::sendall`] with `MSG_*` flags and a limit instead of the timeout.
    #[inline]
    pub fn sendall_until(&self, bytes: &[u8], flags: i32, limit: Limit) -> Result<(), SendallError> {
        if cancel::is_used() {
            return self.sendall_under_token(bytes, flags, limit);
        }
        // The kernel takes most messages whole, at once. Such a call needs no deadline.
        let mut whole = None;
        let later = || *whole.insert(self.whole(limit));
        match self.run_with(Plan::send(limit, flags), later, |fd, extra| send(fd, bytes, flags | extra)) {
            Ok(n) if n >= bytes.len() => Ok(()),
            first => self.send_rest(bytes, first, flags, whole.unwrap_or_else(|| self.whole(limit))),
        }
    }

    #[cold]
    #[inline(never)]
    fn sendall_under_token(&self, bytes: &[u8], flags: i32, limit: Limit) -> Result<(), SendallError> {
        cancel::under_that_of(&self.cancel, || {
            let limit = self.whole(limit);
            self.send_rest(bytes, self.send_until(bytes, flags, limit), flags, limit)
        })
    }

    /// Goes on after the first send of a `sendall`.
    #[cold]
    #[inline(never)]
    fn send_rest(
        &self,
        bytes: &[u8],
        first: Result<usize>,
        flags: i32,
        limit: Limit,
    ) -> Result<(), SendallError> {
        let (mut sent, mut last) = (0, first);
        loop {
            match last {
                Ok(n) => sent += n,
                Err(error) => return Err(SendallError { sent, error }),
            }
            if sent >= bytes.len() {
                return Ok(());
            }
            if let Err(error) = Tokens::of(&self.cancel).check() {
                return Err(SendallError { sent, error });
            }
            // Perhaps a signal made the kernel take only a part of the bytes; it then reports no EINTR.
            if self.is_interruptible() {
                return Err(SendallError { sent, error: Error::Os(libc::EINTR) });
            }
            last = self.send_until(&bytes[sent..], flags, limit);
        }
    }

    /// Returns the limit for a call that makes several system calls: the timeout becomes one deadline for all
    /// of them.
    pub(super) fn whole(&self, limit: Limit) -> Limit {
        match (limit, self.gettimeout()) {
            (Limit::Timeout, Some(timeout)) if !timeout.is_zero() => Limit::after(timeout),
            _ => limit,
        }
    }

    /// Sends bytes to an address (`socket.sendto`). Returns how many bytes the kernel took. Fails as
    /// [`Socket::send`] does, and with the errors of the look-up when the host of the address is not found.
    pub fn sendto(&self, bytes: &[u8], address: impl ToAddress) -> Result<usize> {
        self.sendto_with_flags(bytes, 0, address)
    }

    /// [`Socket::sendto`] with `MSG_*` flags.
    pub fn sendto_with_flags(&self, bytes: &[u8], flags: i32, address: impl ToAddress) -> Result<usize> {
        let (address, limit) = self.look_up(address, Limit::Timeout)?;
        self.sendto_until(bytes, flags, &address, limit)
    }

    /// [`Socket::sendto`] with the address in the form of the system, `MSG_*` flags, and a limit instead of
    /// the timeout.
    pub fn sendto_until(
        &self,
        bytes: &[u8],
        flags: i32,
        address: &RawAddress,
        limit: Limit,
    ) -> Result<usize> {
        self.run(Plan::send(limit, flags), |fd, extra| {
            // SAFETY: the slice and the address are readable for their lengths during the call.
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

    /// Waits until the socket is ready for reading or writing, at most as long as `limit` says.
    ///
    /// Fails with [`Error::Timeout`], with [`Error::Closed`], with [`Error::Cancelled`], and with `Os(EINTR)` if the
    /// socket is interruptible and a signal handler has run.
    pub fn wait(&self, interest: Interest, limit: Limit) -> Result<()> {
        let call = self.handle.enter()?;
        let deadline = deadline_of(limit, self.mode.timeout());
        let tokens = Tokens::of(&self.cancel);
        tokens.check()?;
        self.wait_ready(&call, &tokens, interest, deadline).map(drop)
    }
}

/// `recvfrom(2)` with space for the longest address, or without an address.
///
/// # Safety
///
/// The buffer is writable for `len` bytes. `sender` is writable or null.
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
        // SAFETY: the caller promises that the buffer is writable for `len` bytes.
        return unsafe { libc::recv(fd, buffer.cast(), len, flags) };
    }
    *address_len = RawAddress::CAPACITY as libc::socklen_t;
    // SAFETY: the caller promises that the buffer and the address are writable; a `RawAddress` has that
    // capacity.
    unsafe { libc::recvfrom(fd, buffer.cast(), len, flags, sender.cast(), address_len) }
}

#[inline]
fn send(fd: RawFd, bytes: &[u8], flags: libc::c_int) -> isize {
    // SAFETY: the slice is readable for its length during the call.
    unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags | NO_SIGPIPE) }
}

/// Reserves memory for `len` items. If there is not enough, this is the error ENOMEM: a number from the
/// caller must not end the process.
pub(crate) fn reserve<T>(len: usize) -> Result<Vec<T>> {
    let mut items = Vec::new();
    items.try_reserve_exact(len).map_err(|_| Error::Os(libc::ENOMEM))?;
    Ok(items)
}

/// [`reserve`] for a receive with these flags. With `MSG_TRUNC` a stream counts bytes that it does not write.
/// The memory is then filled with zeros, so that no uninitialised bytes are returned.
pub(super) fn reserve_for(len: usize, flags: i32) -> Result<Vec<u8>> {
    let mut bytes = reserve(len)?;
    if flags & libc::MSG_TRUNC != 0 {
        bytes.resize(len, 0);
        bytes.clear();
    }
    Ok(bytes)
}

/// Returns the same memory as possibly uninitialised, for a call that only writes to it.
pub(super) fn uninit(buffer: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: both have the same layout; only the kernel writes to the result, and what it writes is initialised.
    unsafe { &mut *(ptr::from_mut(buffer) as *mut [MaybeUninit<u8>]) }
}
