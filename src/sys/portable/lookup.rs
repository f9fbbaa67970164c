//! The resolver of the system: `getaddrinfo(3)` and `getnameinfo(3)`, which every thread may call.

use std::ffi::{CStr, c_int};
use std::io;
use std::ptr;

use socket2::SockAddr;

use super::entry::text;
use crate::error::{Error, Result, last_errno};
use crate::sys::libc;

/// What a look-up is limited to. 0 is no limit.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hints {
    pub(crate) family: c_int,
    pub(crate) kind: c_int,
    pub(crate) proto: c_int,
    pub(crate) flags: c_int,
}

/// The list of answers, which belongs to the system and is never empty.
pub(crate) struct Answers(*mut libc::addrinfo);

impl Answers {
    /// Looks a host and a service up. No other function of this crate calls `getaddrinfo(3)`.
    pub(crate) fn of(host: Option<&CStr>, service: Option<&CStr>, hints: Hints) -> Result<Self> {
        // SAFETY: addrinfo consists of integers and pointers, for which zeros are valid.
        let mut wanted: libc::addrinfo = unsafe { std::mem::zeroed() };
        wanted.ai_family = hints.family;
        wanted.ai_socktype = hints.kind;
        wanted.ai_protocol = hints.proto;
        wanted.ai_flags = hints.flags;
        let mut list = ptr::null_mut();
        let host = host.map_or(ptr::null(), CStr::as_ptr);
        let service = service.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: both names are NULL or NUL-terminated, the pointers of the hints are NULL, and `list` is writable.
        match unsafe { libc::getaddrinfo(host, service, &wanted, &mut list) } {
            0 if list.is_null() => Err(Error::Gai(libc::EAI_NONAME)),
            0 => Ok(Answers(list)),
            code => Err(gai_error(code)),
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
        unsafe { libc::freeaddrinfo(self.0) };
    }
}

/// One entry of the list.
pub(crate) struct Answer<'a>(&'a libc::addrinfo);

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
        // Windows counts the bytes in another type.
        let (address, size) = (self.0.ai_addr, self.0.ai_addrlen as usize);
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

/// Returns the names of the host and the service of an address (`getnameinfo(3)`). Bytes that are not UTF-8 become
/// U+FFFD.
pub(crate) fn name_info(address: &SockAddr, flags: c_int) -> Result<(String, String)> {
    // The sizes are NI_MAXHOST and NI_MAXSERV, which the libc crate does not have for every system.
    let (mut host, mut service) = ([0u8; 1025], [0u8; 32]);
    // SAFETY: the address has `len` bytes, and both buffers are writable for the lengths stated.
    let code = unsafe {
        libc::getnameinfo(
            address.as_ptr().cast(),
            address.len(),
            host.as_mut_ptr().cast(),
            host.len() as _,
            service.as_mut_ptr().cast(),
            service.len() as _,
            flags,
        )
    };
    let up_to_nul = |buffer: &[u8]| {
        let name = CStr::from_bytes_until_nul(buffer).map_or(buffer, CStr::to_bytes);
        String::from_utf8_lossy(name).into_owned()
    };
    if code == 0 { Ok((up_to_nul(&host), up_to_nul(&service))) } else { Err(gai_error(code)) }
}

/// Makes the error of a call that failed. No other call may come in between, because it could change `errno`.
fn gai_error(code: c_int) -> Error {
    if code == libc::EAI_SYSTEM { Error::Os(last_errno()) } else { Error::Gai(code) }
}
