//! Winsock must be started before its first call.

use std::mem::MaybeUninit;
use std::sync::Once;

use windows_sys::Win32::Networking::WinSock::{WSADATA, WSAStartup};

/// Starts Winsock, the first time that it is called. If that fails, every call of Winsock fails with
/// `WSANOTINITIALISED`, which tells the caller.
///
/// Winsock counts how often it was started. It is never ended here, because sockets may live until the process ends.
pub(super) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let mut data = MaybeUninit::<WSADATA>::uninit();
        // SAFETY: the call writes the structure, which nobody reads.
        unsafe { WSAStartup(0x0202, data.as_mut_ptr()) };
    });
}
