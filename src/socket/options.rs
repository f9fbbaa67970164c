//! `getsockopt` and `setsockopt` by number.
#![allow(unsafe_code)]

use super::{Socket, create};
use crate::error::{Error, Result};

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
