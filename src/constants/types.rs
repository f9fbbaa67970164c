//! The types of constants that programs could easily swap if all were integers.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use super::names;

/// An address family: one of the `AF_*` constants (`socket.AddressFamily`).
///
/// It is the system's number in a type of its own, so that the family and the kind cannot be swapped in a call:
///
/// ```compile_fail,E0308
/// # use tabi::{AF_INET, SOCK_STREAM, Socket};
/// let socket = Socket::new(SOCK_STREAM, AF_INET, 0);
/// ```
///
/// A family without a name in this crate is made from its number:
///
/// ```
/// use tabi::{AF_INET, AddressFamily};
///
/// let smc = AddressFamily::from_raw(43);
/// assert_eq!(smc.as_raw(), 43);
/// assert_eq!(format!("{AF_INET} {smc}, {AF_INET:?} {smc:?}"), "AF_INET 43, AF_INET AddressFamily(43)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct AddressFamily(i32);

/// The kind of a socket: one of the `SOCK_*` constants (`socket.SocketKind`).
///
/// On Linux, flags can be added: `SOCK_STREAM | SOCK_NONBLOCK`.
///
/// ```
/// use tabi::{SOCK_STREAM, SocketKind};
///
/// assert_eq!(SOCK_STREAM.as_raw(), 1);
/// assert_eq!(format!("{SOCK_STREAM:?} {:?}", SocketKind::from_raw(9)), "SOCK_STREAM SocketKind(9)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct SocketKind(i32);

impl AddressFamily {
    /// Makes a family from its number. Every number is allowed; calls fail for a family that the system does not have.
    pub const fn from_raw(number: i32) -> Self {
        AddressFamily(number)
    }

    /// Returns the system's number.
    pub const fn as_raw(self) -> i32 {
        self.0
    }

    fn name(self) -> Option<&'static str> {
        names("AF_").find(|(_, number)| *number == i64::from(self.0)).map(|(name, _)| name)
    }
}

impl SocketKind {
    /// Every kind, for [`getaddrinfo`](crate::getaddrinfo), which then returns answers for all kinds.
    pub const ANY: SocketKind = SocketKind(0);

    /// Makes a kind from its number. Every number is allowed; calls fail for a kind that the system does not have.
    pub const fn from_raw(number: i32) -> Self {
        SocketKind(number)
    }

    /// Returns the system's number, with the flags that were added.
    pub const fn as_raw(self) -> i32 {
        self.0
    }
}

impl From<i32> for AddressFamily {
    fn from(number: i32) -> Self {
        AddressFamily(number)
    }
}

impl From<AddressFamily> for i32 {
    fn from(family: AddressFamily) -> i32 {
        family.0
    }
}

impl From<i32> for SocketKind {
    fn from(number: i32) -> Self {
        SocketKind(number)
    }
}

impl From<SocketKind> for i32 {
    fn from(kind: SocketKind) -> i32 {
        kind.0
    }
}

impl BitOr for SocketKind {
    type Output = SocketKind;

    /// Adds a flag, as in `SOCK_STREAM | SOCK_NONBLOCK`.
    fn bitor(self, flag: SocketKind) -> SocketKind {
        SocketKind(self.0 | flag.0)
    }
}

impl BitOrAssign for SocketKind {
    fn bitor_assign(&mut self, flag: SocketKind) {
        self.0 |= flag.0;
    }
}

impl fmt::Debug for AddressFamily {
    /// Writes the name, or `AddressFamily(43)` for a number that has no name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "AddressFamily({})", self.0),
        }
    }
}

impl fmt::Debug for SocketKind {
    /// Writes the name and the names of its flags, or `SocketKind(9)` for a number that has no name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = i64::from(self.0);
        let flags = names("SOCK_").filter(|(_, flag)| *flag > KIND_MASK && number & flag == *flag);
        let kind = number & !flags.clone().fold(0, |all, (_, flag)| all | flag);
        match names("SOCK_").find(|(_, value)| *value == kind) {
            Some((name, _)) => f.write_str(name)?,
            None => write!(f, "SocketKind({kind})")?,
        }
        let mut flags = flags;
        flags.try_for_each(|(flag, _)| write!(f, " | {flag}"))
    }
}

impl fmt::Display for AddressFamily {
    /// Writes the name, or the number if it has no name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => self.0.fmt(f),
        }
    }
}

impl fmt::Display for SocketKind {
    /// Writes what `Debug` writes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The bits of a kind. Flags are the bits above them.
const KIND_MASK: i64 = 0xf;
