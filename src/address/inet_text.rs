//! Internet addresses as text and as packed bytes; conversion of byte order.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr};

use crate::c_string::{c_string, quoted};
use crate::constants::{AF_INET, AF_INET6, AddressFamily};
use crate::error::{Error, Result};
use crate::sys::{inet as c, libc};

/// Returns the four bytes of an IPv4 address (`socket.inet_aton`). The text may have every form that the C library
/// accepts: `"127.0.0.1"`, but also `"127.1"`, `"0x7f.1"` and octal parts. [`inet_pton`] accepts only the first form.
///
/// Fails with [`Error::OsMessage`] for other text, and with [`Error::Value`] when the text contains a NUL byte.
///
/// ```
/// assert_eq!(tabi::inet_aton("127.1")?, [127, 0, 0, 1]);
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn inet_aton(text: impl AsRef<[u8]>) -> Result<[u8; 4]> {
    let text = text.as_ref();
    let name = c_string(text, "an address")?;
    let mut packed = [0; 4];
    // SAFETY: the text is NUL-terminated, and an in_addr is four bytes.
    match unsafe { c::inet_aton(name.as_ptr(), &mut packed) } {
        0 => Err(illegal(text, "inet_aton")),
        _ => Ok(packed),
    }
}

/// Returns the text of a packed IPv4 address (`socket.inet_ntoa`).
///
/// Fails with [`Error::OsMessage`] when `packed` does not have 4 bytes.
pub fn inet_ntoa(packed: &[u8]) -> Result<String> {
    let Ok(bytes) = <[u8; 4]>::try_from(packed) else {
        return Err(Error::OsMessage(
            format!("packed IP wrong length for inet_ntoa: must be 4 bytes, got {}", packed.len()).into(),
        ));
    };
    Ok(Ipv4Addr::from(bytes).to_string())
}

/// Returns the bytes of an address of `AF_INET` (4 bytes) or `AF_INET6` (16 bytes) from its text (`socket.inet_pton`).
///
/// Fails with [`Error::OsMessage`] for other text, with `Os(EAFNOSUPPORT)` for another family, and with
/// [`Error::Value`] when the text contains a NUL byte.
pub fn inet_pton(family: AddressFamily, text: impl AsRef<[u8]>) -> Result<Vec<u8>> {
    let text = text.as_ref();
    let Some(len) = packed_len(family) else {
        return Err(Error::Os(libc::EAFNOSUPPORT));
    };
    let name = c_string(text, "an address")?;
    let mut packed = [0u8; 16];
    // SAFETY: the text is NUL-terminated, and 16 bytes are enough for both families.
    match unsafe { c::inet_pton(family.as_raw(), name.as_ptr(), packed.as_mut_ptr().cast()) } {
        0 => Err(illegal(text, "inet_pton")),
        1 => Ok(packed[..len].to_vec()),
        _ => Err(Error::last_os()),
    }
}

/// Returns the text of a packed address of `AF_INET` or `AF_INET6` (`socket.inet_ntop`).
///
/// Fails with [`Error::Value`] for another family, and when `packed` has not the 4 or 16 bytes of its family.
pub fn inet_ntop(family: AddressFamily, packed: &[u8]) -> Result<String> {
    let len =
        packed_len(family).ok_or_else(|| Error::value(format_args!("unknown address family {family}")))?;
    if packed.len() != len {
        return Err(Error::value(format_args!(
            "invalid length of packed IP address string: must be {len} bytes, got {}",
            packed.len()
        )));
    }
    // 46 is INET6_ADDRSTRLEN, the longest text with its NUL.
    let mut text = [0u8; 46];
    // SAFETY: the family's bytes are readable, and the text has the stated size.
    let written = unsafe {
        c::inet_ntop(
            family.as_raw(),
            packed.as_ptr().cast(),
            text.as_mut_ptr().cast(),
            text.len() as libc::socklen_t,
        )
    };
    if written.is_null() {
        return Err(Error::last_os());
    }
    let bytes = CStr::from_bytes_until_nul(&text).map_or(&text[..], CStr::to_bytes);
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Returns the text of an address as the C library and Python write it. Rust writes some addresses differently, such as
/// `::1.2.3.4`.
pub(crate) fn ip_text(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => inet_ntop(AF_INET6, &v6.octets()).unwrap_or_else(|_| v6.to_string()),
    }
}

fn packed_len(family: AddressFamily) -> Option<usize> {
    match family {
        AF_INET => Some(4),
        AF_INET6 => Some(16),
        _ => None,
    }
}

fn illegal(text: &[u8], function: &str) -> Error {
    Error::OsMessage(format!("illegal IP address string passed to {function}: {}", quoted(text)).into())
}

/// Converts 16 bits from the host's to the network's byte order (`socket.htons`).
pub const fn htons(value: u16) -> u16 {
    value.to_be()
}

/// Converts 32 bits from the host's to the network's byte order (`socket.htonl`).
pub const fn htonl(value: u32) -> u32 {
    value.to_be()
}

/// Converts 16 bits from the network's to the host's byte order (`socket.ntohs`).
pub const fn ntohs(value: u16) -> u16 {
    u16::from_be(value)
}

/// Converts 32 bits from the network's to the host's byte order (`socket.ntohl`).
pub const fn ntohl(value: u32) -> u32 {
    u32::from_be(value)
}
