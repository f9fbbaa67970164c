//! The types of the values that a header carries.

use std::ffi::c_int;

use crate::proxy;

/// The protocol that client and proxy have agreed on, as in the ALPN extension of TLS, such as "h2".
pub const TABI_PP2_TYPE_ALPN: c_int = 1;
/// The host name that the client has asked for, such as the SNI of TLS, in UTF-8.
pub const TABI_PP2_TYPE_AUTHORITY: c_int = 2;
/// The checksum of the header, 4 bytes. A header whose checksum is wrong is not valid.
pub const TABI_PP2_TYPE_CRC32C: c_int = 3;
/// Bytes without a meaning.
pub const TABI_PP2_TYPE_NOOP: c_int = 4;
/// What identifies the connection in the logs of the proxy: at most 128 bytes.
pub const TABI_PP2_TYPE_UNIQUE_ID: c_int = 5;
/// What the proxy knows of the client's TLS. tabi_proxy_header_ssl() reads it.
pub const TABI_PP2_TYPE_SSL: c_int = 0x20;
/// The version of the client's TLS, such as "TLSv1.3".
pub const TABI_PP2_SUBTYPE_SSL_VERSION: c_int = 0x21;
/// The common name of the client's certificate, in UTF-8.
pub const TABI_PP2_SUBTYPE_SSL_CN: c_int = 0x22;
/// The name of the cipher of the client's TLS.
pub const TABI_PP2_SUBTYPE_SSL_CIPHER: c_int = 0x23;
/// The algorithm with which the certificate of the proxy was signed.
pub const TABI_PP2_SUBTYPE_SSL_SIG_ALG: c_int = 0x24;
/// The algorithm of the key of the proxy's certificate.
pub const TABI_PP2_SUBTYPE_SSL_KEY_ALG: c_int = 0x25;
/// The name of the network namespace from which the client comes.
pub const TABI_PP2_TYPE_NETNS: c_int = 0x30;
/// The client has connected over TLS.
pub const TABI_PP2_CLIENT_SSL: c_int = 1;
/// The client has shown a certificate on this connection.
pub const TABI_PP2_CLIENT_CERT_CONN: c_int = 2;
/// The client has shown a certificate in this TLS session.
pub const TABI_PP2_CLIENT_CERT_SESS: c_int = 4;

// The numbers are those of the core.
const _: () = {
    assert!(TABI_PP2_TYPE_ALPN == proxy::PP2_TYPE_ALPN as c_int);
    assert!(TABI_PP2_TYPE_AUTHORITY == proxy::PP2_TYPE_AUTHORITY as c_int);
    assert!(TABI_PP2_TYPE_CRC32C == proxy::PP2_TYPE_CRC32C as c_int);
    assert!(TABI_PP2_TYPE_NOOP == proxy::PP2_TYPE_NOOP as c_int);
    assert!(TABI_PP2_TYPE_UNIQUE_ID == proxy::PP2_TYPE_UNIQUE_ID as c_int);
    assert!(TABI_PP2_TYPE_SSL == proxy::PP2_TYPE_SSL as c_int);
    assert!(TABI_PP2_SUBTYPE_SSL_VERSION == proxy::PP2_SUBTYPE_SSL_VERSION as c_int);
    assert!(TABI_PP2_SUBTYPE_SSL_CN == proxy::PP2_SUBTYPE_SSL_CN as c_int);
    assert!(TABI_PP2_SUBTYPE_SSL_CIPHER == proxy::PP2_SUBTYPE_SSL_CIPHER as c_int);
    assert!(TABI_PP2_SUBTYPE_SSL_SIG_ALG == proxy::PP2_SUBTYPE_SSL_SIG_ALG as c_int);
    assert!(TABI_PP2_SUBTYPE_SSL_KEY_ALG == proxy::PP2_SUBTYPE_SSL_KEY_ALG as c_int);
    assert!(TABI_PP2_TYPE_NETNS == proxy::PP2_TYPE_NETNS as c_int);
    assert!(TABI_PP2_CLIENT_SSL == proxy::PP2_CLIENT_SSL as c_int);
    assert!(TABI_PP2_CLIENT_CERT_CONN == proxy::PP2_CLIENT_CERT_CONN as c_int);
    assert!(TABI_PP2_CLIENT_CERT_SESS == proxy::PP2_CLIENT_CERT_SESS as c_int);
};
