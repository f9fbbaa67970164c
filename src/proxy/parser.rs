//! Reading a header as its bytes come.

use super::{Header, Version, binary, text};
use crate::error::{Error, Result};
use crate::memory;

/// Reads one header, from pieces of any size. It never takes a byte that does not belong to the header.
///
/// ```
/// use tabi::proxy::Parser;
///
/// let mut parser = Parser::new();
/// assert_eq!(parser.feed(b"PROXY TCP4 192.0.2.1 192.0.2.7 ")?, (31, None));
/// let (used, header) = parser.feed(b"56324 443\r\nhello")?;
/// assert_eq!(used, 11);
/// assert_eq!(header.unwrap().source().to_string(), "192.0.2.1:56324");
/// # Ok::<(), tabi::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Parser {
    /// The only version that is allowed, if there is just one.
    only: Option<Version>,
    bytes: Vec<u8>,
}

impl Parser {
    /// A parser of headers of both versions.
    pub fn new() -> Parser {
        Parser::default()
    }

    /// A parser for which headers of other versions are not valid.
    pub fn only(version: Version) -> Parser {
        Parser { only: Some(version), ..Parser::default() }
    }

    /// Returns how many bytes have been taken so far.
    pub fn taken(&self) -> usize {
        self.bytes.len()
    }

    /// Returns how many of the bytes that follow are certain to belong to the header. It is 1 or more until the header
    /// is complete. A reader that asks for no more than this never reads beyond the header.
    pub fn wanted(&self) -> usize {
        match self.version() {
            // The shortest headers of the two versions differ by one byte.
            None => text::SHORTEST,
            Some(Version::V1) if self.bytes.len() < text::SHORTEST => text::SHORTEST - self.bytes.len(),
            Some(Version::V1) if self.bytes.ends_with(b"\r") => 1,
            Some(Version::V1) => text::END.len().min(text::LONGEST - self.bytes.len()),
            // `feed` has checked the bytes and has failed for those that are not valid.
            Some(Version::V2) => binary::check(&self.bytes).unwrap_or(1),
        }
    }

    /// The version of the header, as far as it is known.
    fn version(&self) -> Option<Version> {
        match self.bytes.first() {
            None => self.only,
            Some(first) if *first == text::BEGIN[0] => Some(Version::V1),
            Some(_) => Some(Version::V2),
        }
    }

    /// Takes bytes. Returns how many of them belong to the header, and the header when it is complete. The other bytes
    /// are the beginning of what the proxy relays. A parser reads one header; do not use it any more afterwards.
    ///
    /// Fails with [`Error::Value`] as soon as it is certain that the bytes are not a valid header of a version that is
    /// allowed, and with `Os(ENOMEM)`. The connection should be closed then.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(usize, Option<Header>)> {
        let mut used = 0;
        while used < bytes.len() {
            let piece = &bytes[used..bytes.len().min(used + self.wanted())];
            memory::reserve(&mut self.bytes, piece.len())?;
            self.bytes.extend_from_slice(piece);
            used += piece.len();
            if self.is_complete()? {
                return Ok((used, Some(self.read()?)));
            }
        }
        Ok((used, None))
    }

    fn is_complete(&self) -> Result<bool> {
        let version = self.version();
        if let (Some(only), Some(other)) = (self.only, version) {
            if only != other {
                return Err(Error::value(format_args!("a PROXY header must be of version {}", only as u8)));
            }
        }
        match version {
            None => Ok(false),
            Some(Version::V1) => text::check(&self.bytes),
            Some(Version::V2) => Ok(binary::check(&self.bytes)? == 0),
        }
    }

    fn read(&mut self) -> Result<Header> {
        match self.version() {
            Some(Version::V2) => binary::read(std::mem::take(&mut self.bytes)),
            _ => text::read(&self.bytes),
        }
    }
}
