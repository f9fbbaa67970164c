//! Sending and receiving without waiting, in C.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::mem::MaybeUninit;

use libc::ssize_t;

use super::address::tabi_addr;
use super::boundary::count;
use super::io::{recv, recvfrom, send, sendto};
use super::socket::tabi_sock;
use crate::socket::Limit;

/// Receives what has arrived already, without waiting, whatever the socket's timeout.
///
/// Returns as tabi_recv(), with -EAGAIN when nothing has arrived. For an event loop whose sockets keep their
/// timeouts for the other calls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_try_recv(sk: Option<&tabi_sock>, buffer: *mut c_void, len: usize) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    count(move || unsafe { recv(sk, buffer, len, 0, Limit::Now) })
}

/// tabi_recvfrom() without waiting: see tabi_try_recv().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_try_recvfrom(
    sk: Option<&tabi_sock>,
    buffer: *mut c_void,
    len: usize,
    sender: Option<&mut MaybeUninit<tabi_addr>>,
) -> ssize_t {
    // SAFETY: the caller passes `len` writable bytes.
    count(move || unsafe { recvfrom(sk, buffer, len, 0, sender, Limit::Now) })
}

/// Sends what there is room for, without waiting, whatever the socket's timeout.
///
/// Returns as tabi_send(), with -EAGAIN when there is no room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_try_send(sk: Option<&tabi_sock>, data: *const c_void, len: usize) -> ssize_t {
    // SAFETY: the caller passes `len` readable bytes.
    count(move || unsafe { send(sk, data, len, 0, Limit::Now) })
}

/// tabi_sendto_addr() without waiting: see tabi_try_send().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_try_sendto_addr(
    sk: Option<&tabi_sock>,
    data: *const c_void,
    len: usize,
    addr: Option<&tabi_addr>,
) -> ssize_t {
    // SAFETY: the caller passes `len` readable bytes.
    count(move || unsafe { sendto(sk, data, len, 0, addr, Limit::Now) })
}
