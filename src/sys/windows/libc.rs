//! Winsock under the names that POSIX has for the same things, so that the rest of the crate is written once.
//!
//! Error numbers are those of `WSAGetLastError`. Structures have the layout of Winsock's, but for `msghdr`, `iovec` and
//! `pollfd`, which the calls here convert.
#![allow(non_camel_case_types)]

pub use std::ffi::{c_char, c_int, c_short, c_uint, c_void};

use windows_sys::Win32::Networking::WinSock as winsock;

#[cfg(feature = "capi")]
pub use super::c_library::*;
pub use super::calls::{
    getaddrinfo, getnameinfo, getsockname, getsockopt, recv, recvfrom, send, sendto, setsockopt,
};
pub use super::message::{recvmsg, sendmsg};
use crate::sys::fd::RawFd;

pub use winsock::{ADDRINFOA as addrinfo, SERVENT as servent, freeaddrinfo};

pub type socklen_t = c_int;
pub type sa_family_t = u16;

/// Constants that windows-sys has with the same name, as numbers of type `int`.
macro_rules! same {
    ($($name:ident)*) => {
        $(pub const $name: c_int = winsock::$name as c_int;)*
    };
}

same! {
    AF_INET AF_INET6 AF_UNIX AI_CANONNAME AI_NUMERICHOST IPPROTO_IP IPPROTO_IPV6
    IPPROTO_TCP IPV6_PKTINFO IPV6_RECVTCLASS IPV6_TCLASS IPV6_V6ONLY IP_MULTICAST_IF IP_TOS IP_TTL
    MSG_WAITALL MSG_CTRUNC MSG_PEEK MSG_TRUNC NI_NAMEREQD NI_NUMERICHOST NI_NUMERICSERV SOCK_STREAM
    SOL_SOCKET SO_ACCEPTCONN SO_DONTROUTE SO_RCVLOWAT SO_REUSEADDR TCP_NODELAY
}

pub const SHUT_RD: c_int = winsock::SD_RECEIVE;
pub const SHUT_WR: c_int = winsock::SD_SEND;
pub const SHUT_RDWR: c_int = winsock::SD_BOTH;

/// The number that stands for the longest queue that the system allows.
pub const SOMAXCONN: c_int = c_int::MAX;

pub const POLLERR: c_short = winsock::POLLERR;
pub const POLLIN: c_short = winsock::POLLRDNORM;
pub const POLLPRI: c_short = winsock::POLLRDBAND;
pub const POLLOUT: c_short = winsock::POLLOUT;
pub const POLLHUP: c_short = winsock::POLLHUP;
pub const POLLNVAL: c_short = winsock::POLLNVAL;

/// There is no flag for a call that does not wait. No call waits, because no socket of this crate blocks.
pub const MSG_DONTWAIT: c_int = 0;
/// There are no control messages with descriptors. No message has this type.
pub const SCM_RIGHTS: c_int = c_int::MIN;

/// The errors of Winsock.
macro_rules! errors {
    ($($name:ident = $number:ident;)*) => {
        $(pub const $name: c_int = winsock::$number;)*
    };
}

errors! {
    EADDRINUSE = WSAEADDRINUSE;
    EADDRNOTAVAIL = WSAEADDRNOTAVAIL;
    EAFNOSUPPORT = WSAEAFNOSUPPORT;
    EAGAIN = WSAEWOULDBLOCK;
    EALREADY = WSAEALREADY;
    EBADF = WSAEBADF;
    ECANCELED = WSA_E_CANCELLED;
    ECONNABORTED = WSAECONNABORTED;
    ECONNRESET = WSAECONNRESET;
    EINPROGRESS = WSAEINPROGRESS;
    EINTR = WSAEINTR;
    EINVAL = WSAEINVAL;
    EISCONN = WSAEISCONN;
    EMFILE = WSAEMFILE;
    EMSGSIZE = WSAEMSGSIZE;
    ENETRESET = WSAENETRESET;
    ENOBUFS = WSAENOBUFS;
    ENOMEM = WSA_NOT_ENOUGH_MEMORY;
    ENOTSOCK = WSAENOTSOCK;
    EOPNOTSUPP = WSAEOPNOTSUPP;
    EPROTONOSUPPORT = WSAEPROTONOSUPPORT;
    ETIMEDOUT = WSAETIMEDOUT;
    EWOULDBLOCK = WSAEWOULDBLOCK;
}

/// The system's table of open files is full (`ERROR_TOO_MANY_OPEN_FILES`).
pub const ENFILE: c_int = 4;

/// The numbers of signals, as the C library has them.
pub const SIGINT: c_int = 2;
pub const SIGTERM: c_int = 15;

/// The errors of the resolver.
pub const EAI_FAIL: c_int = winsock::WSANO_RECOVERY;
pub const EAI_NONAME: c_int = winsock::WSAHOST_NOT_FOUND;
/// Errors of the system have no number of their own here. This value is never returned.
pub const EAI_SYSTEM: c_int = c_int::MIN;

/// `struct sockaddr`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sockaddr {
    pub sa_family: sa_family_t,
    pub sa_data: [c_char; 14],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct in_addr {
    pub s_addr: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct in6_addr {
    pub s6_addr: [u8; 16],
}

/// `struct sockaddr_in`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sockaddr_in {
    pub sin_family: sa_family_t,
    pub sin_port: u16,
    pub sin_addr: in_addr,
    pub sin_zero: [c_char; 8],
}

/// `struct sockaddr_in6`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sockaddr_in6 {
    pub sin6_family: sa_family_t,
    pub sin6_port: u16,
    pub sin6_flowinfo: u32,
    pub sin6_addr: in6_addr,
    pub sin6_scope_id: u32,
}

/// `struct sockaddr_un`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sockaddr_un {
    pub sun_family: sa_family_t,
    pub sun_path: [c_char; 108],
}

/// `struct sockaddr_storage`: space for an address of any family.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sockaddr_storage {
    pub ss_family: sa_family_t,
    before: [u8; 6],
    aligned: i64,
    after: [u8; 112],
}

const _: () = {
    assert!(size_of::<sockaddr>() == size_of::<winsock::SOCKADDR>());
    assert!(size_of::<sockaddr_in>() == size_of::<winsock::SOCKADDR_IN>());
    assert!(size_of::<sockaddr_in6>() == size_of::<winsock::SOCKADDR_IN6>());
    assert!(size_of::<sockaddr_un>() == size_of::<winsock::SOCKADDR_UN>());
    assert!(size_of::<sockaddr_storage>() == size_of::<winsock::SOCKADDR_STORAGE>());
};

/// `IN6_PKTINFO`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct in6_pktinfo {
    pub ipi6_addr: in6_addr,
    pub ipi6_ifindex: u32,
}

/// `WSABUF`, which has the layout of the standard library's `IoSlice`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct iovec {
    pub iov_len: u32,
    pub iov_base: *mut c_void,
}

/// A message with its address, its buffers and its control data, as POSIX has it.
#[derive(Clone, Copy)]
pub struct msghdr {
    pub msg_name: *mut c_void,
    pub msg_namelen: socklen_t,
    pub msg_iov: *mut iovec,
    pub msg_iovlen: usize,
    pub msg_control: *mut c_void,
    pub msg_controllen: usize,
    pub msg_flags: c_int,
}

/// `WSACMSGHDR`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct cmsghdr {
    pub cmsg_len: usize,
    pub cmsg_level: c_int,
    pub cmsg_type: c_int,
}

/// The length of a control message with this many bytes of data.
///
/// # Safety
///
/// None is needed. It is unsafe as the function of the C library is.
#[expect(non_snake_case, reason = "the name of the macro in C")]
pub const unsafe fn CMSG_LEN(length: c_uint) -> c_uint {
    aligned(size_of::<cmsghdr>() as c_uint) + length
}

/// The space of a control message with this many bytes of data.
///
/// # Safety
///
/// None is needed. It is unsafe as the function of the C library is.
#[expect(non_snake_case, reason = "the name of the macro in C")]
pub const unsafe fn CMSG_SPACE(length: c_uint) -> c_uint {
    aligned(size_of::<cmsghdr>() as c_uint) + aligned(length)
}

const fn aligned(length: c_uint) -> c_uint {
    length.next_multiple_of(align_of::<cmsghdr>() as c_uint)
}

/// What is to be polled of a socket. [`crate::sys::NO_FD`] is left out.
#[derive(Clone, Copy, Debug)]
pub struct pollfd {
    pub fd: RawFd,
    pub events: c_short,
    pub revents: c_short,
}
