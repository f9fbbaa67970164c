//! The names and texts of `errno` numbers.

use std::ffi::{CStr, c_char, c_int};

/// Makes the function that contains this macro return the name, if the number is one of these.
macro_rules! errno_names {
    ($errno:expr, $($name:ident)*) => {
        const NUMBERS: &[c_int] = &[$(libc::$name),*];
        const NAMES: &str = concat!($(stringify!($name), "\0"),*);
        if let Some(index) = NUMBERS.iter().position(|number| *number == $errno) {
            return $crate::sys::unix::errno::nth_name(NAMES, index);
        }
    };
}
#[allow(unused_imports, reason = "not every system has names of its own")]
pub(in crate::sys) use errno_names;

/// One name of a text that has many. A list of them would have a pointer to each, which the loader would have to set.
pub(in crate::sys) fn nth_name(names: &'static str, index: usize) -> Option<&'static CStr> {
    let name = names.split_inclusive('\0').nth(index)?;
    CStr::from_bytes_with_nul(name.as_bytes()).ok()
}

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

/// Calls a function that makes a text of the system. It does not change `errno` here.
pub(crate) fn keeping_errno<T>(make: impl FnOnce() -> T) -> T {
    make()
}

/// Returns the text of an `EAI_*` number of the resolver.
pub(crate) fn gai_strerror(code: c_int) -> String {
    // SAFETY: gai_strerror returns a static string for every number.
    text(unsafe { libc::gai_strerror(code) })
}

/// Returns the text of an `h_errno` number.
pub(crate) fn hstrerror(code: c_int) -> String {
    unsafe extern "C" {
        fn hstrerror(code: c_int) -> *const c_char;
    }
    // SAFETY: hstrerror returns a static string for every number.
    text(unsafe { hstrerror(code) })
}

fn text(message: *const c_char) -> String {
    if message.is_null() {
        return "Unknown error".to_owned();
    }
    // SAFETY: the message is not NULL, and messages of the C library are static strings that end with a NUL.
    unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned()
}

/// Returns a text of the system as Python shows it.
pub(crate) fn trimmed(text: &str) -> &str {
    text
}
