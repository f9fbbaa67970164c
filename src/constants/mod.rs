//! Families, types, levels, options and flags, named as the system and Python name them.
//!
//! Each name is a constant here and at the crate's root, and a row of one table that [`constant`] and [`iter`] read.
//! What the platform does not have is absent, never zero.

#[cfg(not(target_os = "linux"))]
mod bsd;
#[cfg(target_os = "linux")]
mod linux;
mod unix;

#[cfg(not(target_os = "linux"))]
use bsd as system;
#[cfg(target_os = "linux")]
use linux as system;

/// Every name and nothing else, for the crate's root.
pub(crate) mod numbers {
    pub use super::system::*;
    pub use super::unix::*;
}

pub use numbers::*;

/// A name and its value.
type Row = (&'static str, i64);

/// Writes a constant and its table row from one line; the lines of a file are sorted by name.
macro_rules! constants {
    ($($(#[$attribute:meta])* $name:ident: $type:ty = $value:expr;)*) => {
        $($(#[$attribute])* pub const $name: $type = $value as $type;)*

        pub(super) const ROWS: &[super::Row] = &[$($(#[$attribute])* (stringify!($name), $name as i64),)*];
    };
}
use constants;

/// Sorted by name.
static TABLE: [Row; unix::ROWS.len() + system::ROWS.len()] = merge(unix::ROWS, system::ROWS);

const STRINGS: [(&str, &str); 2] = [("BDADDR_ANY", BDADDR_ANY), ("BDADDR_LOCAL", BDADDR_LOCAL)];

/// Bluetooth: any address.
pub const BDADDR_ANY: &str = "00:00:00:00:00:00";
/// Bluetooth: this machine.
pub const BDADDR_LOCAL: &str = "00:00:00:FF:FF:FF";

/// The value of a constant by its name, such as `"SO_REUSEPORT"`; `None` when this platform does not have it.
///
/// Python: `getattr(socket, name, None)`. [`string_constant`] has those that are text.
///
/// ```
/// assert_eq!(tabi::constants::constant("AF_INET"), Some(tabi::AF_INET.into()));
/// assert_eq!(tabi::constants::constant("AF_HYPERV"), None);
/// ```
pub fn constant(name: &str) -> Option<i64> {
    let row = TABLE.binary_search_by_key(&name, |row| row.0).ok()?;
    Some(TABLE[row].1)
}

/// Every constant with its value, sorted by name.
pub fn iter() -> impl ExactSizeIterator<Item = (&'static str, i64)> + Clone {
    TABLE.iter().copied()
}

/// The text of a constant that is not a number (`"BDADDR_ANY"`, `"BDADDR_LOCAL"`), or `None`.
pub fn string_constant(name: &str) -> Option<&'static str> {
    STRINGS.iter().find(|row| row.0 == name).map(|row| row.1)
}

/// Every constant that is text, sorted by name.
pub fn iter_strings() -> impl ExactSizeIterator<Item = (&'static str, &'static str)> + Clone {
    STRINGS.into_iter()
}

const fn merge<const N: usize>(left: &[Row], right: &[Row]) -> [Row; N] {
    let mut rows = [("", 0); N];
    let (mut l, mut r) = (0, 0);
    while l + r < N {
        let take_left = r == right.len() || (l < left.len() && is_before(left[l].0, right[r].0));
        rows[l + r] = if take_left { left[l] } else { right[r] };
        if take_left {
            l += 1;
        } else {
            r += 1;
        }
    }
    rows
}

/// `left < right`, which is not const for `str`.
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
            assert!(pair[0].0 < pair[1].0, "{} stands before {}", pair[0].0, pair[1].0);
        }
    }
}
