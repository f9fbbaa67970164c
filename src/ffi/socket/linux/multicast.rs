//! Groups of receivers that hear chosen senders only, in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};

use crate::ffi::boundary::status;
use crate::ffi::socket::multicast::{address, multicast_interface};
use crate::ffi::socket::{socket, tabi_sock};

/// Receives what one sender sends to a multicast group (IP_ADD_SOURCE_MEMBERSHIP, MCAST_JOIN_SOURCE_GROUP).
///
/// `source`: the sender's address. Else as tabi_join_multicast(); TABI_ERR_TYPE also when group and source are
/// of different families.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_join_source_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    source: *const c_char,
    interface: *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes NUL-terminated strings.
        let (group, source, interface) = unsafe {
            (address(group, "group")?, address(source, "source")?, multicast_interface(interface)?)
        };
        Ok(socket(sk)?.join_source_multicast(group, source, interface)?)
    })
}

/// Ends what tabi_join_source_multicast() began (IP_DROP_SOURCE_MEMBERSHIP, MCAST_LEAVE_SOURCE_GROUP), with the
/// same arguments.
///
/// Returns 0; -EADDRNOTAVAIL or -EINVAL for what was not joined; and what that returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_leave_source_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    source: *const c_char,
    interface: *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes NUL-terminated strings.
        let (group, source, interface) = unsafe {
            (address(group, "group")?, address(source, "source")?, multicast_interface(interface)?)
        };
        Ok(socket(sk)?.leave_source_multicast(group, source, interface)?)
    })
}
