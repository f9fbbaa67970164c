//! Linux's own options in C: the device, TCP's congestion control, who the peer is.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use libc::ssize_t;

use crate::ffi::boundary::{copy_text, count, status, string};
use crate::ffi::socket::{socket, tabi_sock};

/// The name of the interface that the socket is bound to, with its closing NUL; empty for none
/// (SO_BINDTODEVICE).
///
/// `size`: the bytes of `name`; 16 are enough. Returns the length without the NUL; TABI_ERR_TOO_SMALL,
/// TABI_ERR_CLOSED or -errno.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_device(sk: Option<&tabi_sock>, name: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let device = socket(sk)?.device()?.unwrap_or_default();
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&device, name, size) }
    })
}

/// Binds the socket to the interface of this name, at most 15 bytes; "" unbinds it (SO_BINDTODEVICE).
///
/// Returns 0; TABI_ERR_VALUE for a longer name; -ENODEV for an unknown one; -EPERM for changing it without
/// CAP_NET_RAW; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_bind_device(sk: Option<&tabi_sock>, name: *const c_char) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        Ok(socket(sk)?.bind_device((!name.is_empty()).then_some(name))?)
    })
}

/// The name of TCP's congestion control, such as "cubic", with its closing NUL (TCP_CONGESTION).
///
/// `size`: the bytes of `name`; 16 are enough. Returns the length without the NUL; TABI_ERR_TOO_SMALL;
/// -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_congestion(sk: Option<&tabi_sock>, name: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let congestion = socket(sk)?.tcp_congestion()?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&congestion, name, size) }
    })
}

/// Sets TCP's congestion control by name, at most 15 bytes (TCP_CONGESTION).
///
/// Returns 0; TABI_ERR_VALUE for a longer name; -ENOENT for an unknown one; -EPERM for one that is reserved;
/// -EOPNOTSUPP or -ENOPROTOOPT for a socket that is not TCP; TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_set_congestion(sk: Option<&tabi_sock>, name: *const c_char) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        Ok(socket(sk)?.set_tcp_congestion(name)?)
    })
}

/// Who made the other end of an AF_UNIX connection, as it was then (SO_PEERCRED).
///
/// Any output may be NULL. Returns 0; -ENOTCONN where there is no other end, or one of another family;
/// TABI_ERR_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn tabi_peer_credentials(
    sk: Option<&tabi_sock>,
    pid: Option<&mut MaybeUninit<i32>>,
    uid: Option<&mut MaybeUninit<u32>>,
    gid: Option<&mut MaybeUninit<u32>>,
) -> c_int {
    status(|| {
        let peer = socket(sk)?.peer_credentials()?;
        pid.map(|pid| pid.write(peer.pid));
        uid.map(|uid| uid.write(peer.uid));
        gid.map(|gid| gid.write(peer.gid));
        Ok(())
    })
}
