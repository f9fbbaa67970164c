//! The PROXY protocol, versions 1 and 2: the header with which a proxy tells a server on whose behalf it connects.
//!
//! HAProxy, nginx and the balancers of clouds send such a header before anything else. The protocol is described in
//! HAProxy's `proxy-protocol.txt`. This module reads and writes headers, and makes no system call. A server reads
//! them by itself when [`ServerOptions::proxy_protocol`](crate::server::ServerOptions::proxy_protocol) says so.
//! [`Socket::send_proxy_header`](crate::Socket::send_proxy_header) sends one.
//!
//! ```
//! use std::net::SocketAddr;
//! use tabi::proxy::{Header, PP2_TYPE_UNIQUE_ID, Parser, Version};
//!
//! let (client, server): (SocketAddr, SocketAddr) = ("192.0.2.1:56324".parse()?, "192.0.2.7:443".parse()?);
//! let header = Header::new(Version::V2, client, server)?.with_tlv(PP2_TYPE_UNIQUE_ID, b"request 7")?;
//! let mut bytes = header.to_bytes()?;
//! bytes.extend_from_slice(b"GET / HTTP/1.1");
//!
//! let (used, read) = Parser::new().feed(&bytes)?;
//! let read = read.expect("the header is complete");
//! assert_eq!(read.source(), &client.into());
//! assert_eq!(read.unique_id(), Some(&b"request 7"[..]));
//! assert_eq!(&bytes[used..], b"GET / HTTP/1.1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod binary;
mod crc32c;
mod parser;
mod send;
mod text;
mod tlv;

use crate::address::Address;
use crate::error::{Error, Result};
use crate::memory;

pub use parser::Parser;
pub use tlv::*;

/// A version of the protocol. Its number is the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// One line of text.
    V1 = 1,
    /// Bytes, which may carry more than the addresses ([`Header::tlvs`]).
    V2 = 2,
}

/// What the client uses to talk to the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// The proxy does not say it.
    Unspecified,
    /// TCP, or a stream of a unix socket.
    Stream,
    /// UDP, or datagrams of a unix socket.
    Datagram,
}

/// A PROXY header: the addresses of the connection between the client and the proxy, and what else the proxy knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    version: Version,
    local: bool,
    transport: Transport,
    source: Address,
    destination: Address,
    /// The TLVs as they are sent, each well-formed.
    tlvs: Vec<u8>,
}

impl Header {
    /// A header for a client that has connected from `source` to `destination` by TCP or a unix stream.
    ///
    /// Fails with [`Error::Type`] unless both are addresses of one family that the version can carry: `AF_INET` or
    /// `AF_INET6`, in version 2 also `AF_UNIX`. Fails with [`Error::Value`] for a unix address of more than 108 bytes, and
    /// for a path with a NUL byte.
    pub fn new(
        version: Version,
        source: impl Into<Address>,
        destination: impl Into<Address>,
    ) -> Result<Header> {
        let (source, destination) = (source.into(), destination.into());
        match (&source, &destination) {
            (Address::Inet(_), Address::Inet(_)) | (Address::Inet6(_), Address::Inet6(_)) => {}
            (Address::Unix(one), Address::Unix(other)) if version == Version::V2 => {
                binary::check_unix(one)?;
                binary::check_unix(other)?;
            }
            (one, other) => {
                return Err(Error::type_error(format_args!(
                    "a PROXY header of version {} cannot carry the addresses {} and {}",
                    version as u8,
                    one.repr(),
                    other.repr(),
                )));
            }
        }
        Ok(Header { source, destination, transport: Transport::Stream, ..Header::unknown(version) })
    }

    /// A header that says nothing about the client: `UNKNOWN` in version 1, and the family `AF_UNSPEC` in version 2. The
    /// server goes on with the real addresses of the connection.
    pub fn unknown(version: Version) -> Header {
        Header {
            version,
            local: false,
            transport: Transport::Unspecified,
            source: Address::None,
            destination: Address::None,
            tlvs: Vec::new(),
        }
    }

    /// A header of version 2 for a connection that a proxy makes for itself, such as a health check (`LOCAL`). The
    /// server goes on with the real addresses of the connection.
    pub fn local() -> Header {
        Header { local: true, ..Header::unknown(Version::V2) }
    }

    /// Says that the client talks to the proxy by datagrams. The connection that the header begins is still a stream.
    ///
    /// Fails with [`Error::Type`] for a header of version 1, and for one without addresses.
    pub fn with_datagrams(self) -> Result<Header> {
        if self.version == Version::V1 || self.source == Address::None {
            return Err(Error::type_error(
                "only a PROXY header of version 2 with addresses can be for datagrams",
            ));
        }
        Ok(Header { transport: Transport::Datagram, ..self })
    }

    /// Adds a value (TLV: type, length, value) to a header of version 2. The values are sent in this order.
    ///
    /// Fails with [`Error::Type`] for a header of version 1, with [`Error::Value`] for a value that its type does not
    /// allow (see the constants `PP2_TYPE_*`) and when the header becomes longer than 65551 bytes, and with
    /// `Os(ENOMEM)`. The header is then unchanged.
    pub fn add_tlv(&mut self, tlv_type: u8, value: &[u8]) -> Result<()> {
        if self.version == Version::V1 {
            return Err(Error::type_error("a PROXY header of version 1 cannot carry a TLV"));
        }
        let longest = binary::LONGEST_BLOCK - binary::address_size(&self.source);
        let size = self.tlvs.len() + tlv::HEAD + value.len();
        if size > longest {
            return Err(Error::value(format_args!(
                "the TLVs of a PROXY header may have {longest} bytes, got {size}"
            )));
        }
        tlv::check(tlv_type, value)?;
        if tlv_type == PP2_TYPE_CRC32C && self.tlv(PP2_TYPE_CRC32C).is_some() {
            return Err(Error::value("a PROXY header has one checksum, got two"));
        }
        memory::reserve(&mut self.tlvs, tlv::HEAD + value.len())?;
        tlv::write(&mut self.tlvs, tlv_type, value);
        Ok(())
    }

    /// The same header with one more value. Fails as [`Header::add_tlv`] does.
    pub fn with_tlv(mut self, tlv_type: u8, value: &[u8]) -> Result<Header> {
        self.add_tlv(tlv_type, value)?;
        Ok(self)
    }

    /// Adds a checksum of the header (`PP2_TYPE_CRC32C`), which [`Header::to_bytes`] computes.
    ///
    /// Fails as [`Header::add_tlv`] does.
    pub fn with_checksum(self) -> Result<Header> {
        self.with_tlv(PP2_TYPE_CRC32C, &[0; tlv::CHECKSUM_SIZE])
    }

    /// Returns the bytes of the header, which must be the first ones of the connection, in one piece if possible.
    ///
    /// Fails with `Os(ENOMEM)`.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        match self.version {
            Version::V1 => Ok(text::write(self).into_bytes()),
            Version::V2 => binary::write(self),
        }
    }

    /// Returns the version of the header.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns whether the proxy has made the connection for itself, for example for a health check (`LOCAL`).
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Returns what the client uses to talk to the proxy.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Returns the address of the client, or [`Address::None`] if the header does not say it (`LOCAL`, `UNKNOWN`,
    /// `AF_UNSPEC`).
    ///
    /// A unix address is what the proxy's system says. The name of an abstract one is without the zeros at its end,
    /// because the header does not say how many of them belong to it.
    pub fn source(&self) -> &Address {
        &self.source
    }

    /// Returns the address to which the client has connected, or [`Address::None`] if the header does not say it.
    pub fn destination(&self) -> &Address {
        &self.destination
    }

    /// Returns the types and the values of all TLVs, in their order.
    pub fn tlvs(&self) -> Tlvs<'_> {
        Tlvs::new(&self.tlvs)
    }

    /// Returns the value of the first TLV of this type.
    pub fn tlv(&self, tlv_type: u8) -> Option<&[u8]> {
        self.tlvs().find(|tlv| tlv.0 == tlv_type).map(|tlv| tlv.1)
    }

    /// Returns the protocol that client and proxy have agreed on, such as `h2` (`PP2_TYPE_ALPN`).
    pub fn alpn(&self) -> Option<&[u8]> {
        self.tlv(PP2_TYPE_ALPN)
    }

    /// Returns the host name that the client has asked for, such as the SNI of TLS (`PP2_TYPE_AUTHORITY`). It is `None`
    /// also when the name is not UTF-8; [`Header::tlv`] returns any bytes.
    pub fn authority(&self) -> Option<&str> {
        std::str::from_utf8(self.tlv(PP2_TYPE_AUTHORITY)?).ok()
    }

    /// Returns what identifies the connection in the logs of the proxy, at most 128 bytes (`PP2_TYPE_UNIQUE_ID`).
    pub fn unique_id(&self) -> Option<&[u8]> {
        self.tlv(PP2_TYPE_UNIQUE_ID)
    }

    /// Returns the name of the network namespace from which the client comes, as the proxy knows it
    /// (`PP2_TYPE_NETNS`).
    pub fn netns(&self) -> Option<&[u8]> {
        self.tlv(PP2_TYPE_NETNS)
    }

    /// Returns what the proxy knows of the client's TLS (`PP2_TYPE_SSL`).
    pub fn ssl(&self) -> Option<Ssl<'_>> {
        Ssl::read(self.tlv(PP2_TYPE_SSL)?)
    }
}

fn not_valid(problem: impl std::fmt::Display) -> Error {
    Error::value(format_args!("a PROXY header is not valid: {problem}"))
}
