//! The C functions for addresses of every family.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use crate::sys::libc::{self, ssize_t};

use super::tabi_addr;
use crate::address::{Address, RawAddress};
use crate::ffi::boundary::{boundary, bytes, copy_text, count, not_null, status, string};
use crate::resolve::check_port;

/// Makes an address from a struct sockaddr of `len` bytes. It is copied.
///
/// Returns 0. Errors: TABI_ERR_VALUE when `len` is more than 128.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_sockaddr(
    sockaddr: *const libc::sockaddr,
    len: usize,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes `len` readable bytes.
        let bytes = unsafe { bytes(sockaddr.cast(), len, "sockaddr") }?;
        let addr = not_null(addr, "addr")?;
        addr.write(RawAddress::from_bytes(bytes)?.into());
        Ok(())
    })
}

/// Returns the address in the form that functions of the system take.
///
/// It has `addr->len` bytes and is valid as long as `addr` is. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_sockaddr(addr: Option<&tabi_addr>) -> *const libc::sockaddr {
    addr.map_or(std::ptr::null(), |addr| addr.data.as_ptr().cast())
}

/// Returns the family of the address: AF_INET, AF_INET6, AF_UNIX and so on. It is AF_UNSPEC (0) when there is
/// no address.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addr_family(addr: Option<&tabi_addr>) -> c_int {
    boundary(|| Ok(not_null(addr, "addr")?.raw()?.family().as_raw()))
}

/// Writes the address to `text` for people to read, with a NUL at the end. It is what Python shows, such as
/// "('127.0.0.1', 80)" or "'/run/s'". tabi_addr_format() writes text that can be read back.
///
/// `size` is the size of `text` in bytes. Returns the length without the NUL. Errors: TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_text(addr: Option<&tabi_addr>, text: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let address = not_null(addr, "addr")?.decode()?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&address.repr(), text, size, "text") }
    })
}

/// Makes an address from text. No name is looked up.
///
/// `text` is one of:
/// - `192.0.2.1:80` or `[2001:db8::1]:80` (RFC 3986), where an IPv6 address may have a zone: the number or
///   the name of an interface (`[fe80::1%3]:80`, `[fe80::1%eth0]:80`).
/// - The same without a port: `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`, `fe80::1%eth0`.
/// - "unix:/run/s", a path; "unix:@name", an abstract name of Linux; or "unix:", no name. In a name, "\\"
///   is a backslash. "\n", "\r", "\t", "\0", "\xff" and "\u{1b}" are the characters and bytes that
///   tabi_addr_format() writes so, and a path that begins with "@" is written with "\x40".
///
/// `default_port`, 0 to 65535, is the port of a text that has none. With -1, the text must have one.
///
/// Returns 0. Errors: TABI_ERR_VALUE for any other text; TABI_ERR_OVERFLOW when `default_port` is not in
/// its range; TABI_ERR_OS when a unix path is too long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_from_text(
    text: *const c_char,
    default_port: c_int,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let text = unsafe { string(text, "text") }?;
        let addr = not_null(addr, "addr")?;
        let port = if default_port == -1 { None } else { Some(check_port(default_port.into())?) };
        addr.write(RawAddress::try_from(&Address::from_text(text, port)?)?.into());
        Ok(())
    })
}

/// Writes the address to `text`, with a NUL at the end, so that tabi_addr_from_text() makes an address of
/// it again that is equal (tabi_addr_equal()).
///
/// The text is `192.0.2.1:80`, `[2001:db8::1]:80`, `[fe80::1%3]:80`, `unix:/run/s` or `unix:@name`. IPv6
/// addresses are written as RFC 5952 says. When `with_port` is 0, the text of an internet address has
/// neither the port nor the brackets. `size` is the size of `text` in bytes. For internet addresses 64 are
/// always enough.
///
/// Returns the length without the NUL. Errors: TABI_ERR_TYPE for another family, which tabi_addr_text() can
/// show; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addr_format(
    addr: Option<&tabi_addr>,
    with_port: c_int,
    text: *mut c_char,
    size: usize,
) -> ssize_t {
    count(|| {
        let address = not_null(addr, "addr")?.decode()?;
        let written = if with_port == 0 { address.to_text_without_port() } else { address.to_text() };
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&written?, text, size, "text") }
    })
}
