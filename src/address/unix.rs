//! Addresses of `AF_UNIX` sockets.

use std::fmt;
use std::path::{Path, PathBuf};

use super::text::{python_repr, write_escaped};
use crate::error::{Error, Result};
use crate::sys;

/// The most bytes that a path with its closing NUL, or an abstract name with its leading NUL, can have.
const PATH_SIZE: usize = sys::UNIX_PATH_SIZE;

/// The address of an `AF_UNIX` socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UnixAddress {
    /// No name: the address of a socket that was never bound. On Linux, `bind` with this address chooses a free
    /// abstract name.
    Unnamed,
    /// A path in the file system (1 to 107 bytes on Linux, without a NUL byte).
    Path(PathBuf),
    /// A name in Linux's abstract namespace, without its leading NUL (0 to 107 bytes, any bytes).
    Abstract(Vec<u8>),
}

impl UnixAddress {
    /// Reads Python's form of the address. No bytes are an unnamed address, bytes that begin with NUL are an abstract
    /// name, and all others are a path.
    ///
    /// Fails with [`Error::OsMessage`] when the name is too long, and with [`Error::Value`] when a path contains a NUL
    /// byte.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        match bytes {
            [] => Ok(UnixAddress::Unnamed),
            [0, ..] if sys::ABSTRACT_NAMES && bytes.len() > PATH_SIZE => {
                Err(too_long(bytes.len(), PATH_SIZE))
            }
            [0, name @ ..] if sys::ABSTRACT_NAMES => Ok(UnixAddress::Abstract(name.to_vec())),
            _ if bytes.contains(&0) => Err(Error::value("AF_UNIX path must not contain a NUL byte")),
            _ if bytes.len() >= PATH_SIZE => Err(too_long(bytes.len(), PATH_SIZE - 1)),
            _ => Ok(UnixAddress::Path(sys::path_of(bytes))),
        }
    }

    /// Returns Python's form of the address, which [`UnixAddress::from_bytes`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            UnixAddress::Unnamed => Vec::new(),
            UnixAddress::Path(path) => path.as_os_str().as_encoded_bytes().to_vec(),
            UnixAddress::Abstract(name) => [&[0], name.as_slice()].concat(),
        }
    }

    /// Returns Python's `repr` of the address: `'/run/s'`, `b'\x00name'`, `''`.
    pub fn repr(&self) -> String {
        match self {
            UnixAddress::Unnamed => python_repr(&[]),
            UnixAddress::Path(path) => python_repr(path.as_os_str().as_encoded_bytes()),
            UnixAddress::Abstract(name) => format!("b'\\x00{}'", name.escape_ascii()),
        }
    }

    /// Returns the path, and `None` if the address is not a path.
    pub fn path(&self) -> Option<&Path> {
        match self {
            UnixAddress::Path(path) => Some(path),
            _ => None,
        }
    }
}

impl fmt::Display for UnixAddress {
    /// Writes the path, or `@` and the abstract name, or `(unnamed)`. Control characters, characters that cannot be
    /// printed, backslashes and bytes that are not UTF-8 are escaped, so that the name of a peer cannot add a false
    /// line to a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnixAddress::Unnamed => f.write_str("(unnamed)"),
            UnixAddress::Path(path) => write_escaped(f, path.as_os_str().as_encoded_bytes()),
            UnixAddress::Abstract(name) => {
                f.write_str("@")?;
                write_escaped(f, name)
            }
        }
    }
}

sys::unix_only! {
    impl From<&std::os::unix::net::SocketAddr> for UnixAddress {
        fn from(address: &std::os::unix::net::SocketAddr) -> Self {
            match (address.as_pathname(), sys::abstract_name(address)) {
                (Some(path), _) => UnixAddress::Path(path.to_owned()),
                (None, Some(name)) => UnixAddress::Abstract(name.to_vec()),
                (None, None) => UnixAddress::Unnamed,
            }
        }
    }

    impl From<std::os::unix::net::SocketAddr> for UnixAddress {
        fn from(address: std::os::unix::net::SocketAddr) -> Self {
            UnixAddress::from(&address)
        }
    }
}

fn too_long(len: usize, most: usize) -> Error {
    Error::OsMessage(format!("AF_UNIX path too long: {len} bytes, at most {most} fit").into())
}
