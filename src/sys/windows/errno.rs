//! The names and texts of error numbers.

use std::ffi::{CStr, c_int};

use windows_sys::Win32::Networking::WinSock as winsock;

macro_rules! errno_names {
    ($errno:expr, $($name:ident)*) => {
        $(if $errno == winsock::$name {
            return CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()).ok();
        })*
    };
}

/// Returns the name of an error of Winsock, such as "WSAECONNREFUSED", or `None` for another number.
pub(crate) fn errno_name(errno: c_int) -> Option<&'static CStr> {
    errno_names! { errno,
        WSAEACCES WSAEADDRINUSE WSAEADDRNOTAVAIL WSAEAFNOSUPPORT WSAEALREADY WSAEBADF WSAECANCELLED WSAECONNABORTED
        WSAECONNREFUSED WSAECONNRESET WSAEDESTADDRREQ WSAEDISCON WSAEDQUOT WSAEFAULT WSAEHOSTDOWN WSAEHOSTUNREACH
        WSAEINPROGRESS WSAEINTR WSAEINVAL WSAEINVALIDPROCTABLE WSAEINVALIDPROVIDER WSAEISCONN WSAELOOP WSAEMFILE
        WSAEMSGSIZE WSAENAMETOOLONG WSAENETDOWN WSAENETRESET WSAENETUNREACH WSAENOBUFS WSAENOMORE WSAENOPROTOOPT
        WSAENOTCONN WSAENOTEMPTY WSAENOTSOCK WSAEOPNOTSUPP WSAEPFNOSUPPORT WSAEPROCLIM WSAEPROTONOSUPPORT
        WSAEPROTOTYPE WSAEPROVIDERFAILEDINIT WSAEREFUSED WSAEREMOTE WSAESHUTDOWN WSAESOCKTNOSUPPORT WSAESTALE
        WSAETIMEDOUT WSAETOOMANYREFS WSAEUSERS WSAEWOULDBLOCK WSAHOST_NOT_FOUND WSANOTINITIALISED WSANO_DATA
        WSANO_RECOVERY WSASERVICE_NOT_FOUND WSASYSCALLFAILURE WSASYSNOTREADY WSATRY_AGAIN WSATYPE_NOT_FOUND
        WSAVERNOTSUPPORTED WSA_E_CANCELLED WSA_E_NO_MORE WSA_INVALID_HANDLE WSA_INVALID_PARAMETER
        WSA_NOT_ENOUGH_MEMORY WSA_OPERATION_ABORTED
    }
    None
}

/// Calls a function that makes a text of the system, which sets what `WSAGetLastError` returns. A program that asks for
/// the text of an error may ask for its number afterwards.
pub(crate) fn keeping_errno<T>(make: impl FnOnce() -> T) -> T {
    let before = crate::error::last_errno();
    let text = make();
    super::set_errno(before);
    text
}

/// Returns the text of an error of the resolver, which is the same for all, as in Python.
pub(crate) fn gai_strerror(_code: c_int) -> String {
    "getaddrinfo failed".to_owned()
}

/// Returns the text of an error of a look-up of hosts, which is the same for all, as in Python.
pub(crate) fn hstrerror(_code: c_int) -> String {
    "host not found".to_owned()
}

/// Returns a text of the system without the full stop and the line break at its end, as Python does.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_end_matches(|last: char| last == '.' || last.is_whitespace())
}
