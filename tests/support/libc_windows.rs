//! The numbers of the system: those of Winsock, under the names that the C library of other systems has for them.

use std::ffi::c_int;

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
/// A send after the end of the connection.
pub const EPIPE: c_int = 10058;

pub const EAI_NONAME: c_int = 11001;

/// What Windows has not. Tests that need it are not run there.
pub const MSG_DONTWAIT: c_int = -1;
pub const RLIMIT_NOFILE: c_int = -1;
pub const RLIMIT_NPROC: c_int = -1;
pub const RLIMIT_AS: c_int = -1;
