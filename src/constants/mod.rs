//! Families, kinds, levels, options and flags, with the names of the system and of Python.
//!
//! Each name is a constant here, and a row of the table that [`constant`] and [`iter`] read. The families `AF_*` have
//! the type [`AddressFamily`], the kinds `SOCK_*` the type [`SocketKind`], and `SHUT_*` the type
//! [`std::net::Shutdown`]. All others are integers. A constant that the system does not have does not exist here
//! either.

#[cfg(all(unix, not(target_os = "linux")))]
mod bsd;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(target_vendor = "apple", path = "apple.rs")]
#[cfg_attr(target_os = "freebsd", path = "freebsd.rs")]
#[cfg_attr(target_os = "netbsd", path = "netbsd.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;
mod types;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod winsock;

#[cfg(unix)]
use unix as base;
#[cfg(windows)]
use winsock as base;

use std::ffi::CStr;
use std::net::Shutdown;

pub use base::*;
#[cfg(all(unix, not(target_os = "linux")))]
pub use bsd::*;
pub use system::*;
pub use types::{AddressFamily, SocketKind};

/// A name with a closing NUL, which C programs need, and its value.
#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    value: i64,
}

impl Row {
    const fn new(name: &'static str, value: i64) -> Self {
        Row { name, value }
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

/// The constants that Apple's systems and the BSDs have in common.
#[cfg(all(unix, not(target_os = "linux")))]
const COMMON: &[Row] = bsd::ROWS;
#[cfg(not(all(unix, not(target_os = "linux"))))]
const COMMON: &[Row] = &[];

const COUNT: usize = base::ROWS.len() + COMMON.len() + system::ROWS.len();
const ROWS: [Row; COUNT] = {
    const SHARED: [Row; base::ROWS.len() + COMMON.len()] = merge(base::ROWS, COMMON);
    merge(&SHARED, system::ROWS)
};

/// All constants that are numbers, sorted by name. The table has no pointers, which would make the library larger: the
/// loader has to know about each pointer.
static VALUES: [i64; COUNT] = values();
/// Where the names begin in [`NAMES`].
static BEGINS: [u16; COUNT] = joined_names().0;
static NAMES: [u8; NAMES_SIZE] = joined_names().1;

const NAMES_SIZE: usize = {
    let (mut size, mut row) = (0, 0);
    while row < COUNT {
        size += ROWS[row].name.len();
        row += 1;
    }
    assert!(size <= u16::MAX as usize);
    size
};

const fn values() -> [i64; COUNT] {
    let mut values = [0; COUNT];
    let mut row = 0;
    while row < COUNT {
        values[row] = ROWS[row].value;
        row += 1;
    }
    values
}

const fn joined_names() -> ([u16; COUNT], [u8; NAMES_SIZE]) {
    let (mut begins, mut names) = ([0; COUNT], [0; NAMES_SIZE]);
    let (mut row, mut end) = (0, 0);
    while row < COUNT {
        begins[row] = end as u16;
        let name = ROWS[row].name.as_bytes();
        let mut i = 0;
        while i < name.len() {
            names[end] = name[i];
            (i, end) = (i + 1, end + 1);
        }
        row += 1;
    }
    (begins, names)
}

fn c_name(begin: u16) -> &'static CStr {
    CStr::from_bytes_until_nul(&NAMES[usize::from(begin)..]).unwrap_or_default()
}

fn name(begin: u16) -> &'static str {
    c_name(begin).to_str().unwrap_or_default()
}

/// The constant with this index in the order of the names.
#[cfg(feature = "capi")]
pub(crate) fn at(index: usize) -> Option<(&'static CStr, i64)> {
    Some((c_name(*BEGINS.get(index)?), VALUES[index]))
}

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
    let row = BEGINS.binary_search_by(|&begin| self::name(begin).cmp(name)).ok()?;
    Some(VALUES[row])
}

/// Returns the name and value of every constant that is a number, sorted by name.
pub fn iter() -> impl ExactSizeIterator<Item = (&'static str, i64)> + Clone {
    BEGINS.iter().zip(&VALUES).map(|(begin, value)| (name(*begin), *value))
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
    use super::{BEGINS, COUNT, ROWS, constant, iter, name};

    #[test]
    fn the_table_is_sorted_and_holds_each_name_once() {
        for pair in BEGINS.windows(2) {
            assert!(name(pair[0]) < name(pair[1]), "{} stands before {}", name(pair[0]), name(pair[1]));
        }
    }

    #[test]
    fn the_table_has_the_name_and_the_value_of_each_row() {
        assert_eq!(iter().len(), COUNT);
        for (row, (name, value)) in ROWS.iter().zip(iter()) {
            assert_eq!((row.name, row.value), (format!("{name}\0").as_str(), value));
            assert_eq!(constant(name), Some(value));
        }
    }
}
