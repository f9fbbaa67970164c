//! The names of `errno` numbers.

use std::ffi::{CStr, c_int};

/// Makes the function that contains this macro return the name, if the number is one of these.
macro_rules! errno_names {
    ($errno:expr, $($name:ident)*) => {
        $(if $errno == libc::$name {
            return CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()).ok();
        })*
    };
}
#[allow(unused_imports, reason = "not every system has names of its own")]
pub(in crate::sys) use errno_names;

/// Returns the name of an `errno`, such as "ECONNREFUSED", or `None` for a number that the system does not have.
pub(crate) fn errno_name(errno: c_int) -> Option<&'static CStr> {
    errno_names! { errno,
        E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBADMSG
        EBUSY ECANCELED ECHILD ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ
        EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTDOWN EHOSTUNREACH EIDRM EILSEQ EINPROGRESS
        EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE EMULTIHOP
        ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT ENOEXEC
        ENOLCK ENOLINK ENOMEM ENOMSG ENOPROTOOPT ENOSPC ENOSYS ENOTCONN ENOTDIR ENOTEMPTY
        ENOTSOCK ENOTTY ENXIO EOPNOTSUPP EOVERFLOW EPERM EPFNOSUPPORT EPIPE EPROTO
        EPROTONOSUPPORT EPROTOTYPE ERANGE EREMOTE EROFS ESHUTDOWN ESOCKTNOSUPPORT ESPIPE
        ESRCH ESTALE ETIMEDOUT ETOOMANYREFS ETXTBSY EUSERS EXDEV
    }
    crate::sys::system::own_errno_name(errno)
}
