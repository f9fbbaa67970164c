//! Messages with several buffers, an address and control data.
//!
//! Datagrams go through `WSASendMsg` and `WSARecvMsg`. Streams have neither, but `WSASend` and `WSARecv` take several
//! buffers too.

use std::ffi::{c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::OnceLock;

use windows_sys::Win32::Networking::WinSock as winsock;
use windows_sys::core::GUID;

use super::libc::msghdr;
use crate::sys::fd::RawFd;

/// `sendmsg(2)`.
///
/// # Safety
///
/// What the header points to is readable.
pub unsafe fn sendmsg(fd: RawFd, header: *const msghdr, flags: c_int) -> isize {
    // SAFETY: the caller promises a header.
    let header = unsafe { &*header };
    let (socket, mut sent) = (fd as winsock::SOCKET, 0);
    let result = if is_stream(fd) {
        if header.msg_controllen > 0 {
            return refused(winsock::WSAEOPNOTSUPP);
        }
        let (buffers, count) = (header.msg_iov.cast(), header.msg_iovlen as u32);
        // SAFETY: the caller promises that the buffers are readable.
        unsafe { winsock::WSASend(socket, buffers, count, &mut sent, flags as u32, ptr::null_mut(), None) }
    } else {
        let Some(call) = send_function(fd) else { return -1 };
        let message = to_winsock(header);
        // SAFETY: the caller promises that everything the header points to is readable.
        unsafe { call(socket, &message, flags as u32, &mut sent, ptr::null_mut(), None) }
    };
    if result == 0 { sent as isize } else { -1 }
}

/// `recvmsg(2)`.
///
/// # Safety
///
/// What the header points to is writable.
pub unsafe fn recvmsg(fd: RawFd, header: *mut msghdr, flags: c_int) -> isize {
    // SAFETY: the caller promises a header that is writable.
    let header = unsafe { &mut *header };
    let (socket, mut received) = (fd as winsock::SOCKET, 0);
    if is_stream(fd) {
        let (buffers, count, mut flags) = (header.msg_iov.cast(), header.msg_iovlen as u32, flags as u32);
        // SAFETY: the caller promises that the buffers are writable.
        let result = unsafe {
            winsock::WSARecv(socket, buffers, count, &mut received, &mut flags, ptr::null_mut(), None)
        };
        (header.msg_namelen, header.msg_controllen, header.msg_flags) = (0, 0, 0);
        return if result == 0 { received as isize } else { -1 };
    }
    let Some(call) = receive_function(fd) else { return -1 };
    let mut message = to_winsock(header);
    message.dwFlags = flags as u32;
    // SAFETY: the caller promises that everything the header points to is writable.
    let result = unsafe { call(socket, &mut message, &mut received, ptr::null_mut(), None) };
    // The system reports a message that was cut off as an error, although it has written what fits.
    let was_cut = result != 0 && crate::error::last_errno() == winsock::WSAEMSGSIZE;
    if result != 0 && !was_cut {
        return -1;
    }
    header.msg_namelen = message.namelen;
    header.msg_controllen = message.Control.len as usize;
    header.msg_flags = message.dwFlags as c_int;
    // Control data that was cut is the same error. Wine does not write the number of bytes then.
    if was_cut && message.dwFlags & winsock::MSG_CTRUNC == 0 {
        header.msg_flags |= winsock::MSG_TRUNC as c_int;
    }
    if was_cut && received == 0 && header.msg_flags & winsock::MSG_TRUNC as c_int != 0 {
        // SAFETY: the caller promises the buffers of the header.
        return unsafe { space(header) };
    }
    received as isize
}

/// The length of all buffers together.
///
/// # Safety
///
/// The header has as many buffers as it says.
unsafe fn space(header: &msghdr) -> isize {
    // SAFETY: the caller promises the buffers.
    (0..header.msg_iovlen).map(|index| unsafe { (*header.msg_iov.add(index)).iov_len } as isize).sum()
}

fn to_winsock(header: &msghdr) -> winsock::WSAMSG {
    winsock::WSAMSG {
        name: header.msg_name.cast(),
        namelen: header.msg_namelen,
        lpBuffers: header.msg_iov.cast(),
        dwBufferCount: header.msg_iovlen as u32,
        Control: winsock::WSABUF {
            len: u32::try_from(header.msg_controllen).unwrap_or(u32::MAX),
            buf: header.msg_control.cast(),
        },
        dwFlags: 0,
    }
}

fn refused(errno: c_int) -> isize {
    super::set_errno(errno);
    -1
}

fn is_stream(fd: RawFd) -> bool {
    let (mut kind, mut len) = (0, size_of::<c_int>() as c_int);
    let place = (&raw mut kind).cast();
    // SAFETY: the value is writable for its length.
    let result =
        unsafe { winsock::getsockopt(fd as _, winsock::SOL_SOCKET, winsock::SO_TYPE, place, &mut len) };
    result == 0 && kind == winsock::SOCK_STREAM
}

type Send = unsafe extern "system" fn(
    winsock::SOCKET,
    *const winsock::WSAMSG,
    u32,
    *mut u32,
    *mut windows_sys::Win32::System::IO::OVERLAPPED,
    winsock::LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32;
type Receive = unsafe extern "system" fn(
    winsock::SOCKET,
    *mut winsock::WSAMSG,
    *mut u32,
    *mut windows_sys::Win32::System::IO::OVERLAPPED,
    winsock::LPWSAOVERLAPPED_COMPLETION_ROUTINE,
) -> i32;

fn send_function(fd: RawFd) -> Option<Send> {
    static FUNCTION: OnceLock<usize> = OnceLock::new();
    let address = extension(fd, winsock::WSAID_WSASENDMSG, &FUNCTION)?;
    // SAFETY: the system has returned the address of this function.
    Some(unsafe { mem::transmute::<usize, Send>(address) })
}

fn receive_function(fd: RawFd) -> Option<Receive> {
    static FUNCTION: OnceLock<usize> = OnceLock::new();
    let address = extension(fd, winsock::WSAID_WSARECVMSG, &FUNCTION)?;
    // SAFETY: the system has returned the address of this function.
    Some(unsafe { mem::transmute::<usize, Receive>(address) })
}

/// Returns the address of a function that Winsock has only by its GUID. It is the same for all sockets of the system's
/// own protocols.
pub(super) fn extension(fd: RawFd, id: GUID, known: &OnceLock<usize>) -> Option<usize> {
    if let Some(&address) = known.get() {
        return Some(address);
    }
    let (mut address, mut written) = (0usize, 0);
    // SAFETY: the GUID is readable and the address writable, for the lengths stated.
    let result = unsafe {
        winsock::WSAIoctl(
            fd as _,
            winsock::SIO_GET_EXTENSION_FUNCTION_POINTER,
            (&raw const id).cast::<c_void>(),
            size_of::<GUID>() as u32,
            (&raw mut address).cast(),
            size_of::<usize>() as u32,
            &mut written,
            ptr::null_mut(),
            None,
        )
    };
    (result == 0 && address != 0).then(|| *known.get_or_init(|| address))
}
