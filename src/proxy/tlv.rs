//! What a header of version 2 carries behind the addresses: values, each with a type and a length.

use super::not_valid;
use crate::error::Result;

/// The type and the length in front of each value.
pub(super) const HEAD: usize = 3;
/// The bytes of a checksum.
pub(super) const CHECKSUM_SIZE: usize = 4;
const LONGEST_UNIQUE_ID: usize = 128;

/// The protocol that client and proxy have agreed on, as in the ALPN extension of TLS.
pub const PP2_TYPE_ALPN: u8 = 0x01;
/// The host name that the client has asked for, in UTF-8.
pub const PP2_TYPE_AUTHORITY: u8 = 0x02;
/// The CRC-32C of the header: 4 bytes.
pub const PP2_TYPE_CRC32C: u8 = 0x03;
/// Bytes without a meaning.
pub const PP2_TYPE_NOOP: u8 = 0x04;
/// What identifies the connection: at most 128 bytes.
pub const PP2_TYPE_UNIQUE_ID: u8 = 0x05;
/// What the proxy knows of the client's TLS: [`Ssl`].
pub const PP2_TYPE_SSL: u8 = 0x20;
/// Inside of [`PP2_TYPE_SSL`]: the version of TLS, such as `TLSv1.3`.
pub const PP2_SUBTYPE_SSL_VERSION: u8 = 0x21;
/// Inside of [`PP2_TYPE_SSL`]: the common name of the client's certificate, in UTF-8.
pub const PP2_SUBTYPE_SSL_CN: u8 = 0x22;
/// Inside of [`PP2_TYPE_SSL`]: the name of the cipher.
pub const PP2_SUBTYPE_SSL_CIPHER: u8 = 0x23;
/// Inside of [`PP2_TYPE_SSL`]: the algorithm with which the certificate of the proxy was signed.
pub const PP2_SUBTYPE_SSL_SIG_ALG: u8 = 0x24;
/// Inside of [`PP2_TYPE_SSL`]: the algorithm of the key of the proxy's certificate.
pub const PP2_SUBTYPE_SSL_KEY_ALG: u8 = 0x25;
/// The name of the network namespace of the client.
pub const PP2_TYPE_NETNS: u8 = 0x30;

/// The bit of [`Ssl::client`] for a client that has connected over TLS.
pub const PP2_CLIENT_SSL: u8 = 0x01;
/// The bit of [`Ssl::client`] for a client that has shown a certificate on this connection.
pub const PP2_CLIENT_CERT_CONN: u8 = 0x02;
/// The bit of [`Ssl::client`] for a client that has shown a certificate in this TLS session.
pub const PP2_CLIENT_CERT_SESS: u8 = 0x04;

/// The types and values of TLVs, in their order.
#[derive(Debug, Clone)]
pub struct Tlvs<'a> {
    rest: &'a [u8],
}

impl<'a> Tlvs<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Tlvs { rest: bytes }
    }

    /// What the iterator could not read as a TLV. It is empty after the last one if all are well-formed.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[tlv_type, high, low], rest) = self.rest.split_first_chunk()?;
        let (value, rest) = rest.split_at_checked(u16::from_be_bytes([high, low]).into())?;
        self.rest = rest;
        Some((tlv_type, value))
    }
}

/// What a proxy knows of the TLS between itself and the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ssl<'a> {
    client: u8,
    verify: u32,
    tlvs: &'a [u8],
}

impl<'a> Ssl<'a> {
    pub(super) fn read(value: &'a [u8]) -> Option<Self> {
        let (&client, rest) = value.split_first()?;
        let (&verify, tlvs) = rest.split_first_chunk()?;
        Some(Ssl { client, verify: u32::from_be_bytes(verify), tlvs })
    }

    /// Returns the bits [`PP2_CLIENT_SSL`], [`PP2_CLIENT_CERT_CONN`] and [`PP2_CLIENT_CERT_SESS`].
    pub fn client(&self) -> u8 {
        self.client
    }

    /// Returns 0 if the client has shown a certificate that the proxy has verified, and another number otherwise.
    pub fn verify(&self) -> u32 {
        self.verify
    }

    /// Returns whether the client has shown a certificate that the proxy has verified.
    pub fn is_verified(&self) -> bool {
        self.client & (PP2_CLIENT_CERT_CONN | PP2_CLIENT_CERT_SESS) != 0 && self.verify == 0
    }

    /// Returns the types and the values of what the proxy tells in addition (`PP2_SUBTYPE_SSL_*`).
    pub fn tlvs(&self) -> Tlvs<'a> {
        Tlvs::new(self.tlvs)
    }

    /// Returns the value of the first of them that has this type.
    pub fn tlv(&self, tlv_type: u8) -> Option<&'a [u8]> {
        self.tlvs().find(|tlv| tlv.0 == tlv_type).map(|tlv| tlv.1)
    }
}

/// Appends a TLV. The caller has checked that its length fits.
pub(super) fn write(tlvs: &mut Vec<u8>, tlv_type: u8, value: &[u8]) {
    let [.., high, low] = value.len().to_be_bytes();
    tlvs.extend_from_slice(&[tlv_type, high, low]);
    tlvs.extend_from_slice(value);
}

/// Fails with [`Error::Value`](crate::Error::Value) for a value that its type does not allow.
pub(super) fn check(tlv_type: u8, value: &[u8]) -> Result<()> {
    let len = value.len();
    match tlv_type {
        PP2_TYPE_CRC32C if len != CHECKSUM_SIZE => {
            Err(not_valid(format!("a checksum has {CHECKSUM_SIZE} bytes, got {len}")))
        }
        PP2_TYPE_UNIQUE_ID if len > LONGEST_UNIQUE_ID => {
            Err(not_valid(format!("a unique id has at most {LONGEST_UNIQUE_ID} bytes, got {len}")))
        }
        PP2_TYPE_SSL if !Ssl::read(value).is_some_and(|ssl| are_well_formed(ssl.tlvs)) => {
            Err(not_valid("the TLVs inside of PP2_TYPE_SSL must be complete"))
        }
        _ => Ok(()),
    }
}

/// Returns whether the bytes are TLVs and nothing else.
pub(super) fn are_well_formed(bytes: &[u8]) -> bool {
    let mut tlvs = Tlvs::new(bytes);
    tlvs.by_ref().for_each(drop);
    tlvs.rest().is_empty()
}
