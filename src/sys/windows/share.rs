//! Controlling sockets, and sharing them with other processes.

use std::mem::MaybeUninit;
use std::ptr;

use windows_sys::Win32::Networking::WinSock as winsock;

use super::startup::start;
use crate::error::{Error, Result};
use crate::memory;
use crate::sys::fd::{FromRawFd, OwnedFd, RawFd};

/// Calls `WSAIoctl` with some bytes. Returns how many bytes the system has written.
pub(crate) fn ioctl(fd: RawFd, control: u32, option: &[u8]) -> Result<u32> {
    let (mut answer, mut written) = (0u32, 0);
    // SAFETY: the option is readable and the answer writable, for the lengths stated.
    let result = unsafe {
        winsock::WSAIoctl(
            fd as _,
            control,
            option.as_ptr().cast(),
            option.len() as u32,
            (&raw mut answer).cast(),
            size_of::<u32>() as u32,
            &mut written,
            ptr::null_mut(),
            None,
        )
    };
    if result == 0 { Ok(written) } else { Err(Error::last_os()) }
}

/// The number of bytes of a socket that is shared.
pub(crate) const SHARED_SIZE: usize = size_of::<winsock::WSAPROTOCOL_INFOW>();

/// Returns the bytes of the structure from which another process makes the same socket.
pub(crate) fn share(fd: RawFd, process: u32) -> Result<Vec<u8>> {
    let mut info = MaybeUninit::<winsock::WSAPROTOCOL_INFOW>::zeroed();
    // SAFETY: the call writes one structure.
    if unsafe { winsock::WSADuplicateSocketW(fd as _, process, info.as_mut_ptr()) } != 0 {
        return Err(Error::last_os());
    }
    let mut bytes = memory::zeroed(SHARED_SIZE)?;
    // SAFETY: the structure began as zeros, so all its bytes are initialised; the memory has as many.
    unsafe { ptr::copy_nonoverlapping(info.as_ptr().cast::<u8>(), bytes.as_mut_ptr(), SHARED_SIZE) };
    Ok(bytes)
}

/// Makes a socket from the bytes of such a structure. Returns its family, type and protocol, too.
pub(crate) fn from_share(bytes: &[u8]) -> Result<(OwnedFd, i32, i32, i32)> {
    if bytes.len() != SHARED_SIZE {
        return Err(Error::value(format_args!(
            "a shared socket has {SHARED_SIZE} bytes, got {}",
            bytes.len()
        )));
    }
    start();
    // SAFETY: there are enough bytes, and any bytes are a value of the structure, which is integers.
    let info: winsock::WSAPROTOCOL_INFOW =
        unsafe { bytes.as_ptr().cast::<winsock::WSAPROTOCOL_INFOW>().read_unaligned() };
    let any = winsock::FROM_PROTOCOL_INFO;
    let flags = winsock::WSA_FLAG_OVERLAPPED | winsock::WSA_FLAG_NO_HANDLE_INHERIT;
    // SAFETY: the structure is readable, and the system checks what is in it.
    let socket = unsafe { winsock::WSASocketW(any, any, any, &info, 0, flags) };
    if socket == winsock::INVALID_SOCKET {
        return Err(Error::last_os());
    }
    // SAFETY: the socket is new and has no other owner.
    let socket = unsafe { OwnedFd::from_raw_fd(socket as RawFd) };
    Ok((socket, info.iAddressFamily, info.iSocketType, info.iProtocol))
}
