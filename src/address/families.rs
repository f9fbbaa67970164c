//! The address families of systems other than Linux: there are none beyond those that every system has.

use super::{Address, RawAddress};

/// Adds the families that not every system has; here there are none.
macro_rules! families {
    ($make:ident) => {
        $make! {}
    };
}
pub(crate) use families;

/// Decodes an address of one of these families.
pub(super) fn decode(_raw: &RawAddress, _proto: Option<i32>) -> Option<Address> {
    None
}

/// Decodes an address of one of these families whose form does not depend on the protocol of its socket.
pub(super) fn decode_without_protocol(_raw: &RawAddress) -> Option<Address> {
    None
}
