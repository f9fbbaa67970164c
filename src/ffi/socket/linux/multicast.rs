//! The C functions for multicast groups with chosen senders.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};

use crate::ffi::boundary::status;
use crate::ffi::socket::multicast::{address, multicast_interface};
use crate::ffi::socket::{socket, tabi_sock};

/// Joins a multicast group, but receives only what one sender sends to it (IP_ADD_SOURCE_MEMBERSHIP,
/// MCAST_JOIN_SOURCE_GROUP).
///
/// `source` is the address of the sender. The other arguments and the results are those of
/// tabi_join_multicast(), but -EADDRNOTAVAIL when the socket has joined the group for this sender before. Errors:
/// also TABI_ERR_TYPE when group and source are of different families.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_join_source_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    source: *const c_char,
    interface_name: *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes NUL-terminated strings.
        let (group, source, interface) = unsafe {
            (address(group, "group")?, address(source, "source")?, multicast_interface(interface_name)?)
        };
        Ok(socket(sk)?.join_source_multicast(group, source, interface)?)
    })
}

/// Leaves a group that tabi_join_source_multicast() has joined, with the same arguments
/// (IP_DROP_SOURCE_MEMBERSHIP, MCAST_LEAVE_SOURCE_GROUP).
///
/// Returns 0. Errors: -EADDRNOTAVAIL or -EINVAL when the socket has not joined it; those of
/// tabi_join_source_multicast().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_leave_source_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    source: *const c_char,
    interface_name: *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes NUL-terminated strings.
        let (group, source, interface) = unsafe {
            (address(group, "group")?, address(source, "source")?, multicast_interface(interface_name)?)
        };
        Ok(socket(sk)?.leave_source_multicast(group, source, interface)?)
    })
}
