//! What a header says.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use super::{TABI_PP2_SUBTYPE_SSL_KEY_ALG, TABI_PP2_SUBTYPE_SSL_VERSION, tabi_proxy_header};
use crate::address::{Address, RawAddress};
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{Outcome, boundary, not_null, status};
use crate::proxy::Header;

/// Returns the version of a header: 1 or 2.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_proxy_header_version(header: Option<&tabi_proxy_header>) -> c_int {
    boundary(|| Ok(not_null(header, "header")?.0.version() as c_int))
}

/// Returns 1 when the proxy has made the connection for itself, for example for a health check (LOCAL), and 0
/// when it has made it for a client.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_proxy_header_is_local(header: Option<&tabi_proxy_header>) -> c_int {
    boundary(|| Ok(not_null(header, "header")?.0.is_local().into()))
}

/// Writes the address of the client. Its `len` is 0 when the header does not say it (LOCAL, "UNKNOWN",
/// AF_UNSPEC). Returns 0. Errors:
/// - TABI_ERR_OS: this system has no such long unix paths.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_proxy_header_source(
    header: Option<&tabi_proxy_header>,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| write_address(header, Header::source, addr))
}

/// Writes the address to which the client has connected, as tabi_proxy_header_source() does. Returns 0.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_proxy_header_destination(
    header: Option<&tabi_proxy_header>,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> c_int {
    status(|| write_address(header, Header::destination, addr))
}

fn write_address(
    header: Option<&tabi_proxy_header>,
    which: fn(&Header) -> &Address,
    addr: Option<&mut MaybeUninit<tabi_addr>>,
) -> Outcome {
    let (header, addr) = (not_null(header, "header")?, not_null(addr, "addr")?);
    addr.write(RawAddress::try_from(which(&header.0))?.into());
    Ok(())
}

/// Returns the first value of this type, or NULL when the header does not carry one, and for NULL.
///
/// `type` is one of the TABI_PP2_ constants or another type from 0 to 255. A TABI_PP2_SUBTYPE_SSL_ is looked
/// for inside of TABI_PP2_TYPE_SSL. `len` gets the number of bytes, or 0. It may be NULL. The bytes belong to
/// the header. They are not a string: they may contain NUL, and do not end with it.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_proxy_header_tlv(
    header: Option<&tabi_proxy_header>,
    r#type: c_int,
    len: Option<&mut MaybeUninit<usize>>,
) -> *const c_void {
    let value = header.zip(u8::try_from(r#type).ok()).and_then(|(header, tlv_type)| {
        let of_ssl = (TABI_PP2_SUBTYPE_SSL_VERSION..=TABI_PP2_SUBTYPE_SSL_KEY_ALG).contains(&r#type);
        if of_ssl { header.0.ssl()?.tlv(tlv_type) } else { header.0.tlv(tlv_type) }
    });
    lend(value, len)
}

/// Returns the value with this index, from 0 on, in the order of the header. It is NULL behind the last one,
/// and for NULL.
///
/// `type` gets the type of the value. `len` gets the number of its bytes, or 0. Both may be NULL. The bytes
/// belong to the header.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_proxy_header_tlv_at(
    header: Option<&tabi_proxy_header>,
    index: usize,
    r#type: Option<&mut MaybeUninit<c_int>>,
    len: Option<&mut MaybeUninit<usize>>,
) -> *const c_void {
    let tlv = header.and_then(|header| header.0.tlvs().nth(index));
    if let (Some(out), Some((tlv_type, _))) = (r#type, tlv) {
        out.write(tlv_type.into());
    }
    lend(tlv.map(|(_, value)| value), len)
}

fn lend(value: Option<&[u8]>, len: Option<&mut MaybeUninit<usize>>) -> *const c_void {
    if let Some(len) = len {
        len.write(value.map_or(0, <[u8]>::len));
    }
    value.map_or(ptr::null(), |value| value.as_ptr().cast())
}

/// Says what the proxy knows of the client's TLS. tabi_proxy_header_tlv() returns the details.
///
/// `client` gets the bits TABI_PP2_CLIENT_. `verify` gets 0 when the client has shown a certificate that the
/// proxy has verified, and another number otherwise. Returns 1, or 0 when the header does not say anything
/// about TLS; nothing is written then.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_proxy_header_ssl(
    header: Option<&tabi_proxy_header>,
    client: Option<&mut MaybeUninit<c_int>>,
    verify: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    boundary(|| {
        let header = not_null(header, "header")?;
        let (client, verify) = (not_null(client, "client")?, not_null(verify, "verify")?);
        let Some(ssl) = header.0.ssl() else { return Ok(0) };
        client.write(ssl.client().into());
        verify.write(ssl.verify());
        Ok(1)
    })
}
