//! The C functions `tabi_getaddrinfo` and `tabi_getnameinfo`.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use crate::address::RawAddress;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::ffi::address::tabi_addr;
use crate::ffi::boundary::{
    boundary, check_text, copy_text, give, not_null, optional_string, status, take_back,
};
use crate::memory;
use crate::resolve::{AddrInfo, Host, Service, getnameinfo_until, look_up};

/// One answer of tabi_getaddrinfo(): the arguments for a socket, and the address to connect it or bind it to.
#[repr(C)]
pub struct tabi_addrinfo {
    /// sizeof(tabi_addrinfo) in the library. Later versions may add members at the end.
    pub struct_size: usize,
    /// The address family: an AF_* constant.
    pub family: c_int,
    /// The type: a SOCK_* constant.
    pub r#type: c_int,
    /// The protocol: an IPPROTO_* constant.
    pub proto: c_int,
    /// The canonical name of the host, in the first answer and with AI_CANONNAME. Otherwise "".
    pub canonname: *const c_char,
    /// The address.
    pub addr: tabi_addr,
}

/// The answers of tabi_getaddrinfo(), in the order in which a program should try them.
///
/// A list never changes. Any number of threads may read it.
// The first answer is usually the only one. It lies in the list itself, which then needs no further memory.
pub struct tabi_addrinfo_list {
    first: Option<tabi_addrinfo>,
    others: Vec<tabi_addrinfo>,
    /// What the answers point to.
    names: Vec<CString>,
}

impl tabi_addrinfo_list {
    fn add(&mut self, info: AddrInfo) -> Result<()> {
        let answer = tabi_addrinfo {
            struct_size: size_of::<tabi_addrinfo>(),
            family: info.family.as_raw(),
            r#type: info.kind.as_raw(),
            proto: info.proto,
            canonname: self.kept(info.canonname)?,
            addr: RawAddress::try_from(&info.address)?.into(),
        };
        if self.first.is_none() {
            self.first = Some(answer);
        } else {
            memory::reserve(&mut self.others, 1)?;
            self.others.push(answer);
        }
        Ok(())
    }

    /// Keeps a name for as long as the list exists.
    fn kept(&mut self, name: String) -> Result<*const c_char> {
        if name.is_empty() {
            return Ok(c"".as_ptr());
        }
        memory::reserve(&mut self.names, 1)?;
        let name = CString::new(name).unwrap_or_default();
        let text = name.as_ptr();
        self.names.push(name);
        Ok(text)
    }

    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }
}

/// Looks up the addresses of a host and a service (getaddrinfo(3), Python's `getaddrinfo`).
///
/// `host` is a name, an IP address, or NULL for this machine. `service` is a name such as "http", a port such
/// as "80", or NULL for port 0. `family` (AF_*), `type` (SOCK_*) and `proto` (IPPROTO_*) limit the answers; 0
/// does not. `flags` is 0 or a combination of AI_* constants. The call takes as long as the system's resolver
/// needs.
///
/// Returns the number of answers, at least 1, and the list, which tabi_addrinfo_list_free() frees. Errors:
/// TABI_GAI_* when the look-up fails; -errno when the resolver meets an error of the system.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getaddrinfo(
    host: *const c_char,
    service: *const c_char,
    family: c_int,
    r#type: c_int,
    proto: c_int,
    flags: c_int,
    list: Option<&mut MaybeUninit<*mut tabi_addrinfo_list>>,
) -> c_int {
    // SAFETY: the caller passes NUL-terminated strings or NULL.
    unsafe { tabi_getaddrinfo_until(host, service, family, r#type, proto, flags, i64::MAX, list) }
}

/// Does what tabi_getaddrinfo() does, but waits no longer than until `deadline`, in nanoseconds of CLOCK_MONOTONIC
/// (see tabi_deadline()). INT64_MAX is no deadline.
///
/// With a deadline, the look-up runs in one of at most 16 threads of the library, which run no signal handlers and are
/// never joined. When the deadline passes, the look-up goes on there, and its answer is dropped. Look-ups for which no
/// thread is free wait for their turn. A numeric host is not looked up, and needs no thread.
///
/// Errors: those of tabi_getaddrinfo(); TABI_ERR_TIMEOUT when the deadline passes; -EMFILE when the process has too
/// many open descriptors to wait; -EAGAIN when the system refuses the thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getaddrinfo_until(
    host: *const c_char,
    service: *const c_char,
    family: c_int,
    r#type: c_int,
    proto: c_int,
    flags: c_int,
    deadline: i64,
    list: Option<&mut MaybeUninit<*mut tabi_addrinfo_list>>,
) -> c_int {
    boundary(|| {
        let list = not_null(list, "list")?;
        // SAFETY: the caller passes NUL-terminated strings or NULL.
        let (host, service) = unsafe { (optional_string(host), optional_string(service)) };
        let host = host.map_or_else(|| Host::from(None), Host::from);
        let service = service.map_or_else(|| Service::from(None), Service::from);
        let deadline = Deadline::from_monotonic(deadline);
        let found = look_up(host, service, family.into(), r#type.into(), proto, flags, deadline)?;
        let mut made = tabi_addrinfo_list { first: None, others: Vec::new(), names: Vec::new() };
        for info in found.only.into_iter().chain(found.several) {
            made.add(info)?;
        }
        let count = made.len();
        list.write(give(made)?);
        Ok(count as c_int)
    })
}

/// Returns one answer of a list, or NULL when `index` is too large or `list` is NULL.
///
/// `index` begins at 0. The answer is valid until tabi_addrinfo_list_free().
#[unsafe(no_mangle)]
pub extern "C" fn tabi_addrinfo_at(list: Option<&tabi_addrinfo_list>, index: usize) -> *const tabi_addrinfo {
    let answer = list.and_then(|list| match index.checked_sub(1) {
        None => list.first.as_ref(),
        Some(other) => list.others.get(other),
    });
    answer.map_or(ptr::null(), ptr::from_ref)
}

/// Frees a list and all its answers. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_addrinfo_list_free(list: *mut tabi_addrinfo_list) {
    // SAFETY: the caller passes a list of tabi_getaddrinfo() for the last time.
    unsafe { take_back(list) }
}

/// Looks up the names of an address's host and service (getnameinfo(3), Python's `getnameinfo`).
///
/// `flags` is 0 or a combination of NI_* constants. `host_size` and `service_size` are the sizes of the
/// buffers in bytes; NI_MAXHOST (1025) and 32 are always enough. (NULL, 0) leaves one of them out. The call
/// takes as long as the system's resolver needs.
///
/// Returns 0. Errors: TABI_GAI_* when the look-up fails; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getnameinfo(
    addr: Option<&tabi_addr>,
    flags: c_int,
    host: *mut c_char,
    host_size: usize,
    service: *mut c_char,
    service_size: usize,
) -> c_int {
    // SAFETY: the caller passes two buffers that are writable for their sizes.
    unsafe { tabi_getnameinfo_until(addr, flags, i64::MAX, host, host_size, service, service_size) }
}

/// Does what tabi_getnameinfo() does, with a deadline. See tabi_getaddrinfo_until().
///
/// Errors: those of tabi_getnameinfo(), and those of tabi_getaddrinfo_until() for the deadline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_getnameinfo_until(
    addr: Option<&tabi_addr>,
    flags: c_int,
    deadline: i64,
    host: *mut c_char,
    host_size: usize,
    service: *mut c_char,
    service_size: usize,
) -> c_int {
    status(|| {
        let address = not_null(addr, "addr")?.raw()?;
        let names = getnameinfo_until(address, flags, Deadline::from_monotonic(deadline))?;
        let wanted = [(names.0, host, host_size, "host"), (names.1, service, service_size, "service")];
        let wanted = wanted.iter().filter(|(_, _, size, _)| *size > 0);
        // Nothing is written unless both fit.
        for (name, buffer, size, argument) in wanted.clone() {
            check_text(name.len(), *buffer, *size, argument)?;
        }
        for (name, buffer, size, argument) in wanted {
            // SAFETY: the caller passes `size` writable bytes.
            unsafe { copy_text(name, *buffer, *size, argument) }?;
        }
        Ok(())
    })
}
