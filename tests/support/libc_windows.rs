//! The numbers of the system: those of Winsock, under the names that the C library of other systems has for them.
#![allow(non_camel_case_types, reason = "they are the C library's names")]

use std::ffi::c_int;

use windows_sys::Win32::Networking::WinSock as winsock;

pub use winsock::{ADDRINFOA as addrinfo, CMSGHDR as cmsghdr, freeaddrinfo, getaddrinfo};

/// Constants that Winsock has with the same name, as numbers of type `int`.
macro_rules! same {
    ($($name:ident)*) => {
        $(pub const $name: c_int = winsock::$name as c_int;)*
    };
}

same! {
    AF_INET AF_INET6 AF_UNIX AF_UNSPEC AI_CANONNAME AI_NUMERICHOST AI_NUMERICSERV AI_PASSIVE IPPROTO_IP IPPROTO_IPV6
    IPPROTO_SCTP IPPROTO_TCP IPPROTO_UDP IPV6_V6ONLY IP_TTL SOCK_DGRAM SOCK_RAW SOCK_SEQPACKET SOCK_STREAM SOL_SOCKET
}

pub const EACCES: c_int = 10013;
pub const EADDRINUSE: c_int = 10048;
pub const EADDRNOTAVAIL: c_int = 10049;
pub const EAFNOSUPPORT: c_int = 10047;
pub const EAGAIN: c_int = 10035;
pub const EBADF: c_int = 10038;
pub const ECANCELED: c_int = 10111;
pub const ECONNABORTED: c_int = 10053;
pub const ECONNREFUSED: c_int = 10061;
pub const ECONNRESET: c_int = 10054;
pub const EDESTADDRREQ: c_int = 10039;
/// A connect that does not wait has begun.
pub const EINPROGRESS: c_int = 10035;
pub const EINVAL: c_int = 10022;
pub const EMFILE: c_int = 10024;
pub const EMSGSIZE: c_int = 10040;
pub const ENOMEM: c_int = 8;
pub const ENOPROTOOPT: c_int = 10042;
pub const ENOTCONN: c_int = 10057;
pub const ENOTSOCK: c_int = 10038;
/// There is no interface with this number (`ERROR_FILE_NOT_FOUND`).
pub const ENXIO: c_int = 2;
/// A send after the end of the connection.
pub const EPIPE: c_int = 10058;

pub const EAI_BADFLAGS: c_int = 10022;
pub const EAI_FAMILY: c_int = 10047;
pub const EAI_NONAME: c_int = 11001;
pub const EAI_SERVICE: c_int = 10109;
pub const EAI_SOCKTYPE: c_int = 10044;
/// No error has this number.
pub const EAI_SYSTEM: c_int = c_int::MIN;

/// What Windows has not. Tests that need it are not run there.
pub const MSG_DONTWAIT: c_int = -1;
pub const RLIMIT_NOFILE: c_int = -1;
pub const RLIMIT_NPROC: c_int = -1;
pub const RLIMIT_AS: c_int = -1;
pub const RLIMIT_DATA: c_int = -1;
