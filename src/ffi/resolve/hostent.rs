//! `gethostbyname` and its relatives in C.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use libc::ssize_t;

use crate::address::ip_text;
use crate::ffi::boundary::{copy_text, count, give, not_null, status, string, take_back};
use crate::resolve::{HostEntry, gethostbyaddr, gethostbyname, gethostbyname_ex};

/// What is known of a host: Python's `(hostname, aliaslist, ipaddrlist)`. tabi_hostent_free() frees it.
#[repr(C)]
pub struct tabi_hostent {
    /// sizeof(tabi_hostent) of the library that made it; later versions may add to the end.
    pub struct_size: usize,
    /// The host's main name.
    pub name: *const c_char,
    /// Its other names; a NULL ends them.
    pub aliases: *const *const c_char,
    /// Its addresses as text, at least one; a NULL ends them.
    pub addresses: *const *const c_char,
}

/// An entry with what it points to; C sees the first field.
#[repr(C)]
struct Owned {
    entry: tabi_hostent,
    _texts: [Vec<CString>; 3],
    _pointers: [Vec<*const c_char>; 2],
}

fn give_entry(host: HostEntry) -> *mut tabi_hostent {
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
    give(Owned { entry, _texts: [vec![name], aliases, addresses], _pointers: pointers }).cast()
}

/// The first IPv4 address of a host as text (Python's `gethostbyname`).
///
/// `name`: a name, an address, "" (0.0.0.0) or `"<broadcast>"`. `size`: the bytes of `address`; 16 are enough.
/// Returns the length without the closing NUL; TABI_GAI_* when the lookup fails, TABI_ERR_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostbyname(
    name: *const c_char,
    address: *mut c_char,
    size: usize,
) -> ssize_t {
    count(|| {
        // SAFETY: the caller passes a NUL-terminated string.
        let found = gethostbyname(unsafe { string(name, "name") }?)?;
        // SAFETY: the caller passes `size` writable bytes.
        unsafe { copy_text(&found.to_string(), address, size) }
    })
}

/// The names and all IPv4 addresses of a host (Python's `gethostbyname_ex`).
///
/// Returns 0 and an entry that tabi_hostent_free() frees; TABI_GAI_* when the host has no address,
/// TABI_HERROR_* when only the lookup of its names fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostbyname_ex(
    name: *const c_char,
    entry: Option<&mut MaybeUninit<*mut tabi_hostent>>,
) -> c_int {
    status(|| {
        let entry = not_null(entry, "entry")?;
        // SAFETY: the caller passes a NUL-terminated string.
        entry.write(give_entry(gethostbyname_ex(unsafe { string(name, "name") }?)?));
        Ok(())
    })
}

/// The names and addresses of the host with an IPv4 or IPv6 address (Python's `gethostbyaddr`).
///
/// `address`: an address as text, or a name, which is looked up first. Returns 0 and an entry that
/// tabi_hostent_free() frees; TABI_GAI_* when a name has no address, TABI_HERROR_* when nothing is known of the
/// address, TABI_ERR_OS for "".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_gethostbyaddr(
    address: *const c_char,
    entry: Option<&mut MaybeUninit<*mut tabi_hostent>>,
) -> c_int {
    status(|| {
        let entry = not_null(entry, "entry")?;
        // SAFETY: the caller passes a NUL-terminated string.
        entry.write(give_entry(gethostbyaddr(unsafe { string(address, "address") }?)?));
        Ok(())
    })
}

/// Frees an entry and all that it points to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tabi_hostent_free(entry: *mut tabi_hostent) {
    // SAFETY: the caller passes an entry of this library for the last time; it is the first field of an `Owned`.
    unsafe { take_back(entry.cast::<Owned>()) }
}
