//! The C functions for multicast groups.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::net::IpAddr;

use super::{socket, tabi_sock};
use crate::c_string::shortened;
use crate::error::{Error, Result};
use crate::ffi::boundary::{Outcome, status, string};
use crate::socket::{MulticastInterface, Socket};

/// Joins a multicast group: the socket receives what is sent to it (IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP).
///
/// `group` is an IPv4 or IPv6 address. `interface_name` is the name of an interface, such as "eth0". For IPv4 it
/// may also be an address of the interface. "" lets the system choose.
///
/// Returns 0. Errors:
/// - -EINVAL: the address is not that of a group.
/// - -ENODEV: there is no such interface.
/// - -EADDRINUSE: the socket has joined the group before.
/// - -ENOPROTOOPT, -EPROTO and others: the socket is of another family than the group, or cannot receive datagrams.
/// - TABI_ERR_VALUE: `group` is not an address.
/// - TABI_ERR_TYPE: an IPv6 group, and an address as its interface.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_join_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    interface_name: *const c_char,
) -> c_int {
    // SAFETY: the caller passes NUL-terminated strings.
    unsafe {
        membership(sk, group, interface_name, |sk, group, interface| sk.join_multicast(group, interface))
    }
}

/// Leaves a group that tabi_join_multicast() has joined, with the same arguments (IP_DROP_MEMBERSHIP,
/// IPV6_LEAVE_GROUP).
///
/// Returns 0. Errors: -EADDRNOTAVAIL when the socket has not joined the group; those of
/// tabi_join_multicast().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_leave_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    interface_name: *const c_char,
) -> c_int {
    // SAFETY: the caller passes NUL-terminated strings.
    unsafe {
        membership(sk, group, interface_name, |sk, group, interface| sk.leave_multicast(group, interface))
    }
}

/// Sets the interface that multicast datagrams are sent from (IP_MULTICAST_IF for AF_INET, IPV6_MULTICAST_IF
/// for AF_INET6).
///
/// `interface_name` is as in tabi_join_multicast(). Returns 0. Errors: -ENODEV or -EADDRNOTAVAIL when there is no
/// such interface; TABI_ERR_TYPE for an address on an AF_INET6 socket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_set_multicast_interface(
    sk: Option<&tabi_sock>,
    interface_name: *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let interface = unsafe { multicast_interface(interface_name) }?;
        Ok(socket(sk)?.set_multicast_interface(interface)?)
    })
}

/// # Safety
///
/// The strings are NULL or NUL-terminated.
unsafe fn membership(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    interface_name: *const c_char,
    change: impl FnOnce(&Socket, IpAddr, MulticastInterface) -> Result<()>,
) -> c_int {
    status(|| {
        // SAFETY: both strings are NULL or NUL-terminated.
        let (group, interface) = unsafe { (address(group, "group")?, multicast_interface(interface_name)?) };
        Ok(change(socket(sk)?, group, interface)?)
    })
}

/// # Safety
///
/// `text` is NULL or NUL-terminated.
pub(super) unsafe fn address(text: *const c_char, name: &'static str) -> Outcome<IpAddr> {
    // SAFETY: `text` is NULL or NUL-terminated.
    let text = unsafe { string(text, name) }?;
    let address = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    Ok(address.ok_or_else(|| {
        let (shown, more) = shortened(text);
        Error::value(format_args!("{name} must be an IPv4 or IPv6 address, got '{shown}'{more}"))
    })?)
}

/// # Safety
///
/// `text` is NULL or NUL-terminated.
pub(super) unsafe fn multicast_interface(text: *const c_char) -> Outcome<MulticastInterface> {
    // SAFETY: `text` is NULL or NUL-terminated.
    let text = String::from_utf8_lossy(unsafe { string(text, "interface_name") }?);
    Ok(text.parse()?)
}
