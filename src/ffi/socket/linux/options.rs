//! The C functions for options that only Linux has.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use libc::ssize_t;

use crate::ffi::boundary::{copy_text, count, status, string};
use crate::ffi::socket::{socket, tabi_sock};

/// Writes the name of the interface that the socket is bound to, with a NUL at the end (SO_BINDTODEVICE). The
/// name is empty when there is none.
///
/// `size` is the size of `name` in bytes; 16 are always enough. Returns the length without the NUL. Errors:
/// TABI_ERR_TOO_SMALL; -errno.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_device(sk: Option<&tabi_sock>, name: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let device = socket(sk)?.device()?.unwrap_or_default();
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&device, name, size, "name") }
    })
}

/// Binds the socket to an interface (SO_BINDTODEVICE).
///
/// `name` is the interface's name, at most 15 bytes. "" ends the binding. Returns 0. Errors: TABI_ERR_VALUE
/// when the name is too long; -ENODEV when there is no such interface; -EPERM when the binding is changed
/// without CAP_NET_RAW.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_bind_device(sk: Option<&tabi_sock>, name: *const c_char) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        Ok(socket(sk)?.bind_device((!name.is_empty()).then_some(name))?)
    })
}

/// Writes the name of TCP's congestion control, such as "cubic", with a NUL at the end (TCP_CONGESTION).
///
/// `size` is the size of `name` in bytes; 16 are always enough. Returns the length without the NUL. Errors:
/// TABI_ERR_TOO_SMALL; -EOPNOTSUPP or -ENOPROTOOPT when the socket is not TCP.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_congestion(sk: Option<&tabi_sock>, name: *mut c_char, size: usize) -> ssize_t {
    count(|| {
        let congestion = socket(sk)?.tcp_congestion()?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&congestion, name, size, "name") }
    })
}

/// Sets TCP's congestion control by its name, at most 15 bytes (TCP_CONGESTION).
///
/// Returns 0. Errors: TABI_ERR_VALUE when the name is too long; -ENOENT when the system does not know it;
/// -EPERM when only privileged programs may use it; -EOPNOTSUPP or -ENOPROTOOPT when the socket is not TCP.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_set_congestion(sk: Option<&tabi_sock>, name: *const c_char) -> c_int {
    status(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        Ok(socket(sk)?.set_tcp_congestion(name)?)
    })
}

/// Reads which process made the other end of an AF_UNIX connection, as it was at that time (SO_PEERCRED).
///
/// Any output may be NULL. Returns 0. Errors: -ENOTCONN when there is no other end, or when the socket is of
/// another family. For a listening socket this is the process that has made it listen.
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
