//! The resolver of the system: `getaddrinfo` and `getnameinfo`, which every thread may call.

use std::ffi::{CStr, c_char, c_int};
use std::io;
use std::ptr;

use socket2::SockAddr;
use windows_sys::Win32::Networking::WinSock as winsock;

use super::libc;
use super::startup::start;
use crate::error::{Error, Result};

/// What a look-up is limited to. 0 is no limit.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hints {
    pub(crate) family: c_int,
    pub(crate) kind: c_int,
    pub(crate) proto: c_int,
    pub(crate) flags: c_int,
}

/// The flags that change nothing about the answer for a host and a port that are numbers. `None`: the system answers.
pub(crate) const FLAGS_OF_NUMBERS: Option<c_int> = None;

/// The list of answers, which belongs to the system and is never empty.
pub(crate) struct Answers(*mut winsock::ADDRINFOA);

impl Answers {
    /// Looks a host and a service up. No other function of this crate calls `getaddrinfo`.
    pub(crate) fn of(host: Option<&CStr>, service: Option<&CStr>, hints: Hints) -> Result<Self> {
        start();
        let wanted = winsock::ADDRINFOA {
            ai_family: hints.family,
            ai_socktype: hints.kind,
            ai_protocol: hints.proto,
            ai_flags: hints.flags,
            ..Default::default()
        };
        let mut list = ptr::null_mut();
        let host = host.map_or(ptr::null(), CStr::as_ptr).cast();
        let service = service.map_or(ptr::null(), CStr::as_ptr).cast();
        // SAFETY: both names are NULL or NUL-terminated, the pointers of the hints are NULL, and `list` is writable.
        match unsafe { winsock::getaddrinfo(host, service, &wanted, &mut list) } {
            0 if list.is_null() => Err(Error::Gai(libc::EAI_NONAME)),
            0 => Ok(Answers(list)),
            code => Err(Error::Gai(code)),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Answer<'_>> {
        let mut next = self.0;
        std::iter::from_fn(move || {
            // SAFETY: `next` is NULL or an entry of the list, which exists as long as `self`.
            let entry = unsafe { next.as_ref() }?;
            next = entry.ai_next;
            Some(Answer(entry))
        })
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        // SAFETY: the list came from getaddrinfo and is freed once.
        unsafe { winsock::freeaddrinfo(self.0) };
    }
}

/// One entry of the list.
pub(crate) struct Answer<'a>(&'a winsock::ADDRINFOA);

impl Answer<'_> {
    pub(crate) fn family(&self) -> c_int {
        self.0.ai_family
    }

    pub(crate) fn kind(&self) -> c_int {
        self.0.ai_socktype
    }

    pub(crate) fn proto(&self) -> c_int {
        self.0.ai_protocol
    }

    /// Returns the canonical name of the host. It is empty when the look-up did not ask for it.
    pub(crate) fn canonname(&self) -> String {
        // SAFETY: the name is NULL or NUL-terminated, and exists as long as the list.
        unsafe { text(self.0.ai_canonname.cast()) }
    }

    /// Returns the address, or `None` when the answer has none or one that is too long.
    pub(crate) fn address(&self) -> Option<SockAddr> {
        let (address, size) = (self.0.ai_addr, self.0.ai_addrlen);
        // SAFETY: the closure writes an address of `size` bytes, which it has compared with the size of the storage.
        let init = unsafe {
            SockAddr::try_init(|storage, len| {
                if address.is_null() || size > *len as usize {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                ptr::copy_nonoverlapping(address.cast::<u8>(), storage.cast(), size);
                *len = size as _;
                Ok(())
            })
        };
        init.ok().map(|((), address)| address)
    }
}

/// Copies a name. It is empty for NULL, and bytes that are not UTF-8 become U+FFFD.
///
/// # Safety
///
/// `text` is NULL or NUL-terminated.
pub(super) unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the text is not NULL, and the caller guarantees that it is NUL-terminated.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// Returns the names of the host and the service of an address (`getnameinfo`). Bytes that are not UTF-8 become U+FFFD.
pub(crate) fn name_info(address: &SockAddr, flags: c_int) -> Result<(String, String)> {
    start();
    let mut host = [0u8; winsock::NI_MAXHOST as usize];
    let mut service = [0u8; winsock::NI_MAXSERV as usize];
    // SAFETY: the address has `len` bytes, and both buffers are writable for the lengths stated.
    let code = unsafe {
        winsock::getnameinfo(
            address.as_ptr().cast(),
            address.len(),
            host.as_mut_ptr(),
            host.len() as u32,
            service.as_mut_ptr(),
            service.len() as u32,
            flags,
        )
    };
    let up_to_nul = |buffer: &[u8]| {
        let name = CStr::from_bytes_until_nul(buffer).map_or(buffer, CStr::to_bytes);
        String::from_utf8_lossy(name).into_owned()
    };
    if code == 0 { Ok((up_to_nul(&host), up_to_nul(&service))) } else { Err(Error::Gai(code)) }
}
