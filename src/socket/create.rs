//! Making sockets, and the small system calls that describe and end them.
#![allow(unsafe_code)]

use std::sync::atomic::AtomicBool;

use socket2::{Domain, Protocol, SockRef, Type};

use super::handle::Handle;
use super::timeout::{Mode, Timeout, default_timeout};
use super::wait::{Kind, Plan};
use super::{Socket, timeout};
use crate::address::RawAddress;
use crate::cancel::{OfSocket, Tokens};
use crate::constants::{AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, AddressFamily, SOCK_STREAM, SocketKind};
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::sys::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use crate::sys::{self, SOCK_NONBLOCK, TYPE_FLAGS, libc, syscall};

impl Socket {
    /// Makes a socket (`socket.socket`, socket(2)).
    ///
    /// `family` is an `AF_*` constant and `kind` a `SOCK_*` constant. `proto` is usually 0, which lets the
    /// system choose. The descriptor is close-on-exec. If `kind` contains `SOCK_NONBLOCK`, the socket is
    /// non-blocking; otherwise it has the default timeout. Fails with [`Error::Os`], such as `EAFNOSUPPORT`
    /// or `EMFILE`.
    pub fn new(family: AddressFamily, kind: SocketKind, proto: i32) -> Result<Socket> {
        let asked = if is_marked_nonblocking(kind) { Timeout::ZERO } else { default_timeout() };
        Socket::with_timeout(family, bare(kind), proto, asked)
    }

    /// Makes a socket that has this timeout from its beginning, whatever the default is.
    pub(super) fn with_timeout(
        family: AddressFamily,
        kind: SocketKind,
        proto: i32,
        timeout: Timeout,
    ) -> Result<Socket> {
        // Where the type of a socket can say that it does not block, this saves a system call.
        let flags = if timeout == Timeout::NONE { 0 } else { SOCK_NONBLOCK };
        let kind_and_flags = Type::from(kind.as_raw() | flags);
        let socket: OwnedFd =
            socket2::Socket::new(Domain::from(family.as_raw()), kind_and_flags, protocol(proto))?.into();
        sys::suppress_sigpipe(socket.as_raw_fd());
        if flags == 0 && (timeout != Timeout::NONE || !sys::CALLS_BLOCK) {
            sys::set_nonblocking(socket.as_raw_fd(), true)?;
        }
        Ok(Socket::assemble(socket, false, family, kind, proto, timeout))
    }

    /// Makes two sockets that are connected to each other (`socket.socketpair`, socketpair(2)). Python's
    /// default is `AF_UNIX` and `SOCK_STREAM`.
    ///
    /// Fails with [`Error::Os`], such as `EOPNOTSUPP` for a family that has no pairs; [`crate::socketpair`]
    /// makes pairs of `AF_INET` too.
    pub fn socketpair(family: AddressFamily, kind: SocketKind, proto: i32) -> Result<(Socket, Socket)> {
        let bare = kind.as_raw() & !TYPE_FLAGS;
        let (one, other) = sys::socket_pair(family.as_raw(), bare, proto)?;
        Ok((Socket::with_mode(one, family, kind, proto)?, Socket::with_mode(other, family, kind, proto)?))
    }

    /// Makes a socket from an existing descriptor (`socket.socket(fileno=fd)`). The system is asked for the
    /// family, type or protocol that is `None`.
    ///
    /// The socket has the default timeout, or is non-blocking if `kind` contains `SOCK_NONBLOCK`. Fails with
    /// `Os(EBADF)` and `Os(ENOTSOCK)`; the descriptor is then closed.
    pub fn from_fd(
        fd: OwnedFd,
        family: Option<AddressFamily>,
        kind: Option<SocketKind>,
        proto: Option<i32>,
    ) -> Result<Socket> {
        let (family, kind, proto) = detect(fd.as_raw_fd(), family, kind, proto)?;
        Socket::with_mode(fd, family, kind, proto)
    }

    /// [`Socket::from_fd`] for the number of a descriptor. When it fails, the descriptor stays open and
    /// belongs to the caller. Fails also with [`Error::Value`] for a negative number.
    ///
    /// # Safety
    ///
    /// If `fd` is an open descriptor, the caller owns it, and gives it up when this function succeeds.
    pub unsafe fn from_fileno(
        fd: RawFd,
        family: Option<AddressFamily>,
        kind: Option<SocketKind>,
        proto: Option<i32>,
    ) -> Result<Socket> {
        if !sys::is_number(fd) {
            return Err(Error::value(format_args!("negative file descriptor: {fd}")));
        }
        let (family, kind, proto) = detect(fd, family, kind, proto)?;
        let timeout = begin_mode(fd, kind)?;
        // SAFETY: `detect` has found the descriptor open, and the caller promises to own it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Socket::assemble(fd, false, family, bare(kind), proto, timeout))
    }

    /// Makes a socket from a descriptor that `accept` returned.
    pub(crate) fn accepted(
        fd: OwnedFd,
        family: AddressFamily,
        kind: SocketKind,
        proto: i32,
    ) -> Result<Socket> {
        Socket::with_mode(fd, family, kind, proto)
    }

    fn with_mode(fd: OwnedFd, family: AddressFamily, kind: SocketKind, proto: i32) -> Result<Socket> {
        let timeout = begin_mode(fd.as_raw_fd(), kind)?;
        Ok(Socket::assemble(fd, false, family, bare(kind), proto, timeout))
    }

    pub(super) fn assemble(
        fd: OwnedFd,
        shared: bool,
        family: AddressFamily,
        kind: SocketKind,
        proto: i32,
        timeout: Timeout,
    ) -> Socket {
        // On sockets of other families, a shutdown does not wake blocked calls, so these calls must wait in
        // `poll`.
        let wakes = [AF_INET, AF_INET6, AF_UNIX].contains(&family);
        // A send on a unix datagram or packet socket that blocks in the kernel waits for the peer's queue, and shutting
        // its own socket down does not wake it.
        let sends_poll = family == AF_UNIX && kind != SOCK_STREAM;
        Socket {
            handle: Handle::new(fd, shared || !wakes, sends_poll),
            mode: Mode::new(timeout),
            at_end: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            interruptible: AtomicBool::new(false),
            #[cfg(feature = "capi")]
            lent: AtomicBool::new(false),
            family,
            kind,
            proto,
            cancel: OfSocket::none(),
        }
    }

    /// [`Socket::accept`] that returns a bare descriptor and the address in the form of the system, with a
    /// limit instead of the timeout.
    ///
    /// The descriptor is close-on-exec and blocking. If the listener has no timeout, but has another owner, is given a
    /// limit or is under a [`Cancel`](crate::Cancel) token, O_NONBLOCK is set during the call. An accept of another owner may then find that the
    /// descriptor does not block.
    pub fn accept_fd(&self, limit: Limit) -> Result<(OwnedFd, RawAddress)> {
        let mut peer = RawAddress::empty();
        let blocks = self.mode.timeout() == Timeout::NONE;
        // A socket without a timeout waits without a limit by itself.
        let limit = if limit == Limit::FOREVER && blocks { Limit::Timeout } else { limit };
        // Another thread or owner may take the client that `poll` reported, or another thread may remove the
        // timeout. The accept must then return at once, and no flag of accept does this on a descriptor that
        // blocks.
        let (shared, polls) = (self.handle.is_shared(), self.handle.wakes_by_fd());
        let call;
        let _never_blocks = if !blocks || polls || limit != Limit::Timeout || Tokens::are_above(&self.cancel)
        {
            self.mode.set_accepts_poll();
            call = self.handle.enter()?;
            Some(self.mode.never_block(&call)?)
        } else {
            None
        };
        let accepted = self.run(Plan::new(Kind::Accept, limit), |fd, _| {
            if shared {
                // Another owner may have cleared O_NONBLOCK. This fails for a descriptor that is not a
                // socket; accept then fails too.
                let _ = sys::set_nonblocking(fd, true);
            }
            // SAFETY: `run` keeps the descriptor open while this closure uses it.
            match unsafe { sys::accept(fd, self.family.as_raw()) } {
                Ok((client, address)) => {
                    peer = address.map_or(peer, RawAddress::from_socket2);
                    client.into_raw_fd() as isize
                }
                Err(error) => sys::as_system_call(Err(error)),
            }
        })?;
        // SAFETY: accept has just made this descriptor, so it has no other owner.
        Ok((unsafe { OwnedFd::from_raw_fd(accepted as RawFd) }, peer))
    }
}

/// Puts the descriptor of a new socket into the mode that its kind asks for, or the default timeout does.
fn begin_mode(fd: RawFd, kind: SocketKind) -> Result<Timeout> {
    sys::suppress_sigpipe(fd);
    let timeout = if is_marked_nonblocking(kind) { Timeout::ZERO } else { timeout::default_timeout() };
    if timeout != Timeout::NONE || !sys::CALLS_BLOCK {
        sys::set_nonblocking(fd, true)?;
    }
    Ok(timeout)
}

/// Whether a kind contains `SOCK_NONBLOCK`. On macOS there is no such flag.
#[allow(clippy::bad_bit_mask, reason = "the flag is 0 where there is none")]
fn is_marked_nonblocking(kind: SocketKind) -> bool {
    kind.as_raw() & SOCK_NONBLOCK != 0
}

/// Returns a kind without the flags that `socket(2)` takes with it.
fn bare(kind: SocketKind) -> SocketKind {
    SocketKind::from_raw(kind.as_raw() & !TYPE_FLAGS)
}

fn protocol(proto: i32) -> Option<Protocol> {
    (proto != 0).then(|| Protocol::from(proto))
}

/// Returns the family, type and protocol of a descriptor. Fails if it is not a socket.
pub(super) fn detect(
    fd: RawFd,
    family: Option<AddressFamily>,
    kind: Option<SocketKind>,
    proto: Option<i32>,
) -> Result<(AddressFamily, SocketKind, i32)> {
    let family = match (own_name(fd), family) {
        (Ok(name), family) => family.unwrap_or_else(|| name.family()),
        // Some sockets have no address, such as the ciphers of Linux.
        (Err(Error::Os(errno)), Some(family)) if ![libc::EBADF, libc::ENOTSOCK].contains(&errno) => family,
        (Err(error), _) => return Err(error),
    };
    // SAFETY: getsockname above has found the descriptor open.
    let descriptor = unsafe { BorrowedFd::borrow_raw(fd) };
    let socket = SockRef::from(&descriptor);
    let kind = match kind {
        Some(kind) => kind,
        None => SocketKind::from_raw(socket.r#type()?.into()),
    };
    let proto = match proto {
        Some(proto) => proto,
        None => sys::protocol(&socket)?,
    };
    Ok((family, kind, proto))
}

/// Returns the address that a socket is bound to. socket2 is not used because it takes only descriptors that
/// are known to be open.
fn own_name(fd: RawFd) -> Result<RawAddress> {
    let mut address = RawAddress::empty();
    let mut len = RawAddress::CAPACITY as libc::socklen_t;
    // SAFETY: the address has `len` bytes, and both outlive the call.
    unsafe { syscall!(getsockname(fd, address.as_mut_ptr(), &mut len)) }?;
    address.set_len(len);
    Ok(address)
}

/// Duplicates a descriptor (`socket.dup`). The duplicate is close-on-exec. Fails with `Os(EBADF)` and
/// `Os(EMFILE)`.
///
/// A [`Socket`] that owns `fd` does not know of the duplicate. For such a socket use [`Socket::dup`], or call
/// [`Socket::set_shared`].
///
/// # Safety
///
/// `fd` belongs to the caller, or to somebody who lets the caller have a duplicate. The number of a descriptor that
/// others own could be read and written through the duplicate. [`fromfd`] takes a borrowed descriptor, and needs no
/// such promise.
pub unsafe fn dup(fd: RawFd) -> Result<OwnedFd> {
    sys::duplicate(fd)
}

/// Makes a socket from a duplicate of a descriptor (`socket.fromfd`). The descriptor itself stays with its
/// owner.
///
/// The given family, type and protocol are not checked; the system is asked for those that are `None`. A
/// [`Socket`] that owns `fd` does not know of the duplicate. For such a socket use [`Socket::dup`], or call
/// [`Socket::set_shared`]. Fails with `Os(EBADF)`, `Os(ENOTSOCK)` and `Os(EMFILE)`.
pub fn fromfd(
    fd: impl AsFd,
    family: Option<AddressFamily>,
    kind: Option<SocketKind>,
    proto: Option<i32>,
) -> Result<Socket> {
    fromfd_number(fd.as_fd().as_raw_fd(), family, kind, proto)
}

pub(crate) fn fromfd_number(
    fd: RawFd,
    family: Option<AddressFamily>,
    kind: Option<SocketKind>,
    proto: Option<i32>,
) -> Result<Socket> {
    let socket = Socket::from_fd(sys::duplicate(fd)?, family, kind, proto)?;
    socket.set_shared();
    Ok(socket)
}

/// Closes a descriptor that no object owns (`socket.close`). Fails with `Os(EBADF)` when it is not open.
///
/// # Safety
///
/// Nothing else may own the descriptor, because its number may mean another file right after this call.
pub unsafe fn close(fd: RawFd) -> Result<()> {
    sys::close(fd)
}

/// Makes a socket from a descriptor of other code. A non-blocking descriptor stays non-blocking; any other
/// gets the default timeout.
pub(super) fn adopt(fd: OwnedFd) -> Socket {
    let detected = detect(fd.as_raw_fd(), None, None, None);
    sys::suppress_sigpipe(fd.as_raw_fd());
    // On systems where calls do not block, nobody can tell what the socket was like before.
    let nonblocking = sys::CALLS_BLOCK && is_nonblocking(&fd);
    // A descriptor that is not a socket gets no family. The first call on it fails with ENOTSOCK.
    let (family, kind, proto) = detected.unwrap_or((AF_UNSPEC, SocketKind::ANY, 0));
    let timeout = if nonblocking { Timeout::ZERO } else { Timeout::NONE };
    if !sys::CALLS_BLOCK {
        // This fails for a number that is no socket, and then every call does.
        let _ = sys::set_nonblocking(fd.as_raw_fd(), true);
    }
    let socket = Socket::assemble(fd, false, family, kind, proto, timeout);
    if !nonblocking && default_timeout() != Timeout::NONE {
        let _ = socket.settimeout(default_timeout().duration());
    }
    socket
}

fn is_nonblocking(fd: &OwnedFd) -> bool {
    sys::is_nonblocking(&SockRef::from(fd)).unwrap_or(false)
}
