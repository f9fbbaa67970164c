//! Network interfaces, and the name of the machine.

use std::ffi::CStr;

use crate::error::{Error, Result};
use crate::memory;
use crate::sys::syscall;

/// Returns the number of the interface with this name. Fails with `Os(ENODEV)` or `Os(ENXIO)` when there is none.
pub(crate) fn interface_index(name: &CStr) -> Result<u32> {
    // SAFETY: the name is NUL-terminated.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(match Error::last_os() {
            // glibc could not make the socket that it needs, and does not report the reason.
            Error::Os(libc::ENOENT) => {
                let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::DGRAM, None);
                socket.err().map_or(Error::Os(libc::ENOENT), Error::from)
            }
            error => error,
        }),
        index => Ok(index),
    }
}

/// The errors that say that there is no interface with a name or a number.
pub(crate) const NO_INTERFACE: [i32; 2] = [libc::ENODEV, libc::ENXIO];

/// Returns the numbers and the names of all interfaces. Bytes of a name that are not UTF-8 become U+FFFD.
pub(crate) fn interfaces() -> Result<Vec<(u32, String)>> {
    // SAFETY: the call has no arguments. Its list is freed below.
    let list = unsafe { libc::if_nameindex() };
    if list.is_null() {
        return Err(Error::last_os());
    }
    // SAFETY: the list was just made, and is not used after it is freed.
    unsafe {
        let interfaces = read(list);
        libc::if_freenameindex(list);
        interfaces
    }
}

/// # Safety
///
/// `next` is a list of the system's, which ends with an entry of number 0; entries before it have a NUL-terminated name.
unsafe fn read(mut next: *const libc::if_nameindex) -> Result<Vec<(u32, String)>> {
    let mut interfaces = Vec::new();
    // SAFETY: the caller promises the list and its end.
    unsafe {
        while (*next).if_index != 0 {
            memory::reserve(&mut interfaces, 1)?;
            interfaces
                .push(((*next).if_index, CStr::from_ptr((*next).if_name).to_string_lossy().into_owned()));
            next = next.add(1);
        }
    }
    Ok(interfaces)
}

/// Returns the name of the interface with this number. Fails with `Os(ENXIO)` when there is none.
pub(crate) fn interface_name(index: u32) -> Result<String> {
    let mut name = [0u8; libc::IF_NAMESIZE];
    // SAFETY: the buffer has IF_NAMESIZE bytes, the most that the call writes.
    if unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) }.is_null() {
        return Err(Error::last_os());
    }
    Ok(up_to_nul(&name))
}

/// Returns the name of this machine (`gethostname(2)`).
pub(crate) fn host_name() -> Result<String> {
    let mut name = [0u8; 1025];
    // SAFETY: the call may write all bytes but the last, which stays the closing NUL if the name is cut off.
    unsafe { syscall!(gethostname(name.as_mut_ptr().cast(), name.len() - 1)) }?;
    Ok(up_to_nul(&name))
}

fn up_to_nul(name: &[u8]) -> String {
    let bytes = CStr::from_bytes_until_nul(name).map_or(name, CStr::to_bytes);
    String::from_utf8_lossy(bytes).into_owned()
}
