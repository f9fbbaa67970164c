//! No families beyond those that every system has: Linux's stand in `linux/`.

use super::{Address, RawAddress};

/// The families that not every system has.
macro_rules! families {
    ($make:ident) => {
        $make! {}
    };
}
pub(crate) use families;

/// The address of one of these families.
pub(super) fn decode(_raw: &RawAddress, _proto: Option<i32>) -> Option<Address> {
    None
}
