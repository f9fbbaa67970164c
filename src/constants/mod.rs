//! Families, kinds, levels, options and flags, with the names of the system and of Python.
//!
//! Each name is a constant here, and a row of the table that [`constant`] and [`iter`] read. The families `AF_*` have
//! the type [`AddressFamily`], the kinds `SOCK_*` the type [`SocketKind`], and `SHUT_*` the type
//! [`std::net::Shutdown`]. All others are integers. A constant that the system does not have does not exist here
//! either.

#[cfg(all(unix, not(target_os = "linux")))]
mod bsd;
#[cfg(target_os = "linux")]
mod linux;
mod types;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
mod winsock;

#[cfg(all(unix, not(target_os = "linux")))]
use bsd as system;
#[cfg(target_os = "linux")]
use linux as system;
#[cfg(unix)]
use unix as base;
#[cfg(windows)]
use windows as system;
#[cfg(windows)]
use winsock as base;

use std::ffi::CStr;
use std::net::Shutdown;

pub use base::*;
pub use system::*;
pub use types::{AddressFamily, SocketKind};

/// A name with a closing NUL, which C programs need, and its value.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    name: &'static str,
    pub(crate) value: i64,
}

impl Row {
    const fn new(name: &'static str, value: i64) -> Self {
        Row { name, value }
    }

    fn name(&self) -> &'static str {
        &self.name[..self.name.len() - 1]
    }

    #[cfg(feature = "capi")]
    pub(crate) fn c_name(&self) -> &'static CStr {
        CStr::from_bytes_with_nul(self.name.as_bytes()).unwrap_or_default()
    }
}

/// Writes a constant and its table row from one line; the lines of a file are sorted by name.
macro_rules! constants {
    ($($(#[$attribute:meta])* $name:ident: $type:ident = $value:expr;)*) => {
        $($(#[$attribute])* pub const $name: $type = super::typed!($type, $value);)*

        pub(super) const ROWS: &[super::Row] = &[
            $($(#[$attribute])* super::Row::new(concat!(stringify!($name), "\0"), $value as i64),)*
        ];
    };
}
use constants;

/// Makes a constant of this type from the system's number.
macro_rules! typed {
    (AddressFamily, $number:expr) => {
        AddressFamily::from_raw($number)
    };
    (SocketKind, $number:expr) => {
        SocketKind::from_raw($number)
    };
    (Shutdown, $number:expr) => {
        super::shutdown($number)
    };
    ($integer:ident, $number:expr) => {
        $number as $integer
    };
}
use typed;

use crate::sys::libc;

const fn shutdown(how: i32) -> Shutdown {
    match how {
        libc::SHUT_RD => Shutdown::Read,
        libc::SHUT_WR => Shutdown::Write,
        _ => Shutdown::Both,
    }
}

/// All constants that are numbers, sorted by name.
pub(crate) static TABLE: [Row; base::ROWS.len() + system::ROWS.len()] = merge(base::ROWS, system::ROWS);

/// The constants that are text.
pub(crate) const STRINGS: [(&str, &CStr); 2] =
    [("BDADDR_ANY", c"00:00:00:00:00:00"), ("BDADDR_LOCAL", c"00:00:00:FF:FF:FF")];

/// The Bluetooth address that stands for any device.
pub const BDADDR_ANY: &str = ascii(STRINGS[0].1);
/// The Bluetooth address of this machine.
pub const BDADDR_LOCAL: &str = ascii(STRINGS[1].1);

/// Returns the value of the constant with this name, such as `"SO_REUSEPORT"`, and `None` when this system does not
/// have it.
///
/// Python: `getattr(socket, name, None)`. [`string_constant`] returns the constants that are text.
///
/// ```
/// use tabi::constants::{MSG_PEEK, constant};
///
/// assert_eq!(constant("MSG_PEEK"), Some(MSG_PEEK.into()));
/// assert_eq!(constant("AF_HYPERV"), None);
/// ```
pub fn constant(name: &str) -> Option<i64> {
    let row = TABLE.binary_search_by(|row| row.name().cmp(name)).ok()?;
    Some(TABLE[row].value)
}

/// Returns the name and value of every constant that is a number, sorted by name.
pub fn iter() -> impl ExactSizeIterator<Item = (&'static str, i64)> + Clone {
    TABLE.iter().map(|row| (row.name(), row.value))
}

/// Returns the constants with a prefix, sorted by name.
fn names(prefix: &'static str) -> impl Iterator<Item = (&'static str, i64)> + Clone {
    iter().filter(move |(name, _)| name.starts_with(prefix))
}

/// Returns the value of a constant that is text (`"BDADDR_ANY"`, `"BDADDR_LOCAL"`), and `None` for other names.
pub fn string_constant(name: &str) -> Option<&'static str> {
    STRINGS.iter().find(|row| row.0 == name).map(|row| ascii(row.1))
}

/// Returns the name and value of every constant that is text, sorted by name.
pub fn iter_strings() -> impl ExactSizeIterator<Item = (&'static str, &'static str)> + Clone {
    STRINGS.into_iter().map(|(name, text)| (name, ascii(text)))
}

const fn ascii(text: &CStr) -> &str {
    match text.to_str() {
        Ok(text) => text,
        Err(_) => panic!("the text of a constant is ASCII"),
    }
}

const fn merge<const N: usize>(left: &[Row], right: &[Row]) -> [Row; N] {
    let mut rows = [Row::new("", 0); N];
    let (mut l, mut r) = (0, 0);
    while l + r < N {
        let take_left = r == right.len() || (l < left.len() && is_before(left[l].name, right[r].name));
        rows[l + r] = if take_left { left[l] } else { right[r] };
        if take_left {
            l += 1;
        } else {
            r += 1;
        }
    }
    rows
}

/// Returns `left < right`. The comparison of `str` is not a `const fn`.
const fn is_before(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut i = 0;
    while i < left.len() && i < right.len() {
        if left[i] != right[i] {
            return left[i] < right[i];
        }
        i += 1;
    }
    left.len() < right.len()
}

#[cfg(test)]
mod tests {
    use super::TABLE;

    #[test]
    fn the_table_is_sorted_and_holds_each_name_once() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].name() < pair[1].name(), "{} stands before {}", pair[0].name, pair[1].name);
        }
    }
}
