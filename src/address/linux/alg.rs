//! Addresses of `AF_ALG`, the kernel's cryptographic algorithms.

use std::fmt;

use super::super::text::python_repr;
use super::fields::{Reader, Writer};
use super::{Error, RawAddress, Result, check_family, constants};

/// How many bytes the type and the name have, with the closing NUL.
const TYPE_SIZE: usize = 14;
const NAME_SIZE: usize = 64;
const SIZE: usize = 88;

/// An address of `AF_ALG` (`struct sockaddr_alg`): a cryptographic algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlgAddress {
    kind: String,
    name: String,
    /// Features that the algorithm must have.
    pub feat: u32,
    /// Which bits of `feat` count.
    pub mask: u32,
}

impl AlgAddress {
    /// Makes an address of a type (`"hash"`, `"skcipher"`, `"aead"`, `"rng"`; at most 13 bytes) and a name (`"sha256"`;
    /// at most 63 bytes).
    ///
    /// Fails with [`Error::Value`] when one of them is longer or contains a NUL byte.
    pub fn new(kind: &str, name: &str) -> Result<Self> {
        for (what, text, size) in [("type", kind, TYPE_SIZE), ("name", name, NAME_SIZE)] {
            if text.contains('\0') {
                return Err(Error::value(format_args!("AF_ALG {what} must not contain a NUL byte")));
            }
            if text.len() >= size {
                let (most, len) = (size - 1, text.len());
                return Err(Error::value(format_args!(
                    "AF_ALG {what} must be at most {most} bytes, got {len}"
                )));
            }
        }
        Ok(AlgAddress { kind: kind.to_owned(), name: name.to_owned(), feat: 0, mask: 0 })
    }

    /// Returns the type of the algorithm.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the name of the algorithm.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address as the system's `sockaddr`.
    pub fn encode(&self) -> RawAddress {
        let name_at = SIZE - NAME_SIZE;
        Writer::new(constants::AF_ALG)
            .bytes(self.kind.as_bytes())
            .fill(2 + TYPE_SIZE)
            .u32(self.feat)
            .u32(self.mask)
            .fill(name_at)
            .bytes(self.name.as_bytes())
            .fill(SIZE)
            .finish()
    }

    /// Decodes a `sockaddr`. Fails with [`Error::Type`] for another family, and with [`Error::Value`] for text that is
    /// not UTF-8.
    pub fn decode(raw: &RawAddress) -> Result<Self> {
        check_family(raw, constants::AF_ALG, "AF_ALG")?;
        let mut fields = Reader::new(raw);
        let kind = text(&fields.array::<TYPE_SIZE>())?;
        let (feat, mask) = (fields.u32(), fields.u32());
        let name = text(&fields.array::<NAME_SIZE>())?;
        Ok(AlgAddress { kind, name, feat, mask })
    }
}

/// The text up to the first NUL byte, or all of it if there is none.
fn text(bytes: &[u8]) -> Result<String> {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let text = std::str::from_utf8(&bytes[..end]);
    text.map(str::to_owned)
        .map_err(|_| Error::value(format_args!("an AF_ALG text is not UTF-8: {}", bytes.escape_ascii())))
}

impl fmt::Display for AlgAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = (python_repr(self.kind.as_bytes()), python_repr(self.name.as_bytes()));
        write!(f, "({kind}, {name}, {}, {})", self.feat, self.mask)
    }
}
