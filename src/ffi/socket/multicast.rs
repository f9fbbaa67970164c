//! Multicast groups in C.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::net::IpAddr;

use super::{socket, tabi_sock};
use crate::error::{Error, Result};
use crate::ffi::boundary::{Outcome, status, string};
use crate::socket::{MulticastInterface, Socket};

/// Receives what is sent to a multicast group (IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP).
///
/// `group`: an IPv4 or IPv6 address. `interface`: a name such as "eth0"; for IPv4 also one of its addresses; ""
/// for the system's choice. Returns 0; -EINVAL for an address that is not a group's; -ENODEV for an unknown
/// interface; -EADDRINUSE for a group that was joined already; TABI_ERR_VALUE for what is no address;
/// TABI_ERR_TYPE for an IPv6 group with an address as its interface; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_join_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    interface: *const c_char,
) -> c_int {
    // SAFETY: the caller passes NUL-terminated strings.
    unsafe { membership(sk, group, interface, |sk, group, interface| sk.join_multicast(group, interface)) }
}

/// Ends what tabi_join_multicast() began (IP_DROP_MEMBERSHIP, IPV6_LEAVE_GROUP), with the same arguments.
///
/// Returns 0; -EADDRNOTAVAIL for a group that was not joined; and what that returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_leave_multicast(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    interface: *const c_char,
) -> c_int {
    // SAFETY: the caller passes NUL-terminated strings.
    unsafe { membership(sk, group, interface, |sk, group, interface| sk.leave_multicast(group, interface)) }
}

/// The interface that multicast datagrams leave by (IP_MULTICAST_IF, IPV6_MULTICAST_IF, after the socket's
/// family).
///
/// `interface` as in tabi_join_multicast(). Returns 0; -ENODEV or -EADDRNOTAVAIL for an unknown one;
/// TABI_ERR_TYPE for an address on an AF_INET6 socket; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_set_multicast_interface(
    sk: Option<&tabi_sock>,
    interface: *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let interface = unsafe { multicast_interface(interface) }?;
        Ok(socket(sk)?.set_multicast_interface(interface)?)
    })
}

/// # Safety
///
/// The strings are NULL or NUL-terminated.
unsafe fn membership(
    sk: Option<&tabi_sock>,
    group: *const c_char,
    interface: *const c_char,
    change: impl FnOnce(&Socket, IpAddr, MulticastInterface) -> Result<()>,
) -> c_int {
    status(|| {
        // SAFETY: the same contract.
        let (group, interface) = unsafe { (address(group, "group")?, multicast_interface(interface)?) };
        Ok(change(socket(sk)?, group, interface)?)
    })
}

/// # Safety
///
/// `text` is NULL or NUL-terminated.
pub(super) unsafe fn address(text: *const c_char, name: &'static str) -> Outcome<IpAddr> {
    // SAFETY: the same contract.
    let text = String::from_utf8_lossy(unsafe { string(text, name) }?);
    let address = text.parse();
    Ok(address.map_err(|_| Error::value(format!("{name} must be an IPv4 or IPv6 address, got '{text}'")))?)
}

/// # Safety
///
/// `text` is NULL or NUL-terminated.
pub(super) unsafe fn multicast_interface(text: *const c_char) -> Outcome<MulticastInterface> {
    // SAFETY: the same contract.
    let text = String::from_utf8_lossy(unsafe { string(text, "interface") }?);
    Ok(text.parse()?)
}
