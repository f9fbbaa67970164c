//! Addresses of `AF_UNIX` sockets.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::sys;

/// How many bytes a path may have, its closing NUL included; also an abstract name with its leading NUL.
const PATH_SIZE: usize = size_of::<libc::sockaddr_un>() - std::mem::offset_of!(libc::sockaddr_un, sun_path);

/// The address of an `AF_UNIX` socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UnixAddress {
    /// No name: a socket that was never bound. Binding to it on Linux picks a free abstract name.
    Unnamed,
    /// A path in the file system (1 to 107 bytes on Linux, no NUL byte).
    Path(PathBuf),
    /// A name in Linux's abstract namespace, without its leading NUL (0 to 107 bytes, any bytes).
    Abstract(Vec<u8>),
}

impl UnixAddress {
    /// Reads Python's form: empty is unnamed, a leading NUL byte makes the rest an abstract name,
    /// anything else is a path.
    ///
    /// Fails with [`Error::OsMessage`] when it is too long and with [`Error::Value`] when a path holds a NUL byte.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        match bytes {
            [] => Ok(UnixAddress::Unnamed),
            [0, ..] if sys::ABSTRACT_NAMES && bytes.len() > PATH_SIZE => Err(too_long(bytes.len())),
            [0, name @ ..] if sys::ABSTRACT_NAMES => Ok(UnixAddress::Abstract(name.to_vec())),
            _ if bytes.contains(&0) => Err(Error::value("AF_UNIX path must not contain a NUL byte")),
            _ if bytes.len() >= PATH_SIZE => Err(too_long(bytes.len())),
            _ => Ok(UnixAddress::Path(PathBuf::from(OsStr::from_bytes(bytes)))),
        }
    }

    /// Python's form of the address: see [`UnixAddress::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            UnixAddress::Unnamed => Vec::new(),
            UnixAddress::Path(path) => path.as_os_str().as_bytes().to_vec(),
            UnixAddress::Abstract(name) => [&[0], name.as_slice()].concat(),
        }
    }

    /// The path, if the address is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            UnixAddress::Path(path) => Some(path),
            _ => None,
        }
    }
}

impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnixAddress::Unnamed => f.write_str("''"),
            UnixAddress::Path(path) => write!(f, "'{}'", path.display()),
            UnixAddress::Abstract(name) => write!(f, "b'\\x00{}'", name.escape_ascii()),
        }
    }
}

fn too_long(len: usize) -> Error {
    Error::OsMessage(format!("AF_UNIX path too long: {len} bytes, at most {} fit", PATH_SIZE - 1).into())
}
