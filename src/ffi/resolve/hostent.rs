//! The C functions `tabi_gethostbyname` and its relatives.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use crate::sys::libc::ssize_t;

use crate::address::ip_text;
use crate::deadline::Deadline;
use crate::ffi::boundary::{Outcome, copy_text, count, give, not_null, status, string, take_back};
use crate::resolve::{HostEntry, gethostbyaddr_until, gethostbyname_ex_until, gethostbyname_until};

/// What is known about a host: Python's `(hostname, aliaslist, ipaddrlist)`. tabi_hostent_free() frees it.
#[repr(C)]
pub struct tabi_hostent {
    /// sizeof(tabi_hostent) in the library. Later versions may add members at the end.
    pub struct_size: usize,
    /// The main name of the host.
    pub name: *const c_char,
    /// The other names of the host. The array ends with NULL.
    pub aliases: *const *const c_char,
    /// The addresses of the host as text, at least one. The array ends with NULL.
    pub addresses: *const *const c_char,
}

/// An entry, and what it points to. C sees only the first field.
#[repr(C)]
struct Owned {
    entry: tabi_hostent,
    _texts: [Vec<CString>; 3],
    _pointers: [Vec<*const c_char>; 2],
}

fn give_entry(host: HostEntry) -> Outcome<*mut tabi_hostent> {
    let c_text = |text: String| CString::new(text).unwrap_or_default();
    let name = c_text(host.name);
    let aliases: Vec<CString> = host.aliases.into_iter().map(c_text).collect();
    let addresses: Vec<CString> = host.addresses.iter().map(|address| c_text(ip_text(*address))).collect();
    let pointers = [&aliases, &addresses].map(|texts| -> Vec<*const c_char> {
        texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
    });
    let entry = tabi_hostent {
        struct_size: size_of::<tabi_hostent>(),
        name: name.as_ptr(),
        aliases: pointers[0].as_ptr(),
        addresses: pointers[1].as_ptr(),
    };
    Ok(give(Owned { entry, _texts: [vec![name], aliases, addresses], _pointers: pointers })?.cast())
}

/// Writes the first IPv4 address of a host to `address` as text, with a NUL at the end (Python's
/// `gethostbyname`).
///
/// `name` is a name, an IPv4 address, "" (which gives 0.0.0.0) or `"<broadcast>"`. `size` is the size of
/// `address` in bytes; 16 are always enough. Returns the length without the NUL. Errors: TABI_GAI_* when the
/// look-up fails; TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostbyname(
    name: *const c_char,
    address: *mut c_char,
    size: usize,
) -> ssize_t {
    // SAFETY: the caller passes a NUL-terminated string, and `size` writable bytes.
    unsafe { tabi_gethostbyname_until(name, i64::MAX, address, size) }
}

/// Does what tabi_gethostbyname() does, with a deadline. See tabi_getaddrinfo_until().
///
/// Errors: those of tabi_gethostbyname(), and those of tabi_getaddrinfo_until() for the deadline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostbyname_until(
    name: *const c_char,
    deadline: i64,
    address: *mut c_char,
    size: usize,
) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        let found = gethostbyname_until(name, Deadline::from_monotonic(deadline))?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&found.to_string(), address, size, "address") }
    })
}

/// Looks up the names and all IPv4 addresses of a host (Python's `gethostbyname_ex`).
///
/// Returns 0 and an entry, which tabi_hostent_free() frees. Errors: TABI_GAI_* when the host has no address;
/// TABI_HERROR_* when only the look-up of its names fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostbyname_ex(
    name: *const c_char,
    entry: Option<&mut MaybeUninit<*mut tabi_hostent>>,
) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string.
    unsafe { tabi_gethostbyname_ex_until(name, i64::MAX, entry) }
}

/// Does what tabi_gethostbyname_ex() does, with a deadline. See tabi_getaddrinfo_until().
///
/// Errors: those of tabi_gethostbyname_ex(), and those of tabi_getaddrinfo_until() for the deadline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostbyname_ex_until(
    name: *const c_char,
    deadline: i64,
    entry: Option<&mut MaybeUninit<*mut tabi_hostent>>,
) -> c_int {
    status(|| {
        let entry = not_null(entry, "entry")?;
        // SAFETY: the caller passes a NUL-terminated string.
        let name = unsafe { string(name, "name") }?;
        entry.write(give_entry(gethostbyname_ex_until(name, Deadline::from_monotonic(deadline))?)?);
        Ok(())
    })
}

/// Looks up the names and addresses of the host that has an IP address (Python's `gethostbyaddr`).
///
/// `address` is an IPv4 or IPv6 address as text, or a name, whose address is looked up first. Returns 0 and
/// an entry, which tabi_hostent_free() frees. Errors: TABI_GAI_* when a name has no address; TABI_HERROR_*
/// when nothing is known about the address; TABI_ERR_OS for "".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostbyaddr(
    address: *const c_char,
    entry: Option<&mut MaybeUninit<*mut tabi_hostent>>,
) -> c_int {
    // SAFETY: the caller passes a NUL-terminated string.
    unsafe { tabi_gethostbyaddr_until(address, i64::MAX, entry) }
}

/// Does what tabi_gethostbyaddr() does, with a deadline. See tabi_getaddrinfo_until().
///
/// Errors: those of tabi_gethostbyaddr(), and those of tabi_getaddrinfo_until() for the deadline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostbyaddr_until(
    address: *const c_char,
    deadline: i64,
    entry: Option<&mut MaybeUninit<*mut tabi_hostent>>,
) -> c_int {
    status(|| {
        let entry = not_null(entry, "entry")?;
        // SAFETY: the caller passes a NUL-terminated string.
        let address = unsafe { string(address, "address") }?;
        entry.write(give_entry(gethostbyaddr_until(address, Deadline::from_monotonic(deadline))?)?);
        Ok(())
    })
}

/// Frees an entry and all that it points to. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_hostent_free(entry: *mut tabi_hostent) {
    // SAFETY: the caller passes an entry of this library for the last time; it is the first field of an `Owned`.
    unsafe { take_back(entry.cast::<Owned>()) }
}
