//! Options of a socket: by number here, by name in one module a level, sorted by name.
//!
//! Plain numbers and switches are one line each in a table (`options!`). What is a structure, a text or a
//! duration has functions of its own. All pass through the in-flight guard, so that a closed socket
//! gives [`Error::Closed`].
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use super::{Socket, create};
use crate::error::{Error, Result};

/// Declares a getter and a setter for each line `get, set: type = OPTION;` of a level's table. The
/// line's documentation names the option.
macro_rules! options {
    ($level:expr; $($(#[doc = $text:literal])+ $get:ident, $set:ident: $value:ty = $option:expr;)+) => {
        impl $crate::socket::Socket {$(
            $(#[doc = $text])+
            ///
            /// Fails with [`Error::Closed`](crate::Error::Closed), and with `Os(ENOPROTOOPT)` or `Os(EOPNOTSUPP)`
            /// on a socket that has no such option.
            pub fn $get(&self) -> $crate::error::Result<$value> {
                <$value as $crate::socket::options::Value>::get(self, $level, $option)
            }

            #[doc = concat!("Sets what [`Socket::", stringify!($get), "`](crate::Socket::", stringify!($get), ") returns.")]
            ///
            /// Fails as that does, with `Os(EINVAL)` or [`Error::Overflow`](crate::Error::Overflow) for a number
            /// out of range, and with `Os(EPERM)` where the system asks for privileges.
            pub fn $set(&self, value: $value) -> $crate::error::Result<()> {
                <$value as $crate::socket::options::Value>::set(value, self, $level, $option)
            }
        )+}
    };
}

mod ip;
mod ipv6;
mod multicast;
mod socket;
mod source_multicast;
mod tcp;
mod udp;
mod unix;

pub use multicast::MulticastInterface;
pub use tcp::TcpKeepalive;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use unix::Credentials;

/// The most bytes that an option can have, as in Python.
const LONGEST_OPTION: usize = 1024;

impl Socket {
    /// The value of an option that is an `int` (`socket.getsockopt(level, option)`).
    ///
    /// Fails with `Os(ENOPROTOOPT)` for an option that the socket does not have.
    pub fn getsockopt(&self, level: i32, option: i32) -> Result<i32> {
        let call = self.handle.enter()?;
        create::int_option(call.fd(), level, option)
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
        let mut value = vec![0u8; buflen];
        let mut len = buflen as libc::socklen_t;
        let call = self.handle.enter()?;
        // SAFETY: `value` has `len` bytes.
        let status =
            unsafe { libc::getsockopt(call.fd(), level, option, value.as_mut_ptr().cast(), &mut len) };
        if status != 0 {
            return Err(Error::last_os());
        }
        value.truncate(len as usize);
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
        match unsafe { libc::setsockopt(call.fd(), level, option, value.cast(), len) } {
            0 => Ok(()),
            _ => Err(Error::last_os()),
        }
    }
}

/// A type that an `int` option can have.
trait Value: Sized {
    fn get(socket: &Socket, level: i32, option: i32) -> Result<Self>;
    fn set(self, socket: &Socket, level: i32, option: i32) -> Result<()>;
}

impl Value for bool {
    fn get(socket: &Socket, level: i32, option: i32) -> Result<Self> {
        Ok(socket.getsockopt(level, option)? != 0)
    }

    fn set(self, socket: &Socket, level: i32, option: i32) -> Result<()> {
        socket.setsockopt(level, option, self.into())
    }
}

impl Value for i32 {
    fn get(socket: &Socket, level: i32, option: i32) -> Result<Self> {
        socket.getsockopt(level, option)
    }

    fn set(self, socket: &Socket, level: i32, option: i32) -> Result<()> {
        socket.setsockopt(level, option, self)
    }
}

impl Value for u32 {
    fn get(socket: &Socket, level: i32, option: i32) -> Result<Self> {
        Ok(socket.getsockopt(level, option)? as u32)
    }

    /// The system takes an `int`, and many options take -1 for "your own choice": too large is no such wish.
    fn set(self, socket: &Socket, level: i32, option: i32) -> Result<()> {
        let value = i32::try_from(self)
            .map_err(|_| Error::overflow(format!("an option must be 0-2147483647, got {self}")))?;
        socket.setsockopt(level, option, value)
    }
}

/// # Safety
///
/// The type is a C structure of plain numbers: any bytes are a value of it.
unsafe trait Plain: Copy {}

// SAFETY: all of them are structures of integers.
unsafe impl Plain for libc::linger {}
// SAFETY: as above.
unsafe impl Plain for libc::timeval {}
// SAFETY: as above.
unsafe impl Plain for libc::in_addr {}
// SAFETY: as above.
unsafe impl Plain for u64 {}

impl Socket {
    fn plain_option<T: Plain>(&self, level: i32, option: i32) -> Result<T> {
        let mut value = MaybeUninit::<T>::zeroed();
        let mut len = size_of::<T>() as libc::socklen_t;
        let call = self.handle.enter()?;
        // SAFETY: `value` has `len` bytes.
        let status =
            unsafe { libc::getsockopt(call.fd(), level, option, value.as_mut_ptr().cast(), &mut len) };
        match status {
            // SAFETY: any bytes are a value of a plain type, and all are initialised.
            0 => Ok(unsafe { value.assume_init() }),
            _ => Err(Error::last_os()),
        }
    }

    fn set_plain_option<T: Plain>(&self, level: i32, option: i32, value: &T) -> Result<()> {
        // SAFETY: the value is readable for its size.
        unsafe { self.setsockopt_raw(level, option, std::ptr::from_ref(value).cast(), size_of::<T>()) }
    }
}

/// Checks a name that the system would otherwise cut short.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn check_text(text: &[u8], most: usize, what: &str) -> Result<()> {
    if text.contains(&0) {
        return Err(Error::value(format!("{what} must not contain a NUL byte")));
    }
    if text.len() > most {
        return Err(Error::value(format!("{what} must be at most {most} bytes, got {}", text.len())));
    }
    Ok(())
}
