//! Making sockets, and the small system calls that name and end them.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::AtomicBool;

use socket2::{Domain, Protocol, SockRef, Type};

use super::handle::{Handle, InFlight};
use super::timeout::{Mode, Timeout, default_timeout};
use super::wait::{Kind, Plan};
use super::{Socket, timeout};
use crate::address::RawAddress;
use crate::constants::{AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, AddressFamily, SOCK_STREAM, SocketKind};
use crate::deadline::Limit;
use crate::error::{Error, Result};
use crate::sys::{self, SOCK_NONBLOCK, TYPE_FLAGS, syscall};

impl Socket {
    /// A new socket (`socket.socket`): family `AF_*`, type `SOCK_*`, protocol 0 for the family's own.
    ///
    /// The descriptor is close-on-exec. `SOCK_NONBLOCK` in the type makes the socket non-blocking;
    /// else it has the default timeout. Fails with [`Error::Os`], such as `EAFNOSUPPORT` or `EMFILE`.
    pub fn new(family: AddressFamily, kind: SocketKind, proto: i32) -> Result<Socket> {
        let bare = kind.as_raw() & !TYPE_FLAGS;
        let socket = socket2::Socket::new(Domain::from(family.as_raw()), Type::from(bare), protocol(proto))?;
        Socket::with_mode(socket.into(), family, kind, proto)
    }

    /// Two sockets connected to each other (`socket.socketpair`); `AF_UNIX` and `SOCK_STREAM` in Python by default.
    ///
    /// Fails with [`Error::Os`], such as `EOPNOTSUPP` for a family that cannot.
    pub fn socketpair(family: AddressFamily, kind: SocketKind, proto: i32) -> Result<(Socket, Socket)> {
        let bare = kind.as_raw() & !TYPE_FLAGS;
        let (one, other) =
            socket2::Socket::pair(Domain::from(family.as_raw()), Type::from(bare), protocol(proto))?;
        Ok((
            Socket::with_mode(one.into(), family, kind, proto)?,
            Socket::with_mode(other.into(), family, kind, proto)?,
        ))
    }

    /// A socket for a descriptor that exists (`socket.socket(fileno=fd)`). What is `None` is asked of
    /// the system.
    ///
    /// It has the default timeout, unless the type holds `SOCK_NONBLOCK`.
    /// Fails with `Os(EBADF)` and `Os(ENOTSOCK)`; the descriptor is then closed.
    pub fn from_fd(
        fd: OwnedFd,
        family: Option<AddressFamily>,
        kind: Option<SocketKind>,
        proto: Option<i32>,
    ) -> Result<Socket> {
        let (family, kind, proto) = detect(fd.as_raw_fd(), family, kind, proto)?;
        Socket::with_mode(fd, family, kind, proto)
    }

    /// [`Socket::from_fd`] for a bare number; on failure it stays the caller's.
    ///
    /// # Safety
    ///
    /// If it is an open descriptor, the caller owns it, and gives it up when this succeeds.
    pub unsafe fn from_fileno(
        fd: RawFd,
        family: Option<AddressFamily>,
        kind: Option<SocketKind>,
        proto: Option<i32>,
    ) -> Result<Socket> {
        if fd < 0 {
            return Err(Error::value(format!("negative file descriptor: {fd}")));
        }
        let (family, kind, proto) = detect(fd, family, kind, proto)?;
        // SAFETY: `detect` found it open, and the caller owns it.
        Socket::with_mode(unsafe { OwnedFd::from_raw_fd(fd) }, family, kind, proto)
    }

    /// What `accept` returned.
    pub(crate) fn accepted(
        fd: OwnedFd,
        family: AddressFamily,
        kind: SocketKind,
        proto: i32,
    ) -> Result<Socket> {
        Socket::with_mode(fd, family, kind, proto)
    }

    fn with_mode(fd: OwnedFd, family: AddressFamily, kind: SocketKind, proto: i32) -> Result<Socket> {
        let timeout =
            if kind.as_raw() & SOCK_NONBLOCK != 0 { Timeout::ZERO } else { timeout::default_timeout() };
        if timeout != Timeout::NONE {
            sys::set_nonblocking(fd.as_raw_fd(), true)?;
        }
        Ok(Socket::assemble(
            fd,
            false,
            family,
            SocketKind::from_raw(kind.as_raw() & !TYPE_FLAGS),
            proto,
            timeout,
        ))
    }

    pub(super) fn assemble(
        fd: OwnedFd,
        shared: bool,
        family: AddressFamily,
        kind: SocketKind,
        proto: i32,
        timeout: Timeout,
    ) -> Socket {
        // Other families do not wake their callers when shut down.
        let wakes = [AF_INET, AF_INET6, AF_UNIX].contains(&family);
        Socket {
            handle: Handle::new(fd, shared || !wakes),
            mode: Mode::new(timeout),
            waited: [const { AtomicBool::new(false) }; 2],
            at_end: AtomicBool::new(false),
            interruptible: AtomicBool::new(false),
            sends_poll: family == AF_UNIX && kind != SOCK_STREAM,
            family,
            kind,
            proto,
        }
    }

    /// [`Socket::accept`] as a bare descriptor with the system's address, within a limit of its own.
    ///
    /// The descriptor is close-on-exec and blocks. On a listener without a timeout that has another owner or is given a
    /// limit, O_NONBLOCK is on during the call: another owner's accept may find that it does not block.
    pub fn accept_fd(&self, limit: Limit) -> Result<(OwnedFd, RawAddress)> {
        let mut peer = RawAddress::empty();
        let blocks = self.mode.timeout() == Timeout::NONE;
        // Without a timeout, for ever is what the socket does by itself.
        let limit = if limit == Limit::FOREVER && blocks { Limit::Timeout } else { limit };
        // No flag makes accept return at once on a descriptor that blocks, as it may have to when another thread or owner
        // takes the client that poll told of.
        let shared = self.handle.is_shared();
        let call;
        let _never_blocks = if blocks && (shared || limit != Limit::Timeout) {
            self.mode.set_accepts_poll();
            call = self.handle.enter()?;
            Some(self.mode.never_block(&call)?)
        } else {
            None
        };
        let accepted = self.run(Plan::new(Kind::Accept, limit), |fd, _| {
            if shared {
                // Another owner may have made it block again. Fails for what is no socket, as accept does.
                let _ = sys::set_nonblocking(fd, true);
            }
            // SAFETY: `run` keeps the descriptor open while it lends it.
            match unsafe { sys::accept(fd, self.family.as_raw()) } {
                Ok((client, address)) => {
                    peer = address.map_or(peer, RawAddress::from_socket2);
                    client.into_raw_fd() as isize
                }
                Err(error) => sys::as_system_call(Err(error)),
            }
        })?;
        // SAFETY: accept succeeded, so the descriptor was just born and has no other owner.
        Ok((unsafe { OwnedFd::from_raw_fd(accepted as RawFd) }, peer))
    }
}

fn protocol(proto: i32) -> Option<Protocol> {
    (proto != 0).then(|| Protocol::from(proto))
}

/// Family, type and protocol of a descriptor; also checks that it is a socket.
pub(super) fn detect(
    fd: RawFd,
    family: Option<AddressFamily>,
    kind: Option<SocketKind>,
    proto: Option<i32>,
) -> Result<(AddressFamily, SocketKind, i32)> {
    let family = match (own_name(fd), family) {
        (Ok(name), family) => family.unwrap_or_else(|| name.family()),
        // Some sockets have no name, such as the ciphers of Linux.
        (Err(Error::Os(errno)), Some(family)) if ![libc::EBADF, libc::ENOTSOCK].contains(&errno) => family,
        (Err(error), _) => return Err(error),
    };
    // SAFETY: the call above found it open.
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

/// The address that a socket is bound to. socket2 asks only descriptors that are known to be open.
fn own_name(fd: RawFd) -> Result<RawAddress> {
    let mut address = RawAddress::empty();
    let mut len = RawAddress::CAPACITY as libc::socklen_t;
    // SAFETY: the address has `len` bytes, and both outlive the call.
    unsafe { syscall!(getsockname(fd, address.as_mut_ptr(), &mut len)) }?;
    address.set_len(len);
    Ok(address)
}

/// Whether child processes inherit the descriptor, which socket2 sets and does not tell.
pub(super) fn get_inheritable(call: &InFlight<'_>) -> Result<bool> {
    // SAFETY: F_GETFD touches no memory.
    let flags = unsafe { syscall!(fcntl(call.fd(), libc::F_GETFD)) }?;
    Ok(flags & libc::FD_CLOEXEC == 0)
}

/// Another descriptor for the same socket, close-on-exec (`socket.dup`). Fails with `Os(EBADF)` or `Os(EMFILE)`.
///
/// A [`Socket`] on `fd` does not learn of it: prefer [`Socket::dup`], or call [`Socket::set_shared`].
pub fn dup(fd: RawFd) -> Result<OwnedFd> {
    sys::duplicate(fd)
}

/// A socket for a duplicate of a descriptor (`socket.fromfd`), which stays its owner's.
///
/// Family, type and protocol are believed; `None` asks the system. A [`Socket`] on `fd` does not learn of the duplicate:
/// prefer [`Socket::dup`] there, or call [`Socket::set_shared`] on it.
/// Fails with `Os(EBADF)`, `Os(ENOTSOCK)` and `Os(EMFILE)`.
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

/// Closes a descriptor that no object owns (`socket.close`). Fails with `Os(EBADF)`.
///
/// # Safety
///
/// Nothing else may own the descriptor: its number may mean something else right after.
pub unsafe fn close(fd: RawFd) -> Result<()> {
    sys::close(fd)
}

/// The default timeout and the descriptor's own mode for a socket that came from elsewhere.
pub(super) fn adopt(fd: OwnedFd) -> Socket {
    let detected = detect(fd.as_raw_fd(), None, None, None);
    let nonblocking = is_nonblocking(&fd);
    // What is not a socket gets no family; its first call then fails with ENOTSOCK.
    let (family, kind, proto) = detected.unwrap_or((AF_UNSPEC, SocketKind::ANY, 0));
    let timeout = if nonblocking { Timeout::ZERO } else { Timeout::NONE };
    let socket = Socket::assemble(fd, false, family, kind, proto, timeout);
    if !nonblocking && default_timeout() != Timeout::NONE {
        let _ = socket.settimeout(default_timeout().duration());
    }
    socket
}

fn is_nonblocking(fd: &OwnedFd) -> bool {
    SockRef::from(fd).nonblocking().unwrap_or(false)
}
