//! Headers of the PROXY protocol in C. The functions that make them are here, and those that ask them in `get`.
#![allow(unsafe_code)]

mod get;
mod types;

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use crate::sys::libc::ssize_t;

use crate::address::Address;
use crate::error::Error;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, bytes, copy_bytes, count, give, not_null, status, take_back};
use crate::ffi::socket::{socket, tabi_sock};
use crate::proxy::{Header, Parser, Version};

pub use get::*;
pub use types::*;

/// A header of the PROXY protocol: what a proxy tells a server about the client on whose behalf it connects.
///
/// A server reads such headers when its options say so (`proxy_protocol`), and tabi_request_proxy_header()
/// returns the one of a client. Any number of threads may ask a header at the same time. Nobody may use it
/// while tabi_proxy_header_add_tlv() changes it.
#[cfg_attr(all(), repr(transparent))]
pub struct tabi_proxy_header(pub(crate) Header);

impl tabi_proxy_header {
    pub(crate) fn lend(header: &Header) -> *const tabi_proxy_header {
        ptr::from_ref(header).cast()
    }
}

/// Makes a header.
///
/// `version` is 1 or 2. `source` is the address of the client, and `destination` the address to which the
/// client has connected. Both are of one family: IPv4 or IPv6, in version 2 also unix. Both may be NULL. The
/// header then says nothing about a client, so that the server goes on with the real addresses: it is
/// "UNKNOWN" in version 1, and LOCAL in version 2, for example for a health check.
///
/// Returns 0 and a header, which tabi_proxy_header_free() frees. Errors:
/// - TABI_ERR_TYPE: the version cannot carry these addresses.
/// - TABI_ERR_VALUE: there is no such version, or a unix address has more than 108 bytes.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_proxy_header_new(
    version: c_int,
    source: Option<&tabi_addr>,
    destination: Option<&tabi_addr>,
    out: Option<&mut MaybeUninit<*mut tabi_proxy_header>>,
) -> c_int {
    status(|| {
        let out = not_null(out, "out")?;
        let version = proxy_version("version", version)?;
        let address = |addr: &tabi_addr| -> Outcome<Address> { Ok(addr.raw()?.decode()) };
        let header = match (source, destination) {
            (None, None) if version == Version::V1 => Header::unknown(version),
            (None, None) => Header::local(),
            (source, destination) => {
                let source = address(not_null(source, "source")?)?;
                Header::new(version, source, address(not_null(destination, "destination")?)?)?
            }
        };
        out.write(give(tabi_proxy_header(header))?);
        Ok(())
    })
}

/// Adds a value to a header of version 2.
///
/// `type` is 0 to 255: one of the TABI_PP2_ constants, or a type of your own (0xE0 to 0xEF are free for
/// that). `value` has `len` bytes, which are copied. For TABI_PP2_TYPE_CRC32C they are not used and may be
/// left out (NULL, 0): the checksum is computed when the header is written or sent.
///
/// Returns 0. Errors:
/// - TABI_ERR_TYPE: the header is of version 1, which carries no values.
/// - TABI_ERR_VALUE: the type is none, the type does not allow this value, or the header becomes longer than
///   65551 bytes. The header is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_proxy_header_add_tlv(
    header: Option<&mut tabi_proxy_header>,
    r#type: c_int,
    value: *const c_void,
    len: usize,
) -> c_int {
    status(|| {
        let header = &mut not_null(header, "header")?.0;
        let tlv_type = u8::try_from(r#type)
            .map_err(|_| Error::value(format_args!("type must be 0-255, got {}", r#type)))?;
        // SAFETY: the caller passes `len` readable bytes.
        let value = unsafe { bytes(value, len, "value") }?;
        let computed = c_int::from(tlv_type) == TABI_PP2_TYPE_CRC32C;
        Ok(header.add_tlv(tlv_type, if computed { &[0; 4] } else { value })?)
    })
}

/// Writes the bytes of a header, which must be the first ones of the connection.
///
/// Returns their number, at most 65551. Errors:
/// - TABI_ERR_TOO_SMALL: they are more than `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_proxy_header_write(
    header: Option<&tabi_proxy_header>,
    buffer: *mut c_void,
    size: usize,
) -> ssize_t {
    count(|| {
        let written = not_null(header, "header")?.0.to_bytes()?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_bytes(&written, buffer, size, "buffer") }
    })
}

/// Sends a header to the server that a stream is connected to. It must be the first thing that is sent, also
/// before a TLS handshake.
///
/// Returns 0. The errors are those of tabi_sendall().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_send_proxy_header(
    sk: Option<&tabi_sock>,
    header: Option<&tabi_proxy_header>,
) -> c_int {
    status(|| {
        let (socket, header) = (socket(sk)?, not_null(header, "header")?);
        Ok(socket.send_proxy_header(&header.0).map_err(|partial| partial.error)?)
    })
}

/// Reads a header from the first bytes of a connection, for programs that accept clients without a server of
/// this library.
///
/// `version` is the version that is allowed, or 0 for both. Returns the number of bytes that the header has,
/// and the header, which tabi_proxy_header_free() frees. Returns 0 and no header when more bytes are needed;
/// call the function again with all bytes when there are more. Errors:
/// - TABI_ERR_VALUE: the bytes are not the beginning of a valid header, so that the connection should be closed; or
///   there is no such version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_proxy_header_read(
    version: c_int,
    data: *const c_void,
    len: usize,
    out: Option<&mut MaybeUninit<*mut tabi_proxy_header>>,
) -> ssize_t {
    count(|| {
        let out = not_null(out, "out")?;
        let mut parser =
            if version == 0 { Parser::new() } else { Parser::only(proxy_version("version", version)?) };
        // SAFETY: the caller passes `len` readable bytes.
        let (used, header) = parser.feed(unsafe { bytes(data, len, "data") }?)?;
        let Some(header) = header else { return Ok(0) };
        out.write(give(tabi_proxy_header(header))?);
        Ok(used)
    })
}

/// Frees a header of tabi_proxy_header_new() or tabi_proxy_header_read(). NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_proxy_header_free(header: *mut tabi_proxy_header) {
    // SAFETY: the caller gives the header up.
    unsafe { take_back(header) }
}

pub(crate) fn proxy_version(name: &str, number: c_int) -> Outcome<Version> {
    match number {
        1 => Ok(Version::V1),
        2 => Ok(Version::V2),
        other => Err(Error::value(format_args!("{name} must be 1 or 2, got {other}")).into()),
    }
}
