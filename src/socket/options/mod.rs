//! Options of a socket. Options by number are here; options by name are in one module for each level, sorted
//! by name.
//!
//! Options that are numbers or switches are one line each in a table (`options!`). Options that are
//! structures, texts or durations have functions of their own. All of them count as calls in flight, so a
//! closed socket gives [`Error::Closed`]. What socket2 has a call for goes through socket2; it has no calls
//! for options by number.
#![allow(unsafe_code)]

use std::io;
use std::time::Duration;

use socket2::SockRef;

use super::Socket;
use crate::error::{Error, Result};
use crate::memory;
use crate::sys::{self, libc, syscall};

/// Declares a getter and a setter for each line of a table. `get, set: type;` calls the functions of socket2
/// with the same names. `get, set: type = LEVEL, OPTION;` is an option that socket2 has no call for. The
/// documentation of the line names the option.
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
            /// Fails as that method does, with `Os(EINVAL)` or [`Error::Overflow`](crate::Error::Overflow)
            /// for a number out of range, and with `Os(EPERM)` if the system requires privileges for it.
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
        // Only the check in `to_int` is needed here: socket2 would cut off a number that is too large.
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

/// The most bytes of an option, as in Python.
const LONGEST_OPTION: usize = 1024;

impl Socket {
    /// Makes a call of socket2 on the descriptor, which stays open until the call has returned.
    fn with_socket2<T>(&self, call: impl FnOnce(&SockRef<'_>) -> io::Result<T>) -> Result<T> {
        let descriptor = self.handle.enter()?;
        Ok(call(&SockRef::from(&descriptor))?)
    }

    /// Returns the value of an option that is an `int` (`socket.getsockopt(level, option)`).
    ///
    /// `level` is `SOL_SOCKET`, `IPPROTO_TCP` or another level. Fails with `Os(ENOPROTOOPT)` for an option
    /// that the socket does not have, and with `Os(EINVAL)` for an option that does not fit in an `int`.
    pub fn getsockopt(&self, level: i32, option: i32) -> Result<i32> {
        if sys::option_unit(level, option) != 1 {
            return Err(Error::Os(libc::EINVAL));
        }
        let mut value: libc::c_int = 0;
        let mut len = size_of_val(&value) as libc::socklen_t;
        let call = self.handle.enter()?;
        // SAFETY: `value` is writable for `len` bytes.
        unsafe { syscall!(getsockopt(call.fd(), level, option, (&raw mut value).cast(), &mut len)) }?;
        Ok(value)
    }

    /// Returns the value of an option as bytes (`socket.getsockopt(level, option, buflen)`). `buflen` is the
    /// most bytes to return, 1 to 1024.
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
        let mut value = memory::zeroed::<u8>(buflen)?;
        let call = self.handle.enter()?;
        // SAFETY: `value` is writable for `len` units, and `option_unit` is the size of the unit in which the
        // system counts this option.
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

    /// Sets an option from bytes (`socket.setsockopt(level, option, bytes)`). Fails as [`Socket::setsockopt`]
    /// does.
    ///
    /// The values of a few options contain the address of other memory, from which the system reads (`SO_ATTACH_FILTER`) or
    /// to which it writes (`IPT_SO_SET_REPLACE` of a privileged program). This memory must be valid for that: the compiler
    /// does not check it, as it does not check what a program writes to `/proc/self/mem`.
    pub fn setsockopt_bytes(&self, level: i32, option: i32, value: &[u8]) -> Result<()> {
        // SAFETY: `value` is a slice, which is readable for its length.
        unsafe { self.setsockopt_raw(level, option, value.as_ptr(), value.len()) }
    }

    /// Sets an option to NULL with a length in bytes (`socket.setsockopt(level, option, None, optlen)`),
    /// which `AF_ALG` needs. Fails as [`Socket::setsockopt`] does.
    pub fn setsockopt_null(&self, level: i32, option: i32, optlen: usize) -> Result<()> {
        // SAFETY: the value is NULL, which `setsockopt_raw` allows; the system checks it.
        unsafe { self.setsockopt_raw(level, option, std::ptr::null(), optlen) }
    }

    /// # Safety
    ///
    /// `value` is NULL or readable for `len` bytes.
    unsafe fn setsockopt_raw(&self, level: i32, option: i32, value: *const u8, len: usize) -> Result<()> {
        let len = libc::socklen_t::try_from(len)
            .map_err(|_| Error::overflow(format_args!("the option is too long: {len} bytes")))?;
        let call = self.handle.enter()?;
        // SAFETY: the caller promises that `value` is NULL or readable for `len` bytes.
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

    /// The system takes an `int`, and -1 has a meaning of its own for many options. So a number that is too
    /// large is an error.
    fn to_int(self) -> Result<i32> {
        i32::try_from(self)
            .map_err(|_| Error::overflow(format_args!("an option must be 0-2147483647, got {self}")))
    }
}

/// Converts a duration to whole units of `unit` nanoseconds. It is rounded up, so that a short time does not
/// become none.
fn whole(duration: Duration, unit: u128, what: &str) -> Result<i32> {
    let count = duration.as_nanos().div_ceil(unit);
    i32::try_from(count)
        .map_err(|_| Error::overflow(format_args!("{what} must be 0-2147483647, got {count}")))
}
