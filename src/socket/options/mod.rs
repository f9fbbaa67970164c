//! Options of a socket: by number here, by name in one module a level, sorted by name.
//!
//! Plain numbers and switches are one line each in a table (`options!`). What is a structure, a text or a
//! duration has functions of its own. All pass through the in-flight guard, so that a closed socket
//! gives [`Error::Closed`]. What socket2 has a call for goes through it; it has none for options by number.
#![allow(unsafe_code)]

use std::io;
use std::time::Duration;

use socket2::SockRef;

use super::Socket;
use crate::error::{Error, Result};
use crate::sys::{self, syscall};

/// Declares a getter and a setter for each line of a table. `get, set: type;` are calls of socket2 with the same names,
/// `get, set: type = LEVEL, OPTION;` an option that socket2 has no call for. The line's documentation names the option.
macro_rules! options {
    ($($(#[doc = $text:literal])+ $get:ident, $set:ident: $value:ty $(= $level:expr, $option:expr)?;)+) => {
        impl $crate::socket::Socket {$(
            $(#[doc = $text])+
            ///
            /// Fails with [`Error::Closed`](crate::Error::Closed), and with `Os(ENOPROTOOPT)` or `Os(EOPNOTSUPP)`
            /// on a socket that has no such option.
            pub fn $get(&self) -> $crate::error::Result<$value> {
                options!(@get self, $get $(, $value, $level, $option)?)
            }

            #[doc = concat!("Sets what [`Socket::", stringify!($get), "`](crate::Socket::", stringify!($get), ") returns.")]
            ///
            /// Fails as that does, with `Os(EINVAL)` or [`Error::Overflow`](crate::Error::Overflow) for a number
            /// out of range, and with `Os(EPERM)` where the system asks for privileges.
            pub fn $set(&self, value: $value) -> $crate::error::Result<()> {
                let number = $crate::socket::options::Value::to_int(value)?;
                options!(@set self, $set, value, number $(, $level, $option)?)
            }
        )+}
    };
    (@get $socket:expr, $get:ident) => {
        $socket.with_socket2(|socket| socket.$get())
    };
    (@get $socket:expr, $get:ident, $value:ty, $level:expr, $option:expr) => {
        $socket.getsockopt($level, $option).map(<$value as $crate::socket::options::Value>::from_int)
    };
    (@set $socket:expr, $set:ident, $value:ident, $number:ident) => {{
        // It was checked: socket2 would cut a number that is too large.
        let _ = $number;
        $socket.with_socket2(|socket| socket.$set($value))
    }};
    (@set $socket:expr, $set:ident, $value:ident, $number:ident, $level:expr, $option:expr) => {
        $socket.setsockopt($level, $option, $number)
    };
}

mod ip;
mod ipv6;
#[cfg(target_os = "linux")]
mod linux;
mod multicast;
mod socket;
mod tcp;

pub use multicast::MulticastInterface;
pub use tcp::TcpKeepalive;

/// The most bytes that an option can have, as in Python.
const LONGEST_OPTION: usize = 1024;

impl Socket {
    /// Makes a call of socket2's on the descriptor while a close has to wait.
    fn with_socket2<T>(&self, call: impl FnOnce(&SockRef<'_>) -> io::Result<T>) -> Result<T> {
        let descriptor = self.handle.enter()?;
        Ok(call(&SockRef::from(&descriptor))?)
    }

    /// The value of an option that is an `int` (`socket.getsockopt(level, option)`).
    ///
    /// Fails with `Os(ENOPROTOOPT)` for an option that the socket does not have, with `Os(EINVAL)` for one that no `int` holds.
    pub fn getsockopt(&self, level: i32, option: i32) -> Result<i32> {
        if sys::option_unit(level, option) != 1 {
            return Err(Error::Os(libc::EINVAL));
        }
        let mut value: libc::c_int = 0;
        let mut len = size_of_val(&value) as libc::socklen_t;
        let call = self.handle.enter()?;
        // SAFETY: `value` has `len` bytes.
        unsafe { syscall!(getsockopt(call.fd(), level, option, (&raw mut value).cast(), &mut len)) }?;
        Ok(value)
    }

    /// The value of an option as bytes, at most `buflen` of them, 1 to 1024
    /// (`socket.getsockopt(level, option, buflen)`).
    ///
    /// Fails with [`Error::OsMessage`] for another `buflen`, and as [`Socket::getsockopt`] does.
    pub fn getsockopt_bytes(&self, level: i32, option: i32, buflen: usize) -> Result<Vec<u8>> {
        if !(1..=LONGEST_OPTION).contains(&buflen) {
            return Err(Error::OsMessage(
                format!("getsockopt buflen must be 1-{LONGEST_OPTION}, got {buflen}").into(),
            ));
        }
        let unit = sys::option_unit(level, option);
        let mut len = (buflen / unit) as libc::socklen_t;
        if len == 0 {
            return Err(Error::Os(libc::EINVAL));
        }
        let mut value = vec![0u8; buflen];
        let call = self.handle.enter()?;
        // SAFETY: `value` has room for `len` of what the system counts the option in.
        unsafe { syscall!(getsockopt(call.fd(), level, option, value.as_mut_ptr().cast(), &mut len)) }?;
        value.truncate((len as usize).saturating_mul(unit));
        Ok(value)
    }

    /// Sets an option that is an `int` (`socket.setsockopt(level, option, value)`).
    ///
    /// Fails with [`Error::Os`], such as `ENOPROTOOPT` or `EINVAL`.
    pub fn setsockopt(&self, level: i32, option: i32, value: i32) -> Result<()> {
        self.setsockopt_bytes(level, option, &value.to_ne_bytes())
    }

    /// Sets an option from bytes (`socket.setsockopt(level, option, bytes)`). Errors as in [`Socket::setsockopt`].
    pub fn setsockopt_bytes(&self, level: i32, option: i32, value: &[u8]) -> Result<()> {
        // SAFETY: the slice is readable for its length.
        unsafe { self.setsockopt_raw(level, option, value.as_ptr(), value.len()) }
    }

    /// Passes NULL and a length (`socket.setsockopt(level, option, None, optlen)`), as `AF_ALG` wants it.
    pub fn setsockopt_null(&self, level: i32, option: i32, optlen: usize) -> Result<()> {
        // SAFETY: the system checks the length of NULL itself; no memory is lent.
        unsafe { self.setsockopt_raw(level, option, std::ptr::null(), optlen) }
    }

    /// # Safety
    ///
    /// `value` is NULL or readable for `len` bytes.
    unsafe fn setsockopt_raw(&self, level: i32, option: i32, value: *const u8, len: usize) -> Result<()> {
        let len = libc::socklen_t::try_from(len)
            .map_err(|_| Error::overflow(format!("the option is too long: {len} bytes")))?;
        let call = self.handle.enter()?;
        // SAFETY: the caller vouches for the value.
        unsafe { syscall!(setsockopt(call.fd(), level, option, value.cast(), len)) }.map(drop)
    }
}

/// A type that an `int` option can have.
trait Value: Sized {
    fn from_int(value: i32) -> Self;
    fn to_int(self) -> Result<i32>;
}

impl Value for bool {
    fn from_int(value: i32) -> Self {
        value != 0
    }

    fn to_int(self) -> Result<i32> {
        Ok(self.into())
    }
}

impl Value for i32 {
    fn from_int(value: i32) -> Self {
        value
    }

    fn to_int(self) -> Result<i32> {
        Ok(self)
    }
}

impl Value for u32 {
    fn from_int(value: i32) -> Self {
        value as u32
    }

    /// The system takes an `int`, and many options take -1 for "your own choice": too large is no such wish.
    fn to_int(self) -> Result<i32> {
        i32::try_from(self)
            .map_err(|_| Error::overflow(format!("an option must be 0-2147483647, got {self}")))
    }
}

/// A duration in whole units of so many nanoseconds, rounded up so that a little does not become none.
fn whole(duration: Duration, unit: u128, what: &str) -> Result<i32> {
    let count = duration.as_nanos().div_ceil(unit);
    i32::try_from(count).map_err(|_| Error::overflow(format!("{what} must be 0-2147483647, got {count}")))
}
